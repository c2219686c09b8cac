"""Step 5, per line: the pupil gets two keyed names, one to count by and one to look up by."""

from __future__ import annotations

from exchange.messages.identifiers import Schooljaar
from exchange.pipeline.registrations.pupils import Pupils
from exchange.pipeline.registrations.stages import ClassifiedLine, NamedLine


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
