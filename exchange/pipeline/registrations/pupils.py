"""The pupils of one delivery by their keyed names: to count by, and to look up by."""

from __future__ import annotations

from dataclasses import dataclass, field

from exchange.crypto.pseudonym import blind_index, counting_pseudonym
from exchange.messages.identifiers import Pgn, Schooljaar, Vestigingscode
from exchange.pipeline.registrations.stages import Pupil
from exchange.ports import KeyProvider


@dataclass(slots=True)
class Pupils:
    """The pupils of one delivery: each is named once, however many lines it has."""

    keys: KeyProvider
    _named: dict[tuple[Vestigingscode, Schooljaar, Pgn], Pupil] = field(
        default_factory=dict, repr=False
    )

    def named(self, code: Vestigingscode, schooljaar: Schooljaar, pgn: Pgn) -> Pupil:
        """Give the names of a pupil at one vestiging in one schooljaar (promise P5)."""
        key = (code, schooljaar, pgn)
        if key not in self._named:
            self._named[key] = Pupil(
                code,
                schooljaar,
                counting_pseudonym(pgn, code, schooljaar, self.keys),
                blind_index(pgn, code, schooljaar, self.keys),
            )
        return self._named[key]
