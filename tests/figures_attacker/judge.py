"""Holds what an attacker found against the truth: which hidden numbers came too near."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tests.figures_attacker.beliefs import Belief, Presumed
from tests.figures_attacker.goals import Interval, settled
from tests.figures_attacker.needs import needed, needed_of_change
from tests.figures_attacker.process import Attacker
from tests.figures_attacker.published import LEVELS, MINUTES, Key, Line
from tests.figures_attacker.relations import Where, most

Row = tuple[int, Key]
"""A row of one release."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``secrets`` are all hidden numbers that must stay so; the rest are those that did not."""

    secrets: int
    recovered: tuple[Where, ...]
    exact: tuple[Where, ...]

    @property
    def share(self) -> float:
        """The part of the secrets that is one no more."""
        return len(self.recovered) / max(1, self.secrets)


@dataclass(frozen=True, slots=True)
class Publicly:
    """What the files of successive releases show, what everybody knows, and what was true.

    ``changed`` are the cells that are not what they were in the release before; ``sensitive`` the
    minutes that too few pupils made, or one of them too much.
    """

    releases: Sequence[Mapping[Key, Line]]
    planned: Mapping[str, int]
    truth: Mapping[Where, int]
    changed: frozenset[Where]
    sensitive: frozenset[Where]


class Judge:
    """Knows the truth of every cell, and what each secret among them asks.

    ``all_minutes``: also of minutes that are not sensitive but hidden to protect something else.
    """

    def __init__(self, public: Publicly, *, all_minutes: bool = False) -> None:
        self.public, self._truth, self._all_minutes = public, public.truth, all_minutes
        self.needs: dict[Where, Interval] = {}
        self._believed: dict[Where, Interval] = {}
        for release, lines in enumerate(public.releases):
            for line in lines.values():
                for column in set(line.columns) - set(line.shown):
                    self._ask((release, line.key, column), most(line, column, public.planned))

    def outsider(self, attacker: Attacker, presumed: Presumed) -> Verdict:
        """Whether the interval of every secret is as wide as it must be.

        What an attacker believes wrongly is no disclosure: the truth must lie in the interval.
        """
        attacker.take(self.public.releases, self.public.planned, presumed)
        needs = self.needs if presumed.belief is Belief.NOTHING else self._believed
        found = attacker.intervals(needs)
        near = [w for w in needs if not settled(needs, w, *found[w]) and self._true(w, found)]
        return _verdict(needs, near, found)

    def insider(self, attacker: Attacker, rows: Collection[Row]) -> Verdict:
        """Whoever knows the cells of its own rows must be left two values of any other secret.

        The attacker has taken the releases already. A sum of nothing but its own rows is its own.
        """
        mine = self._with_sums(rows)
        own = {where: value for where, value in self._truth.items() if where[:2] in mine}
        found = attacker.insider(own, dict.fromkeys(self.needs))
        near = [w for w, (least, highest) in found.items() if w in self.needs and least == highest]
        return _verdict(self.needs, near, found)

    def _ask(self, where: Where, limit: int) -> None:
        value, befores = self._truth[where], self._shown_before(where)
        need = needed(where[2], value, limit)
        if not self._all_minutes and where[2] in MINUTES and where not in self.public.sensitive:
            need = None
        if need is not None:
            self.needs[where] = need
        if value in befores:
            return
        believed = needed_of_change(where[2], value, befores, limit) if befores else need
        if believed is not None:
            self._believed[where] = believed

    def _shown_before(self, where: Where) -> list[int]:
        release, key, column = where
        lines = (earlier.get(key) for earlier in self.public.releases[:release])
        return [line.shown[column] for line in lines if line is not None and column in line.shown]

    def _true(self, where: Where, found: Mapping[Where, Interval]) -> bool:
        least, highest = found[where]
        return least <= self._truth[where] <= highest

    def _with_sums(self, rows: Collection[Row]) -> set[Row]:
        mine = set(rows)
        for release, lines in enumerate(self.public.releases):
            below: dict[Key, set[Row]] = {}
            for line in lines.values():
                if line.above is not None:
                    below.setdefault(line.above, set()).add((release, line.key))
            for key in sorted(below, key=lambda key: LEVELS.index(key[0])):
                if below[key] <= mine:
                    mine.add((release, key))
        return mine


def _verdict(
    needs: Mapping[Where, Interval], near: Sequence[Where], found: Mapping[Where, Interval]
) -> Verdict:
    exact = tuple(where for where in near if found[where][0] == found[where][1])
    return Verdict(len(needs), tuple(near), exact)
