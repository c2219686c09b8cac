"""The pupils of one delivery by their keyed names: to count by, and to look up by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from exchange.crypto.canonical import framed
from exchange.crypto.pseudonym import pupil_names
from exchange.messages.identifiers import Pgn
from exchange.pipeline.registrations.stages import Pupil, SchoolYear
from exchange.ports import KeyProvider


@dataclass(slots=True)
class Pupils:
    """The pupils of one delivery: each is named once, however many lines it has."""

    keys: KeyProvider
    _named: dict[tuple[SchoolYear, str], Pupil] = field(default_factory=dict, repr=False)

    def meet(self, met: Iterable[tuple[SchoolYear, Pgn]]) -> None:
        """Name the pupils that are new, those of one vestiging and schooljaar together."""
        new: dict[SchoolYear, dict[str, Pgn]] = defaultdict(dict)
        for year, pgn in met:
            if (year, pgn.reveal()) not in self._named:
                new[year][pgn.reveal()] = pgn
        for year, pgns in new.items():
            code, schooljaar = year.vestigingscode, year.schooljaar
            names = pupil_names(list(pgns.values()), code, schooljaar, self.keys)
            for number, (counting, index) in zip(pgns, names, strict=True):
                self._named[year, number] = Pupil(counting, index, framed(counting.hex()))

    def named(self, year: SchoolYear, pgn: Pgn) -> Pupil:
        """Give the names of a pupil at one vestiging in one schooljaar (promise P5)."""
        found = self._named.get((year, pgn.reveal()))
        if found is None:
            self.meet([(year, pgn)])
            found = self._named[year, pgn.reveal()]
        return found
