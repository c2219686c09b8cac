"""Step 5, per line: the pupil gets two keyed names, one to count by and one to look up by."""

from __future__ import annotations

from dataclasses import dataclass, field

from exchange.crypto.pseudonym import blind_index, counting_pseudonym
from exchange.messages.identifiers import Pgn, Schooljaar, Vestigingscode
from exchange.pipeline.registrations.stages import ClassifiedLine, NamedLine, Pupil
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


def pseudonymise_line(line: ClassifiedLine, pupils: Pupils) -> NamedLine:
    """Give the registration with the pupil's names in the place of the PGN."""
    return NamedLine(
        number=line.number,
        members=line.members,
        pupil=pupils.named(line.vestigingscode, Schooljaar.of(line.datum), line.pgn),
        registratie_id=line.registratie_id,
        datum=line.datum,
        minuten=line.minuten,
        categorie=line.categorie,
        ingetrokken=line.ingetrokken,
    )
