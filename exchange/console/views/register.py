"""What the page of the register shows: what is in force, what was, and one activity in full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from exchange.accountability.register import Activity, Handling, Register
from exchange.accountability.register_document import term_of
from exchange.console.views import words
from exchange.console.views.table import Cell, Fact, Table, table
from exchange.policy.law import Law
from exchange.policy.necessity import LegalStatus

PATH = "/console/register"
_STATUS = {LegalStatus.GELDEND: "Wet", LegalStatus.VOORSTEL: "Wetsvoorstel"}
_HANDLED = {
    Handling.DOORGEGEVEN: "Doorgegeven",
    Handling.GEGENERALISEERD: "Minder precies doorgegeven",
    Handling.AFGELEID: "Telt mee in een ander gegeven",
    Handling.ROUTE: "Alleen gebruikt om de ontvanger te vinden",
    Handling.INGEHOUDEN: "Niet doorgegeven",
    Handling.TOEGEVOEGD: "Door de poort toegevoegd",
    Handling.VERWERKT: "Gebruikt",
}
_HEADS = ("Verwerking", "Voor wie", "Grondslag is", "Vanaf", "Tot en met")


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """The activities of today, and those that were or will be."""

    summary: str
    now: Table
    before: Table
    after: Table


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One version of one activity, as AVG art. 30(1) and (2) ask it to be written down."""

    name: str
    remark: str
    facts: tuple[Fact, ...]
    data: Table
    stores: Table
    measures: tuple[str, ...]


def register_page(register: Register, today: date) -> RegisterPage:
    """Lay the register out by day."""
    now = register.on(today)
    return RegisterPage(
        f"Op {words.day(today)} staan er {words.counted(len(now), 'verwerking', 'verwerkingen')} in"
        " het register. Het wordt gemaakt uit de noodzaaktabellen die de poort zelf afdwingt.",
        _listed("nu", "Verwerkingen van nu", now, "Er zijn geen verwerkingen."),
        _listed("was", "Eerdere versies", register.before(today), "Er is nog geen eerdere versie."),
        _listed("komt", "Aangekondigd", register.after(today), "Er is niets aangekondigd."),
    )


def activity_page(activity: Activity, today: date, law: Law) -> ActivityPage:
    """Write one activity out."""
    remark = "" if activity.toegepast else "Deze verwerking is nog geen wet en staat hier uit."
    return ActivityPage(
        name=activity.naam,
        remark=remark,
        facts=_facts(activity),
        data=table(
            "gegevens",
            "Gegevens, en wat ermee gebeurt",
            ("Gegeven", "Wat ermee gebeurt", "Uitleg"),
            [
                (Cell(words.field(d.naam)), Cell(_HANDLED[d.behandeling]), Cell(d.toelichting))
                for d in activity.gegevens
            ],
        ),
        stores=table(
            "bewaring",
            "Waar de gegevens liggen, en hoelang",
            ("Bewaarplaats", "Wat", "Hoelang", "Bron"),
            _stores(activity, today, law),
            "Van deze verwerking wordt niets bewaard.",
        ),
        measures=activity.maatregelen,
    )


def _listed(name: str, caption: str, activities: Iterable[Activity], empty: str) -> Table:
    rows = (
        (
            Cell(one.naam, f"{PATH}/{one.id}"),
            Cell(", ".join(one.ontvangers) or words.NOTHING),
            Cell(_STATUS[one.status] + ("" if one.toegepast else " (staat uit)")),
            Cell(words.day(one.geldig_vanaf), look="heel"),
            Cell(words.day(one.geldig_tot) if one.geldig_tot else words.NOTHING),
        )
        for one in activities
    )
    return table(name, caption, _HEADS, rows, empty)


def _facts(one: Activity) -> tuple[Fact, ...]:
    since = f"sinds {words.day(one.geldig_vanaf)}"
    if one.geldig_tot:
        since = f"van {words.day(one.geldig_vanaf)} tot en met {words.day(one.geldig_tot)}"
    given = (
        Fact("Kenmerk", one.id, code=True),
        Fact("Geldt", since),
        Fact("Doel", one.doel),
        Fact("Grondslag", one.grondslag),
        Fact("Stand van de wet", _STATUS[one.status]),
        Fact("Verantwoordelijke", one.verantwoordelijke),
        Fact("Verwerker", one.verwerker),
        Fact("Komt van", one.verstrekker or ""),
        Fact("Gaat naar", ", ".join(one.ontvangers)),
        Fact("Gaat over", ", ".join(one.betrokkenen)),
        Fact("Buiten de EU", one.doorgifte),
        Fact("Bijlage bij de DPIA", f"{one.dpia} (in de documentatie)"),
    )
    return tuple(fact for fact in given if fact.text)


def _stores(one: Activity, today: date, law: Law) -> Iterable[tuple[Cell, ...]]:
    for stored in one.bewaring:
        term, source = term_of(stored, today, law)
        yield Cell(stored.naam), Cell(stored.store.wat), Cell(term), Cell(source or words.NOTHING)
