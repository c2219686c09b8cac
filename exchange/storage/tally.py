"""What is counted of a vestiging in a month, and which months must be counted anew.

Whoever changes what is counted marks the month in the same transaction (``folding`` does the rest).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Periode, Schooljaar, Vestigingscode
from exchange.storage.figure_tables import tally
from exchange.storage.month_sources import Delivery


@dataclass(frozen=True, slots=True)
class TallyRow:
    """What is counted of one vestiging in one month; ``leerlingen`` is None until it delivered."""

    vestigingscode: Vestigingscode
    periode: Periode
    bron: str | None
    leerlingen: int | None
    geplande_minuten: int | None
    geoorloofd_leerlingen: int
    geoorloofd_minuten: int
    geoorloofd_grootste: int
    ongeoorloofd_leerlingen: int
    ongeoorloofd_minuten: int
    ongeoorloofd_grootste: int
    trede1: int | None
    trede2: int | None
    trede3: int | None
    verzuimmeldingen: int
    signalen: int
    strijdig: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """How many pupils have registrations in a month, and the most minutes that one of them has."""

    leerlingen: int
    grootste: int


async def mark(conn: AsyncConnection, deliveries: Iterable[Delivery]) -> None:
    """Say that something changed in these months of these vestigingen."""
    named = sorted({(code.reveal(), str(periode)) for code, periode in deliveries})
    if named:
        columns = {"codes": [code for code, _ in named], "perioden": [p for _, p in named]}
        await conn.execute(_MARK, columns)


async def mark_messages(conn: AsyncConnection, numbers: Iterable[UUID | None]) -> None:
    """Say that something changed in the months in which these messages count."""
    await conn.execute(_MARK_MESSAGES, {"numbers": [n for n in numbers if n is not None]})


async def figures_of(conn: AsyncConnection, periode: Periode) -> Sequence[TallyRow]:
    """Give what is counted of every vestiging in a month."""
    found = await conn.execute(
        select(*_COLUMNS).where(tally.c.periode == periode).order_by(tally.c.vestigingscode)
    )
    return [TallyRow(*row) for row in found]


async def year_of(
    conn: AsyncConnection, vestiging: Vestigingscode, schooljaar: Schooljaar
) -> Sequence[TallyRow]:
    """Give what is counted of one vestiging in each month of a schooljaar."""
    found = await conn.execute(
        select(*_COLUMNS)
        .where(tally.c.vestigingscode == vestiging, tally.c.schooljaar == schooljaar)
        .order_by(tally.c.periode)
    )
    return [TallyRow(*row) for row in found]


async def registered(conn: AsyncConnection, month: Delivery) -> Registered:
    """Give what registrations alone say of a month; nothing when there are none."""
    code, periode = month
    asked = {"code": code.reveal(), "first": periode.first_day, "last": periode.last_day}
    row = (await conn.execute(_REGISTERED, asked)).one()
    return Registered(row.leerlingen, row.grootste)


_COLUMNS = tuple(tally.c[name] for name in TallyRow.__dataclass_fields__)

_MARK = text("""
    INSERT INTO tally_due (vestigingscode, periode)
    SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:perioden AS text[]))
""")

_MARK_MESSAGES = text("""
    INSERT INTO tally_due (vestigingscode, periode)
    SELECT DISTINCT vestigingscode, periode FROM messages
    WHERE bericht_id = ANY(CAST(:numbers AS uuid[]))
""")

_REGISTERED = text("""
    SELECT count(*) AS leerlingen, coalesce(max(minuten), 0) AS grootste FROM (
        SELECT sum(minuten) AS minuten FROM registrations
        WHERE vestigingscode = :code AND datum BETWEEN :first AND :last GROUP BY pupil
    ) AS pupils
""")
