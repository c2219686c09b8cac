"""The record of a rehearsal: nothing was stored, but somebody learned something about a pupil.

The answer tells whether the pupil's registrations reach the threshold, or the same was reported
before. A rehearsal that names no pupil (figures, policies) tells nothing and leaves no record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.stages import Account, Authenticated
from exchange.policy.necessity import Reach


async def log_rehearsal(
    caller: Authenticated, accounts: Sequence[Account], velden: Iterable[str], gateway: Gateway
) -> None:
    """Commit the record before the answer goes out; ``velden`` are the members that were read."""
    received = caller.received
    pupils = received.concerned.pupils()
    if not pupils:
        return
    reached = min(accounts, key=lambda account: list(Reach).index(account.clause.reach))
    happening = Happening(
        action=Action.GETOETST,
        activiteit=reached.clause.activiteit,
        actor=caller.party.oin,
        namens=str(received.namens) if received.namens else None,
        trace=received.trace,
        started_at=received.received_at,
        ended_at=gateway.clock.now(),
        thumbprint=caller.peer.thumbprint,
        beleid=gateway.necessity.on(received.today).geldig_vanaf.isoformat(),
        bijzonderheden={"soort": received.contract.soort.value},
        velden=tuple(velden),
        subjects=pupils,
    )
    log = record(happening, gateway.keys, gateway.ids)
    async with gateway.database.transaction(party=caller.party.oin, today=received.today) as conn:
        await append_record(conn, log)
