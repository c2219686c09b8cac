"""Step 5, per line: the pupil gets two keyed names, one to count by and one to look up by."""

from __future__ import annotations

from exchange.pipeline.registrations.pupils import Pupils
from exchange.pipeline.registrations.stages import ClassifiedLine, NamedLine


def pseudonymise_line(line: ClassifiedLine, pupils: Pupils) -> NamedLine:
    """Give the registration with the pupil's names in the place of the PGN."""
    return NamedLine(
        line.number,
        line.members,
        line.day,
        pupils.named(line.day.month.year, line.pgn),
        line.registratie_id,
        line.minuten,
        line.categorie,
        line.ingetrokken,
    )
