"""Somebody who looks into the log, at the door or in the console, and the record of that look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, Subject, record
from exchange.pipeline.gateway import Gateway
from exchange.policy.parties import Party
from exchange.storage.database import Connection
from exchange.storage.inzage import pupil_of
from exchange.telemetry.trace import Trace

SUPERVISION = "toezicht-op-verwerking/1"
"""The processing activity of whoever checks what was processed (AVG art. 5(2), 39(1)(b))."""


@dataclass(frozen=True, slots=True)
class Onlooker:
    """A party that looks: through an employee's ``account``, or with its own certificate.

    What it sees is what the database lets ``party`` see: the operator's FG all, others their own.
    """

    party: Party
    trace: Trace
    thumbprint: str | None = None
    account: UUID | None = None


async def log_look(
    conn: Connection,
    who: Onlooker,
    action: Action,
    gateway: Gateway,
    *,
    activiteit: str = SUPERVISION,
    bericht_id: UUID | None = None,
    subjects: Sequence[Subject] = (),
    **bijzonderheden: object,
) -> None:
    """Write the record of a look, in its own transaction: unlogged, nothing is shown (P8).

    A look at one message is found by the pupil that it is about.
    """
    now = gateway.clock.now()
    if bericht_id is not None and not subjects:
        subjects = await about_pupil(conn, bericht_id)
    if who.account is not None:
        bijzonderheden["account"] = str(who.account)
    happening = Happening(
        action=action,
        activiteit=activiteit,
        actor=who.party.oin,
        namens=str(who.party.oin),
        trace=who.trace,
        started_at=now,
        ended_at=now,
        bericht_id=bericht_id,
        thumbprint=who.thumbprint,
        bijzonderheden=bijzonderheden,
        subjects=subjects,
    )
    await append_record(conn, record(happening, gateway.keys, gateway.ids))


async def about_pupil(conn: Connection, bericht_id: UUID) -> tuple[Subject, ...]:
    """Give the pupil that a message is about, for a record of who looked at it."""
    name = await pupil_of(conn, bericht_id)
    return (Subject(*name.place, name.blind_index),) if name else ()
