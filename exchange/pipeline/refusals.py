"""The record of a refused request: who tried what, when, for whom, and which rule said no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, Subject, record
from exchange.errors import Code, ExchangeError, Fault, Refused, Unavailable
from exchange.messages.identifiers import Oin
from exchange.messages.outcome import Outcome
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.stages import Peer
from exchange.policy.quota import Quota, Window, take
from exchange.telemetry.trace import Trace

ACCESS_CONTROL = "toegangsbewaking/1"
"""The processing activity of turning requests away, and of knowing afterwards who tried (AVG
art. 5(1)(f), 32)."""

# Who is over quota, or is nobody here, has no quota left to hold it back: were each of its requests
# a record, it could fill the log as fast as it can call. The metrics count what is not recorded.
_SPARINGLY = {
    Code.TE_VEEL_VERZOEKEN: Quota("te-veel-verzoeken", 1),
    Code.NIET_AANGEMELD: Quota("niet-aangemeld", 60),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request by whoever showed a certificate of our CA; ``verzoek`` is method and template."""

    peer: Peer
    verzoek: str
    namens: Oin | None
    bericht_id: UUID | None
    trace: Trace
    started_at: datetime
    pupils: Sequence[Subject] = ()


class RefusalBook:
    """Writes the records of one process's refusals, and knows of whom it wrote enough."""

    def __init__(self, gateway: Gateway) -> None:
        """Open an empty book."""
        self._gateway = gateway
        self._windows: dict[tuple[Oin, Code], Window] = {}

    async def write(self, attempt: Attempt, error: ExchangeError) -> None:
        """Commit the record of what was refused, before the answer goes out.

        What our own fault stopped is recorded as such.

        Raises:
            Unavailable: ``logboek-onbeschikbaar``: then the refusal is not told either.
        """
        if not self._is_due(attempt.peer.oin, error.code):
            return
        gateway = self._gateway
        try:
            log = record(_happening(attempt, error, gateway), gateway.keys, gateway.ids)
            async with gateway.database.transaction(
                party=attempt.peer.oin, today=gateway.today()
            ) as conn:
                await append_record(conn, log)
        except ExchangeError as failure:
            self._windows.pop((attempt.peer.oin, error.code), None)
            raise Unavailable(Code.LOGBOEK_ONBESCHIKBAAR, **failure.facts) from None

    def _is_due(self, oin: Oin, code: Code) -> bool:
        quota = _SPARINGLY.get(code)
        if quota is None:
            return True
        window = self._windows.get((oin, code))
        try:
            self._windows[oin, code] = take(quota, window, 1, self._gateway.clock.now())
        except Refused:
            return False
        return True


def _happening(attempt: Attempt, error: ExchangeError, gateway: Gateway) -> Happening:
    failed = isinstance(error, Fault)
    return Happening(
        action=Action.VERZOEK_MISLUKT if failed else Action.VERZOEK_GEWEIGERD,
        activiteit=ACCESS_CONTROL,
        actor=attempt.peer.oin,
        namens=str(attempt.namens) if attempt.namens else None,
        trace=attempt.trace,
        started_at=attempt.started_at,
        ended_at=gateway.clock.now(),
        bericht_id=attempt.bericht_id,
        thumbprint=attempt.peer.thumbprint,
        uitkomst=Outcome.FOUT if failed else Outcome.GEWEIGERD,
        code=error.code.value,
        bijzonderheden={"verzoek": attempt.verzoek},
        subjects=attempt.pupils,
    )
