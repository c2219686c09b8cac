"""What each supplier delivered in registrations: how many lines were taken, and which came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from exchange.sandbox.story.delivery import Delivered, Form

_COLUMNS = ("leveringen", "regels", "aangenomen", "geweigerd", "verbeterd", "ingetrokken")


@dataclass(slots=True)
class SupplierAccount:
    """One supplier's deliveries added up; ``mistakes`` are lines that came back, with a code."""

    name: str
    forms: Counter[Form] = field(default_factory=Counter)
    lines: int = 0
    accepted: int = 0
    refused: int = 0
    corrections: int = 0
    withdrawals: int = 0
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def add(self, one: Delivered) -> None:
        """Add one delivery."""
        self.forms[one.delivery.form] += 1
        self.lines += len(one.delivery.lines)
        self.accepted += one.accepted
        self.refused += one.refused
        self.corrections += one.delivery.corrections
        self.withdrawals += one.delivery.withdrawals
        self.mistakes += sorted(one.refusals.items())


def suppliers_of(delivered: Iterable[Delivered]) -> list[SupplierAccount]:
    """Give the account of each supplier, in the order in which they came."""
    accounts: dict[str, SupplierAccount] = {}
    for one in delivered:
        name = one.delivery.sender
        accounts.setdefault(name, SupplierAccount(name)).add(one)
    return list(accounts.values())


def suppliers_table(accounts: Iterable[SupplierAccount]) -> RenderableType:
    """Draw the accounts, a row each."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("leverancier", no_wrap=True)
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for one in accounts:
        counts = (one.lines, one.accepted, one.refused, one.corrections, one.withdrawals)
        table.add_row(one.name, _forms(one.forms), *(counted(count) for count in counts))
    return table


def mistakes_table(accounts: Iterable[SupplierAccount]) -> RenderableType:
    """Draw which lines came back, by their number in the delivery, and why."""
    table = Table.grid(padding=(0, 2))
    for one in accounts:
        found = (
            Text.assemble(f"{counted(number)} ", (code, "yellow")) for number, code in one.mistakes
        )
        if one.mistakes:
            table.add_row(one.name, Text(", ").join(found))
    return table


def counted(count: int) -> str:
    """Write a number as the Dutch do."""
    return f"{count:,}".replace(",", ".")


def _forms(forms: Counter[Form]) -> str:
    """Say how they came: packed, or one registration by itself; plain NDJSON goes unsaid."""
    words = {Form.GZIP: " gzip", Form.NDJSON: "", Form.JSON: " los"}
    return " + ".join(f"{count}{words[form]}" for form, count in forms.items())
