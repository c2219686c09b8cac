"""One look of a witness: a new head is the last one with records added, or there is an alarm."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.witness.gateway import LogGateway
from adapters.witness.memory import Memory
from exchange.crypto.canonical import strict_json
from exchange.crypto.cosigning import Cosigner
from exchange.crypto.verify_log import (
    Checkpoint,
    NotProven,
    Trust,
    VerifierKey,
    read_checkpoint,
    verify_extends,
)
from exchange.ports import Clock


class Contradiction(Exception):
    """The log contradicts what it signed before; both heads are kept in ``evidence``."""

    def __init__(self, reason: str, evidence: Path) -> None:
        super().__init__(f"{reason}; bewijs in {evidence}")
        self.reason = reason
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found: a head that was signed now or before, and whether the log took the line.

    ``kept`` is None when there was nothing new to offer.
    """

    size: int
    is_new: bool
    kept: bool | None


@dataclass(slots=True)
class Watch:
    """Watches one log with one memory."""

    gateway: LogGateway
    memory: Memory
    cosigner: Cosigner
    key: VerifierKey
    clock: Clock
    offered: bool = False

    def look(self) -> Seen:
        """Fetch the newest head, prove it, sign it, remember it, and only then offer the line.

        Raises ``Contradiction`` when it is no continuation, ``Unavailable`` without an answer.
        """
        note, last = self.gateway.checkpoint(), self.memory.last()
        known = read_checkpoint(last, self.key) if last is not None else None
        proof: list[bytes] = []
        try:
            seen = read_checkpoint(note, self.key)
            self._require_growth(known, seen, proof)
        except NotProven as broken:
            raise self._alarm(broken, last, note, proof) from None
        is_new = known is None or seen.size > known.size
        if is_new:
            self._sign(seen)
        kept = self._offer(seen.size) if is_new or not self.offered else None
        return Seen(seen.size, is_new, kept)

    def _require_growth(
        self, known: Checkpoint | None, seen: Checkpoint, proof: list[bytes]
    ) -> None:
        if known is None:
            return
        if seen.size < known.size:
            raise NotProven(
                f"het logboek telt {seen.size} regels, en eerder {known.size}:"
                " er is iets afgekapt of teruggezet"
            )
        if 0 < known.size < seen.size:
            proof.append(self.gateway.consistency(known.size, seen.size))
        verify_extends(seen, Trust(self.key, known, [_object(one) for one in proof]), {})

    def _sign(self, seen: Checkpoint) -> None:
        """Remember the head with the log's line and ours; lines of others are theirs to keep."""
        own = [
            f"\u2014 {name} {base64.b64encode(blob).decode()}\n"
            for name, blob in seen.signatures
            if (name, blob[:4]) == (self.key.name, self.key.key_id)
        ]
        line = self.cosigner.line(seen, int(self.clock.now().timestamp()))
        self.memory.remember(seen.text + b"\n" + "".join([*own, line]).encode())

    def _offer(self, size: int) -> bool:
        """Offer the line that stands last under the head that was remembered."""
        note = self.memory.last() or b""
        kept = self.gateway.offer(size, note.decode().rstrip("\n").rpartition("\n")[2])
        self.offered = kept
        return kept

    def _alarm(
        self, broken: NotProven, last: bytes | None, note: bytes, proof: list[bytes]
    ) -> Contradiction:
        parts = {"eerder": last, "nu": note, "consistentie": proof[0] if proof else None}
        kept = {name: part for name, part in parts.items() if part is not None}
        evidence = self.memory.keep_evidence(self.clock.now(), **kept)
        return Contradiction(broken.reason, evidence)


def _object(data: bytes) -> Mapping[str, object]:
    try:
        value = strict_json(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise NotProven("het bewijs van aangroei is geen geldige JSON")
    return value
