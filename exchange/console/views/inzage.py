"""What the inzage page shows once it is asked: the report on one pupil, without the number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from exchange.accountability.inzage import Inzage, Verwerking
from exchange.accountability.inzage_report import Section, Zin, sentences
from exchange.accountability.record import Action
from exchange.console.views import words
from exchange.console.views.inzage_form import reason_in_words
from exchange.console.views.table import Cell, Fact, Table, amount, numeric, table
from exchange.figures.publish.page.dutch import number
from exchange.messages.inzage import InzageReden
from exchange.messages.outcome import Outcome

_SHOWS: Mapping[str, str] = {
    Action.OPGEHAALD: "de inhoud van een bericht",
    Action.ONTVANGSTBEWIJS_INGEZIEN: "een ontvangstbewijs",
    Action.DREMPELMELDINGEN_INGEZIEN: "een waarschuwing dat melden verplicht wordt",
    Action.INZAGE_GEGEVEN: "een overzicht zoals dit",
}
"""What shows something of a pupil; the other acts pass it on unseen, or say what became of it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence, and what is said below it."""

    text: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What concerns one school in one schooljaar."""

    id: str
    title: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report."""

    facts: tuple[Fact, ...]
    summary: str
    seen: Table
    reach: str
    parts: tuple[Part, ...]


def inzage_report(inzage: Inzage, reden: InzageReden, asker: str, at: datetime) -> Report:
    """Lay the report out; ``asker`` is who looked, as the record of this look has it too."""
    count = len(inzage.verwerkingen)
    return Report(
        facts=(
            Fact("Opgevraagd", words.moment(at)),
            Fact("Door", asker),
            Fact("Reden", reason_in_words(reden)),
        ),
        summary=_summary(count),
        seen=_seen(inzage.verwerkingen),
        reach=inzage.toelichting,
        parts=tuple(_part(n, section) for n, section in enumerate(sentences(inzage), 1)),
    )


def _summary(count: int) -> str:
    if not count:
        return "Over deze leerling is niets gevonden dat u mag zien."
    found = "Er is 1 verwerking" if count == 1 else f"Er zijn {number(count)} verwerkingen"
    return f"{found} gevonden, de oudste eerst."


def _seen(done: Iterable[Verwerking]) -> Table:
    """Answer the first question of all: who got to see something of this pupil, and when last."""
    looks: dict[tuple[str, str], list[datetime]] = {}
    for one in done:
        if one.actie in _SHOWS and one.uitkomst == Outcome.OK:
            looks.setdefault((one.door.naam, _SHOWS[one.actie]), []).append(one.tijd)
    return table(
        "wie-zag",
        "Organisaties die iets over deze leerling zagen",
        ("Wie", "Wat", numeric("Hoe vaak"), "De laatste keer"),
        (
            (Cell(who), Cell(what), amount(len(times)), Cell(words.moment(max(times))))
            for (who, what), times in sorted(looks.items())
        ),
        "Niemand heeft iets over deze leerling gezien.",
    )


def _part(number: int, section: Section) -> Part:
    title = f"School {section.school}, schooljaar {section.schooljaar}"
    return Part(f"deel-{number}", title, tuple(map(_told, section.zinnen)))


def _told(zin: Zin) -> Told:
    facts = [
        Fact("Gegevens", "; ".join(zin.velden)),
        Fact("Waarvoor", zin.doel),
        Fact("Grondslag", zin.grondslag),
    ]
    if zin.bericht_id is not None:
        number = str(zin.bericht_id)
        facts.append(Fact("Bericht", number, f"/console/berichten/{number}"))
    return Told(zin.tekst, tuple(fact for fact in facts if fact.text))
