"""The rules of a signaal zorgelijk verzuim: what the school may send, judged on one day."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.errors import Code, Violation
from exchange.messages.contracts import Values
from exchange.messages.identifiers import Schooljaar
from exchange.messages.wire import Venster
from exchange.policy.calendar import lesweken
from exchange.policy.counting import Count
from exchange.policy.facts import Facts, Rule
from exchange.policy.retention import PAST_TERM, is_past_term
from exchange.policy.thresholds import threshold_minutes


def _in_order(values: Values, _: Facts) -> Iterator[Violation]:
    venster = values["venster"]
    if venster.van > venster.tot:
        yield Violation("/venster", Code.VENSTER_ONGELDIG, "Het venster eindigt voor het begint.")
    elif Schooljaar.of(venster.van) != Schooljaar.of(venster.tot):
        yield Violation(
            "/venster", Code.VENSTER_ONGELDIG, "Een venster ligt binnen een schooljaar."
        )


def _days_are_past(values: Values, facts: Facts) -> Iterator[Violation]:
    venster = values["venster"]
    for name in ("van", "tot"):
        day = getattr(venster, name)
        if day > facts.today:
            yield Violation(
                f"/venster/{name}", Code.DATUM_ONGELDIG, "De datum ligt in de toekomst."
            )
    if is_past_term(Schooljaar.of(venster.tot), facts.today, facts.law):
        yield Violation("/venster/tot", Code.DATUM_ONGELDIG, PAST_TERM)


def _parents_informed(values: Values, facts: Facts) -> Iterator[Violation]:
    if values["ouders_geinformeerd_op"] > facts.today:
        yield Violation(
            "/oudersGeinformeerdOp", Code.DATUM_ONGELDIG, "De datum ligt in de toekomst."
        )


def _four_lesweken(values: Values, facts: Facts) -> Iterator[Violation]:
    venster = values["venster"]
    if venster.van > venster.tot or Schooljaar.of(venster.van) != Schooljaar.of(venster.tot):
        return
    most = facts.law.on(venster.tot).drempel_lesweken
    if len(lesweken(venster.van, venster.tot, facts.kalender)) > most:
        yield Violation(
            "/venster", Code.VENSTER_ONGELDIG, f"Een venster raakt ten hoogste {most} lesweken."
        )


def _below_threshold(values: Values, facts: Facts) -> Iterator[Violation]:
    venster = values["venster"]
    numbers = facts.law.on(venster.tot)
    lesuur = facts.beleid.lesuur_in_minuten if facts.beleid else None
    limit = threshold_minutes(numbers, facts.vestiging.sector, lesuur)
    if max(values["ongeoorloofde_minuten"], _registered_in(venster, facts)) >= limit:
        yield Violation(
            "/ongeoorloofdeMinuten",
            Code.VERPLICHTE_MELDING,
            "Vanaf de wettelijke grens is een verzuimmelding verplicht (LPW art. 21a).",
        )


def _registered_in(venster: Venster, facts: Facts) -> int:
    """Count the vestiging's own registrations in the window that no melding has reported."""
    within = (day for day in facts.registered if venster.van <= day.datum <= venster.tot)
    weeks = facts.law.on(venster.tot).drempel_lesweken
    count = Count(facts.kalender, Schooljaar.of(venster.tot), weeks, facts.meldingen)
    return count.most(within)


def _known_criterion(values: Values, facts: Facts) -> Iterator[Violation]:
    if facts.beleid and values["criterium"].reveal() not in facts.beleid.criteria:
        yield Violation(
            "/criterium",
            Code.ONBEKEND_CRITERIUM,
            "Het criterium stond niet in het verzuimbeleid op de laatste dag van het venster.",
        )


def _known_residence(values: Values, facts: Facts) -> Iterator[Violation]:
    day = values["venster"].tot
    if facts.directory.gemeente_on(values["woongemeente"], day) is None:
        yield Violation(
            "/woongemeente",
            Code.ONBEKENDE_WOONGEMEENTE,
            "Dit is op de laatste dag van het venster geen gemeente (CBS).",
        )


SIGNAAL_RULES = (
    Rule(("venster",), "DESIGN: een venster is een periode", _in_order),
    Rule(("venster",), "contract: datums in de toekomst", _days_are_past),
    Rule(("ouders_geinformeerd_op",), "contract: datums in de toekomst", _parents_informed),
    Rule(("venster",), "36 663: vier aaneengesloten lesweken", _four_lesweken),
    Rule(("venster", "ongeoorloofde_minuten"), "LPW art. 21a; 36 663", _below_threshold),
    Rule(("venster", "criterium"), "36 663: criteria in het verzuimbeleid", _known_criterion),
    Rule(("venster", "woongemeente"), "DUO: route naar de woongemeente", _known_residence),
)
