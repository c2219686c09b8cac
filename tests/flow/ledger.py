"""The ledger kept outside: what schools sent and what was acknowledged to them, and the judgement.

Nothing of the product writes or reads it. A line is on disk before the thing it tells of can have
an effect: ``sent`` before each POST, ``acked`` as soon as a 2xx was read.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sent:
    """One attempt to send; ``logical`` is what the message says, whatever ids it gets."""

    logical: str
    recipient: str
    withdraws: str | None = None


@dataclass(frozen=True)
class Acked:
    """One 2xx, with the id that was given and a hash of the receipt."""

    logical: str
    bericht_id: str
    receipt: str
    replayed: bool


@dataclass(frozen=True)
class Effect:
    """One line in a recipient's journal."""

    recipient: str
    logical: str
    bericht_id: str


class Ledger:
    """Two files of JSON lines, each line fsynced."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._files = {
            kind: (folder / f"{kind.__name__}.ndjson").open("a+") for kind in (Sent, Acked)
        }

    def note(self, line: Sent | Acked) -> None:
        """Write a line and wait until it is on disk."""
        file = self._files[type(line)]
        file.write(json.dumps(asdict(line)) + "\n")
        file.flush()
        os.fsync(file.fileno())

    def sent(self) -> list[Sent]:
        """Give every attempt."""
        return [Sent(**line) for line in self._lines(Sent)]

    def acked(self) -> list[Acked]:
        """Give every 2xx."""
        return [Acked(**line) for line in self._lines(Acked)]

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _lines(self, kind: type[Sent | Acked]) -> Iterator[dict[str, Any]]:
        file = self._files[kind]
        file.seek(0)
        yield from map(json.loads, file.readlines())


@dataclass(frozen=True)
class Findings:
    """What is wrong; all empty when every promise was kept.

    ``foreign`` took effect without having been sent there; ``renamed`` had two ids or two receipts;
    ``inconsistent`` is what the audit of the tables said.
    """

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    inconsistent: tuple[str, ...] = ()


def judge(
    sent: Iterable[Sent],
    acked: Iterable[Acked],
    effects: Iterable[Effect],
    parked: Iterable[str] = (),
    inconsistent: Sequence[str] = (),
) -> Findings:
    """Compare what was promised with what took effect; to be asked when all mailboxes are empty.

    ``parked`` are the ids that the schools were told of. A message that its school took back need
    not arrive; if it did, the withdrawal must too.
    """
    book = _Book(sent, acked, effects, frozenset(parked))
    return Findings(
        lost=_sorted(logical for logical in book.given if book.misses(logical)),
        doubled=_sorted(logical for logical, count in book.counts.items() if count > 1),
        foreign=_sorted(effect.logical for effect in book.effects if not book.explains(effect)),
        renamed=_sorted(logical for logical, answers in book.given.items() if len(answers) > 1),
        inconsistent=tuple(inconsistent),
    )


def effects_in(journals: Mapping[str, Path]) -> list[Effect]:
    """Read the recipients' journals; a half-written last line is no effect yet."""
    return [
        Effect(recipient, logical_of(line["inhoud"]), line["berichtId"])
        for recipient, path in journals.items()
        for line in _whole_lines(path)
    ]


def logical_of(content: Mapping[str, Any]) -> str:
    """Name what a message says: pupil, first day and criterion or kind, as schools see it."""
    if "betreft" in content:
        return withdrawal_of(content["betreft"])
    pupil = (content["vestigingscode"], content["pgn"])
    if "verzuimsoort" in content:
        return "/".join((*pupil, content["begindatum"], content["verzuimsoort"]))
    return "/".join((*pupil, content["venster"]["van"], content["criterium"]))


def withdrawal_of(bericht_id: str) -> str:
    """Name the withdrawal of a message."""
    return f"intrekking/{bericht_id}"


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(found))


class _Book:
    """The two sides of the account, by what the messages say."""

    def __init__(
        self,
        sent: Iterable[Sent],
        acked: Iterable[Acked],
        effects: Iterable[Effect],
        parked: frozenset[str],
    ) -> None:
        self.sent = {line.logical: line for line in sent}
        self.effects = list(effects)
        self.counts = Counter(effect.logical for effect in self.effects)
        self.given: dict[str, set[tuple[str, str]]] = {}
        for answer in acked:
            self.given.setdefault(answer.logical, set()).add((answer.bericht_id, answer.receipt))
        self._says = {i: logical for logical in self.given for i in self._ids(logical)}
        self._taken_back = {line.withdraws for line in self.sent.values() if line.withdraws}
        self._parked = parked

    def misses(self, logical: str) -> bool:
        """Whether an acknowledged message had to arrive, and did not."""
        line = self.sent.get(logical)
        if logical in self.counts or self._ids(logical) <= self._parked:
            return False
        if line is not None and line.withdraws is not None:
            return self._says.get(line.withdraws) in self.counts
        return not self._ids(logical) & self._taken_back

    def explains(self, effect: Effect) -> bool:
        """Whether somebody sent this to this recipient, and knows it by this id if by any."""
        line = self.sent.get(effect.logical)
        if line is None or line.recipient != effect.recipient:
            return False
        return effect.bericht_id in (self._ids(effect.logical) or {effect.bericht_id})

    def _ids(self, logical: str) -> set[str]:
        return {bericht_id for bericht_id, _ in self.given.get(logical, ())}


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield json.loads(line)
