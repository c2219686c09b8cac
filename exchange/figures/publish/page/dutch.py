"""Writes numbers, shares, months and moments as Dutch readers expect them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from exchange.messages.identifiers import Periode
from exchange.policy.calendar import AMSTERDAM

_MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip
_MINUS = "\N{MINUS SIGN}"
_SECTORS = {
    "po": "basisonderwijs",
    "so": "speciaal onderwijs",
    "vo": "voortgezet onderwijs",
    "vso": "voortgezet speciaal onderwijs",
    "po-so": "po en so",
    "vo-vso": "vo en vso",
}


def number(value: int) -> str:
    """Write 1234 as ``1.234``."""
    return f"{value:,}".replace(",", ".")


def signed_number(value: int) -> str:
    """Write a difference: ``+1.234`` or ``0``, with a real minus sign."""
    return _sign(value) + number(abs(value))


def signed(promille: int) -> str:
    """Write a difference in thousandths as percentage points: ``+0,8``, or ``0,0``."""
    return _sign(promille) + _tenths(abs(promille))


def percent(promille: int) -> str:
    """Write 824 thousandths as ``82,4%``."""
    return f"{_tenths(promille)}%"


def month(periode: Periode) -> str:
    """Write ``oktober 2026``."""
    return f"{_MONTHS[periode.month - 1]} {periode.year}"


def short_month(periode: Periode) -> str:
    """Write ``okt ’26``, for where there is little room."""
    return f"{_MONTHS[periode.month - 1][:3]} ’{periode.year % 100:02d}"


def moment(at: datetime) -> str:
    """Write ``20 november 2026 om 10.30 uur``, in Dutch legal time."""
    there = at.astimezone(AMSTERDAM)
    day = f"{there.day} {_MONTHS[there.month - 1]} {there.year}"
    return f"{day} om {there.hour}.{there.minute:02d} uur"


def sector(code: str) -> str:
    """Write out a sector, or the kind of an SWV."""
    return _SECTORS.get(code, code)


def enumeration(parts: Sequence[str]) -> str:
    """Write ``a, b en c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} en {parts[-1]}"


def _sign(value: int) -> str:
    return "+" if value > 0 else _MINUS if value < 0 else ""


def _tenths(promille: int) -> str:
    return f"{number(promille // 10)},{promille % 10}"
