"""Step 4, per line: from local reason to legal category. The reason ends here (promise P3)."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.errors import Code, Invalid, Violation
from exchange.messages.identifiers import LocalReason, Periode
from exchange.messages.wire import Categorie
from exchange.pipeline.registrations.known import Known
from exchange.pipeline.registrations.stages import ClassifiedLine, ValidLine
from exchange.storage.school_facts import in_force


def classify_line(line: ValidLine, known: Known) -> ClassifiedLine:
    """Give the registration in its category; raises with every rule that it breaks."""
    categorie, faults = _category(line, known)
    faults = (*faults, *_delivered_otherwise(line, known))
    if faults or categorie is None:
        raise Invalid(faults)
    return ClassifiedLine(
        number=line.number,
        members=line.members,
        vestigingscode=line.vestigingscode,
        registratie_id=line.values["registratie_id"],
        pgn=line.values["pgn"],
        datum=line.datum,
        minuten=line.values["minuten"],
        categorie=categorie,
        ingetrokken=bool(line.values.get("ingetrokken")),
    )


def _category(line: ValidLine, known: Known) -> tuple[Categorie | None, tuple[Violation, ...]]:
    """The school's own policy on that day says to which category a reason belongs."""
    stated, reden = line.values.get("categorie"), line.values.get("reden")
    if not isinstance(reden, LocalReason):
        return stated, ()
    beleid = in_force(known.school(line.vestigingscode).beleid, line.datum)
    if beleid is None:
        return None, (
            Violation(
                "/reden",
                Code.GEEN_VERZUIMBELEID,
                "Op deze dag gold geen verzuimbeleid dat deze reden kent.",
            ),
        )
    found = known.category_of(line.vestigingscode, reden.reveal(), beleid)
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


def _delivered_otherwise(line: ValidLine, known: Known) -> Iterator[Violation]:
    if Periode.of(line.datum) in known.school(line.vestigingscode).counted_itself:
        yield Violation(
            "/datum",
            Code.BRON_STRIJDIG,
            "Over deze maand leverde de vestiging al schoolcijfers; het is het een of het ander.",
        )
