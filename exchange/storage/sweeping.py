"""What the passing of time does to parcels: they are parked, lapse, and are erased.

Every function works on at most ``limit`` rows and skips rows that somebody holds, so that a sweep
never stands in anybody's way; call again until nothing comes back. Callers log what is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Schooljaar
from exchange.policy.status import Status
from exchange.storage.erasing import erased
from exchange.storage.mailbox import PUPIL
from exchange.storage.rows import SweptParcel
from exchange.storage.tables import LIVE, outbox

BATCH = 500

# Written out, not passed as parameters: only so does the planner know the partial indexes.
_IS_WAITING = outbox.c.status == literal_column("'wachtend'")
_IS_ACKNOWLEDGED = outbox.c.status == literal_column("'bevestigd'")
_IS_LIVE = literal_column(LIVE, Boolean)


async def park_due(
    conn: AsyncConnection, before: datetime, at: datetime, limit: int = BATCH
) -> Sequence[SweptParcel]:
    """Park what still waits since ``before``; it can be fetched all the same."""
    overdue = (_IS_WAITING, outbox.c.created_at < before)
    values = {"status": Status.GEPARKEERD.value, "parked_at": at}
    return await _sweep(conn, _some(overdue, outbox.c.created_at, limit), values)


async def lapse(
    conn: AsyncConnection, schooljaar_before: Schooljaar, at: datetime, limit: int = BATCH
) -> Sequence[SweptParcel]:
    """Let what nobody answered lapse in older schooljaren, and erase what was acknowledged there.

    Only what lapsed is returned: that is news to the school.
    """
    past_term = (outbox.c.schooljaar < schooljaar_before, outbox.c.erased_at.is_(None))
    acknowledged = _some((*past_term, _IS_ACKNOWLEDGED), outbox.c.schooljaar, limit)
    await _sweep(conn, acknowledged, erased(at))
    unanswered = _some((*past_term, _IS_LIVE), outbox.c.schooljaar, limit)
    return await _sweep(conn, unanswered, {"status": Status.VERVALLEN.value, **erased(at)})


async def erase_acknowledged(
    conn: AsyncConnection, before: datetime, at: datetime, limit: int = BATCH
) -> int:
    """Erase the payload of what was acknowledged before a moment; the status stays."""
    done_with = (
        _IS_ACKNOWLEDGED,
        outbox.c.erased_at.is_(None),
        outbox.c.acknowledged_at < before,
    )
    return len(await _sweep(conn, _some(done_with, outbox.c.acknowledged_at, limit), erased(at)))


def _some(
    conditions: Sequence[ColumnElement[bool]], order: ColumnElement[object], limit: int
) -> CTE:
    """Lock the next rows that nobody holds."""
    chosen = select(outbox.c.bericht_id, outbox.c.rol).where(*conditions).order_by(order)
    return chosen.limit(limit).with_for_update(skip_locked=True).cte("chosen")


async def _sweep(
    conn: AsyncConnection, chosen: CTE, values: dict[str, object]
) -> Sequence[SweptParcel]:
    """Change the chosen parcels and give them as they are now."""
    found = await conn.execute(
        update(outbox)
        .where(
            tuple_(outbox.c.bericht_id, outbox.c.rol) == tuple_(chosen.c.bericht_id, chosen.c.rol)
        )
        .values(values)
        .returning(*(outbox.c[name] for name in _SWEPT), PUPIL)
    )
    return [
        SweptParcel(**{**row._mapping, "status": Status(row.status)})  # noqa: SLF001  public API
        for row in found
    ]


_SWEPT = tuple(SweptParcel.__dataclass_fields__)[:-1]  # its last field is the pupil
