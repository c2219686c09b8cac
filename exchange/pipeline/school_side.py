"""A party on the school's side, and the record of what it does there besides sending messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.stages import Peer
from exchange.policy.parties import Party
from exchange.storage.database import Connection
from exchange.telemetry.trace import Trace


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads or lays something down on the school's side."""

    party: Party
    peer: Peer
    trace: Trace


async def log_act(
    conn: Connection,
    who: Reader,
    namens: str,
    act: tuple[Action, str],
    gateway: Gateway,
    *,
    beleid: str | None = None,
    velden: Sequence[str] = (),
    **bijzonderheden: object,
) -> None:
    """Write the record of an act (its action and processing activity) on behalf of a vestiging.

    In the transaction of the act: what cannot be logged does not happen (promise P8).
    """
    action, activiteit = act
    now = gateway.clock.now()
    happening = Happening(
        action=action,
        activiteit=activiteit,
        actor=who.party.oin,
        namens=namens,
        trace=who.trace,
        started_at=now,
        ended_at=now,
        thumbprint=who.peer.thumbprint,
        beleid=beleid,
        bijzonderheden=bijzonderheden,
        velden=velden,
    )
    await append_record(conn, record(happening, gateway.keys, gateway.ids))
