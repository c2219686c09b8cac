"""The two ways to send a portion: for real, with its key and receipt on disk, or as a rehearsal."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from adapters.school_systems.answers import outcome_of
from adapters.school_systems.kinds import Kind
from adapters.school_systems.portions import Portion
from adapters.school_systems.post import Post
from adapters.school_systems.progress import Delivery, Outcome, Progress
from adapters.school_systems.receipts import Receipts

STATE: Final = "stand.ndjson"
RECEIPTS: Final = "ontvangstbewijzen.ndjson"


class Way(Protocol):
    """Sends portions, numbered from 1."""

    @property
    def ends(self) -> Sequence[int]:
        """The last lines of the portions that are fixed already."""

    def send(self, number: int, portion: Portion) -> Outcome:
        """Give what became of a portion; raises ``Halted``."""

    def close(self) -> None:
        """Let go of what it holds."""


class Rehearsal:
    """Has every check done and nothing stored, at the gateway or here (``?valideer=true``)."""

    ends: Sequence[int] = ()

    def __init__(self, post: Post, kind: Kind, *, packed: bool) -> None:
        self._post = post
        self._kind = kind
        self._packed = packed

    def send(self, number: int, portion: Portion) -> Outcome:
        """Ask what would become of a portion."""
        body, headers = _request(self._kind, portion, packed=self._packed)
        answer = self._post(f"{self._kind.path}?valideer=true", body, headers)
        return outcome_of(answer, portion, many=self._kind.many)

    def close(self) -> None:
        """Hold nothing."""


class Recorded:
    """Sends under keys that are on disk in ``folder`` first; what has an outcome is left alone."""

    def __init__(
        self, post: Post, kind: Kind, folder: Path, delivery: Delivery, *, packed: bool
    ) -> None:
        self._post = post
        self._kind = kind
        self._packed = packed
        self._progress = Progress(folder / STATE, delivery)
        try:
            self._receipts = Receipts(folder / RECEIPTS)
        except BaseException:
            self._progress.close()
            raise

    @property
    def ends(self) -> Sequence[int]:
        """The last lines of the portions that an earlier run began."""
        return [plan.tot for plan in self._progress.plans]

    def send(self, number: int, portion: Portion) -> Outcome:
        """Send a portion unless it was answered before; its receipt is on disk when this ends."""
        if (known := self._progress.outcome(number)) is not None:
            return known
        plan = self._progress.plan(number, portion.first, portion.last)
        body, headers = _request(self._kind, portion, packed=self._packed)
        answer = self._post(self._kind.path, body, {**headers, "idempotency-key": plan.sleutel})
        outcome = outcome_of(answer, portion, many=self._kind.many)
        if outcome.bericht_id is not None:
            self._receipts.keep(answer)
        self._progress.finish(plan, outcome)
        return outcome

    def close(self) -> None:
        """Let go of the files."""
        self._receipts.close()
        self._progress.close()


def _request(kind: Kind, portion: Portion, *, packed: bool) -> tuple[bytes, Mapping[str, str]]:
    """Give body and headers; a key covers the unpacked bytes, so packing may differ per run."""
    if not kind.many:
        return portion.entries[0].body, {"content-type": "application/json"}
    headers = {"content-type": "application/x-ndjson"}
    if packed:
        return gzip.compress(portion.body, mtime=0), {**headers, "content-encoding": "gzip"}
    return portion.body, headers
