"""The rules of a signaal zorgelijk verzuim: what the school may send, judged on one day."""

from __future__ import annotations

from collections.abc import Iterable

from exchange.errors import Code, Violation
from exchange.messages.contracts import Values
from exchange.messages.identifiers import Schooljaar
from exchange.messages.wire import Venster
from exchange.policy.calendar import touches_more_lesweken
from exchange.policy.counting import Count
from exchange.policy.facts import Facts, Rule
from exchange.policy.future import FUTURE, PARENTS_INFORMED
from exchange.policy.retention import PAST_TERM, is_past_term
from exchange.policy.thresholds import threshold_minutes


def _in_order(values: Values, _: Facts) -> Iterable[Violation]:
    venster = values["venster"]
    if venster.van > venster.tot:
        detail = "Het venster eindigt voor het begint."
    elif venster.tot not in Schooljaar.of(venster.van):
        detail = "Een venster ligt binnen een schooljaar."
    else:
        return ()
    return (Violation("/venster", Code.VENSTER_ONGELDIG, detail),)


def _days_are_past(values: Values, facts: Facts) -> Iterable[Violation]:
    venster, today = values["venster"], facts.today
    past_term = is_past_term(Schooljaar.of(venster.tot), today, facts.law)
    if venster.van <= today and venster.tot <= today and not past_term:
        return ()
    days = (("/venster/van", venster.van), ("/venster/tot", venster.tot))
    wrong = [Violation(where, Code.DATUM_ONGELDIG, FUTURE) for where, day in days if day > today]
    if past_term:
        wrong.append(Violation("/venster/tot", Code.DATUM_ONGELDIG, PAST_TERM))
    return wrong


def _four_lesweken(values: Values, facts: Facts) -> Iterable[Violation]:
    venster = values["venster"]
    if venster.van > venster.tot or venster.tot not in Schooljaar.of(venster.van):
        return ()
    most = facts.law.on(venster.tot).drempel_lesweken
    if not touches_more_lesweken(venster.van, venster.tot, facts.kalender, most):
        return ()
    detail = f"Een venster raakt ten hoogste {most} lesweken."
    return (Violation("/venster", Code.VENSTER_ONGELDIG, detail),)


def _below_threshold(values: Values, facts: Facts) -> Iterable[Violation]:
    venster = values["venster"]
    numbers = facts.law.on(venster.tot)
    lesuur = facts.beleid.lesuur_in_minuten if facts.beleid else None
    limit = threshold_minutes(numbers, facts.vestiging.sector, lesuur)
    if values["ongeoorloofde_minuten"] < limit and not _registered_up_to(limit, venster, facts):
        return ()
    detail = "Vanaf de wettelijke grens is een verzuimmelding verplicht (LPW art. 21a)."
    return (Violation("/ongeoorloofdeMinuten", Code.VERPLICHTE_MELDING, detail),)


def _registered_up_to(limit: int, venster: Venster, facts: Facts) -> bool:
    """Whether the vestiging's own registrations in the window, not yet reported, reach ``limit``.

    Those that stay below it all together do so however they are counted.
    """
    van, tot = venster.van, venster.tot
    within = [day for day in facts.registered if van <= day.datum <= tot]
    if sum([day.minuten for day in within]) < limit:
        return False
    weeks = facts.law.on(tot).drempel_lesweken
    return Count(facts.kalender, Schooljaar.of(tot), weeks, facts.meldingen).most(within) >= limit


def _known_criterion(values: Values, facts: Facts) -> Iterable[Violation]:
    if facts.beleid is None or values["criterium"].reveal() in facts.beleid.criteria:
        return ()
    detail = "Het criterium stond niet in het verzuimbeleid op de laatste dag van het venster."
    return (Violation("/criterium", Code.ONBEKEND_CRITERIUM, detail),)


def _known_residence(values: Values, facts: Facts) -> Iterable[Violation]:
    if facts.directory.gemeente_on(values["woongemeente"], values["venster"].tot):
        return ()
    detail = "Dit is op de laatste dag van het venster geen gemeente (CBS)."
    return (Violation("/woongemeente", Code.ONBEKENDE_WOONGEMEENTE, detail),)


SIGNAAL_RULES = (
    Rule(("venster",), "DESIGN: een venster is een periode", _in_order),
    Rule(("venster",), "contract: datums in de toekomst", _days_are_past),
    PARENTS_INFORMED,
    Rule(("venster",), "36 663: vier aaneengesloten lesweken", _four_lesweken),
    Rule(("venster", "ongeoorloofde_minuten"), "LPW art. 21a; 36 663", _below_threshold),
    Rule(("venster", "criterium"), "36 663: criteria in het verzuimbeleid", _known_criterion),
    Rule(("venster", "woongemeente"), "DUO: route naar de woongemeente", _known_residence),
)
