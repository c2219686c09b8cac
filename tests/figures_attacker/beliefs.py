"""What an attacker presumes of two releases about the same month: that most of it is the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from tests.figures_attacker.published import Key, Line
from tests.figures_attacker.relations import Where


class Belief(Enum):
    """How much an attacker presumes, unless something visible changed since."""

    NOTHING = "every release stands alone"
    SHOWN = "what was shown did not change"
    ALL = "what was hidden did not change either"


@dataclass(frozen=True, slots=True)
class Presumed:
    """``changed``: the cells that changed since the release before, for who happens to know them.

    Without it, a row in which anything visible changed is not presumed to be the same.
    """

    belief: Belief = Belief.NOTHING
    changed: Collection[Where] | None = None


def presumptions(
    releases: Sequence[Mapping[Key, Line]], presumed: Presumed
) -> Iterator[tuple[Where, Where]]:
    """Give pairs of cells that are presumed to have one value; not where both are shown."""
    if presumed.belief is Belief.NOTHING:
        return
    ever: set[tuple[Key, str]] = set()
    for release in range(1, len(releases)):
        before = releases[release - 1]
        ever.update((line.key, column) for line in before.values() for column in line.shown)
        for line in releases[release].values():
            earlier = before.get(line.key)
            for column in line.columns if earlier else ():
                where = release, line.key, column
                if (
                    not _both_shown(line, earlier, column)
                    and (presumed.belief is Belief.ALL or (line.key, column) in ever)
                    and not _changed(presumed, where, line, earlier)
                ):
                    yield where, (release - 1, line.key, column)


def _both_shown(line: Line, earlier: Line | None, column: str) -> bool:
    return earlier is not None and column in line.shown and column in earlier.shown


def _changed(presumed: Presumed, where: Where, line: Line, earlier: Line | None) -> bool:
    if presumed.changed is not None:
        return where in presumed.changed
    return earlier is None or (
        line.leerlingen != earlier.leerlingen
        or any(earlier.shown.get(column, value) != value for column, value in line.shown.items())
    )
