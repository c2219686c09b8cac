"""What is counted about a pupil: unauthorised registrations, and the meldingen that restart it.

``pupil`` is always the counting pseudonym, which holds for one vestiging and one schooljaar.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.facts import Telstand
from exchange.storage.rows import CountedRow, TelstandRow, values_of
from exchange.storage.tables import registrations, telstand

_R, _T = registrations.c, telstand.c

UNAUTHORISED = "categorie = 'ongeoorloofd'"
"""In the very words of the partial index ``registrations_unauthorised``, so that it is used."""

STANDS = (
    "NOT EXISTS (SELECT FROM outbox o"
    " WHERE o.bericht_id = telstand.bericht_id AND o.status = 'geweigerd')"
)
"""Of ``telstand``: one that its recipient refused does not stand, because nobody has it."""

_UNAUTHORISED, _STANDS = literal_column(UNAUTHORISED, Boolean), literal_column(STANDS, Boolean)


async def meldingen(
    conn: AsyncConnection, vestiging: Vestigingscode, schooljaar: Schooljaar, pupil: bytes
) -> tuple[Telstand, ...]:
    """Give the meldingen about a pupil that stand, oldest first."""
    found = await conn.execute(
        select(_T.bericht_id, _T.verzuimsoort, _T.begin, _T.eind)
        .where(_T.vestigingscode == vestiging, _T.schooljaar == schooljaar, _T.pupil == pupil)
        .where(_STANDS)
        .order_by(_T.begin, _T.eind, _T.bericht_id)
    )
    return tuple(
        Telstand(row.bericht_id, Verzuimsoort(row.verzuimsoort), row.begin, row.eind)
        for row in found
    )


async def hold(conn: AsyncConnection, vestiging: Vestigingscode, pupil: bytes) -> None:
    """Let meldingen about one pupil wait for each other until this transaction ends."""
    await conn.execute(_ONE_AT_A_TIME, {"pupil": f"{vestiging}|{pupil.hex()}"})


async def restart(conn: AsyncConnection, row: TelstandRow) -> None:
    """Write what restarts a count; the message itself is there already."""
    await conn.execute(insert(telstand), values_of(row))


async def undo(conn: AsyncConnection, bericht_id: UUID) -> None:
    """Let a message that no longer stands restart nothing any more."""
    await conn.execute(delete(telstand).where(_T.bericht_id == bericht_id))


async def registered_often(
    conn: AsyncConnection, vestiging: Vestigingscode, schooljaar: Schooljaar, minuten: int
) -> Sequence[CountedRow]:
    """Give the unauthorised registrations of every pupil with at least ``minuten`` in all.

    Plan: one index-only scan per month for the sums, one index scan per pupil that is left.
    """
    often = (
        select(_R.pupil)
        .where(*_of(vestiging, schooljaar))
        .group_by(_R.pupil)
        .having(func.sum(_R.minuten) >= minuten)
    )
    found = await conn.execute(
        select(*(_R[name] for name in CountedRow.__dataclass_fields__))
        .where(*_of(vestiging, schooljaar), _R.pupil.in_(often))
        .order_by(_R.pupil, _R.datum, _R.id_digest)
    )
    return [CountedRow(**row._mapping) for row in found]  # noqa: SLF001  public API


async def meldingen_by_pupil(
    conn: AsyncConnection, vestiging: Vestigingscode, schooljaar: Schooljaar
) -> dict[bytes, list[Telstand]]:
    """Give every melding of a vestiging that stands, by pupil."""
    found = await conn.execute(
        select(_T.pupil, _T.bericht_id, _T.verzuimsoort, _T.begin, _T.eind).where(
            _T.vestigingscode == vestiging, _T.schooljaar == schooljaar, _STANDS
        )
    )
    by_pupil: dict[bytes, list[Telstand]] = {}
    for row in found:
        standing = Telstand(row.bericht_id, Verzuimsoort(row.verzuimsoort), row.begin, row.eind)
        by_pupil.setdefault(row.pupil, []).append(standing)
    return by_pupil


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('telstand'), hashtext(:pupil))")


def _of(vestiging: Vestigingscode, schooljaar: Schooljaar) -> tuple[ColumnElement[bool], ...]:
    """The days are named too, so that only the months of that schooljaar are read."""
    return (
        _R.vestigingscode == vestiging,
        _R.datum.between(schooljaar.first_day, schooljaar.last_day),
        _UNAUTHORISED,
    )
