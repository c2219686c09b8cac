"""Step 4, per line: from local reason to legal category. The reason ends here (promise P3)."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.errors import Code, Invalid, Violation
from exchange.messages.wire import Categorie
from exchange.pipeline.registrations.known import Known
from exchange.pipeline.registrations.stages import ClassifiedLine, SchoolDay, ValidLine
from exchange.storage.school_facts import in_force


def classify_line(line: ValidLine, known: Known) -> ClassifiedLine:
    """Give the registration in its category; raises with every rule that it breaks."""
    said = (line.day, line.reden.reveal() if line.reden else None, line.categorie)
    categorie = known.lawful.get(said)
    if categorie is None:
        categorie = known.lawful[said] = _judged(line, known)
    return ClassifiedLine(
        line.number,
        line.members,
        line.day,
        line.registratie_id,
        line.pgn,
        line.minuten,
        categorie,
        line.ingetrokken,
    )


def _judged(line: ValidLine, known: Known) -> Categorie:
    """Judge what other lines about the same day may say too: the rules ask for nothing else."""
    categorie, faults = _category(line, known)
    faults = (*faults, *_delivered_otherwise(line.day, known))
    if faults or categorie is None:
        raise Invalid(faults)
    return categorie


def _category(line: ValidLine, known: Known) -> tuple[Categorie | None, tuple[Violation, ...]]:
    """The school's own policy on that day says to which category a reason belongs."""
    stated, reden, code = line.categorie, line.reden, line.day.vestigingscode
    if reden is None:
        return stated, ()
    beleid = in_force(known.school(code).beleid, line.day.datum)
    if beleid is None:
        return None, (
            Violation(
                "/reden",
                Code.GEEN_VERZUIMBELEID,
                "Op deze dag gold geen verzuimbeleid dat deze reden kent.",
            ),
        )
    found = known.category_of(code, reden, beleid)
    if found is None:
        return None, (
            Violation(
                "/reden",
                Code.ONBEKENDE_REDEN,
                "De reden stond die dag niet in het verzuimbeleid.",
            ),
        )
    if stated is not None and stated is not found:
        return None, (
            Violation(
                "/categorie",
                Code.CATEGORIE_STRIJDIG,
                "Volgens het verzuimbeleid hoort de reden bij de andere categorie.",
            ),
        )
    return found, ()


def _delivered_otherwise(day: SchoolDay, known: Known) -> Iterator[Violation]:
    if day.month.periode in known.school(day.vestigingscode).counted_itself:
        yield Violation(
            "/datum",
            Code.BRON_STRIJDIG,
            "Over deze maand leverde de vestiging al schoolcijfers; het is het een of het ander.",
        )
