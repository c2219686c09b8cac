"""Cuts the entries of a file in portions: what one request holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.school_systems.entry import Entry

MOST_LINES: Final = 1_000
"""A receipt names the first thousand refused lines: of a portion no larger it names them all."""

MOST_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Portion:
    """The entries of one request; never empty."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> int:
        """The input line of the first entry."""
        return self.entries[0].line

    @property
    def last(self) -> int:
        """The input line of the last entry."""
        return self.entries[-1].line

    @property
    def body(self) -> bytes:
        """The messages, one a line; the same entries always give the same bytes."""
        return b"".join(entry.body + b"\n" for entry in self.entries)

    def input_line(self, number: int) -> int:
        """Give the input line of the ``number``-th line of the body; of none, the first."""
        return self.entries[number - 1].line if 0 < number <= len(self.entries) else self.first


def portions(
    entries: Iterable[Entry], most_lines: int, ends: Sequence[int] = ()
) -> Iterator[Portion]:
    """Cut ``entries`` where an earlier run cut (``ends``: last lines), then by size."""
    known = iter(ends)
    end = next(known, None)
    taken: list[Entry] = []
    size = 0
    for entry in entries:
        full = len(taken) >= most_lines or size + len(entry.body) >= MOST_BYTES
        if taken and (full if end is None else entry.line > end):
            yield Portion(tuple(taken))
            taken, size, end = [], 0, next(known, None)
        taken.append(entry)
        size += len(entry.body) + 1
    if taken:
        yield Portion(tuple(taken))
