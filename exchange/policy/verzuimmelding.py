"""The rules of a verzuimmelding: when it is due, for which days, and when it was already made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from exchange.errors import Code, Violation
from exchange.messages.contracts import Values
from exchange.messages.identifiers import Schooljaar
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.counting import Count
from exchange.policy.facts import Dagverzuim, Facts, Rule, Telstand
from exchange.policy.future import FUTURE, PARENTS_INFORMED
from exchange.policy.retention import PAST_TERM, is_past_term
from exchange.policy.thresholds import threshold_minutes

_DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Telling:
    """What a melding does to the count of its pupil, and what it was judged against.

    ``known`` are the meldingen that stood then; ``reported`` is the one that says the same.
    """

    verzuimsoort: Verzuimsoort
    begin: date
    eind: date
    known: tuple[Telstand, ...]
    reported: UUID | None


def telling_of(values: Values, facts: Facts) -> Telling:
    """Give how a faultless melding counts."""
    return Telling(
        values["verzuimsoort"],
        *_span(values, facts),
        known=facts.meldingen,
        reported=already_reported(values, facts),
    )


def already_reported(values: Values, facts: Facts) -> UUID | None:
    """Give the earlier melding about the same continuous absence, if it is too recent for another.

    Of whatever kind: leerplicht hears of one absence once. Continuous is what leaves no lesson day
    between the two; recent is fewer calendar days between their ends than the law's practice asks
    (DUO: one melding per 7 days).
    """
    if not facts.meldingen:
        return None
    begin, eind = _span(values, facts)
    apart = facts.law.on(eind).herhaling_dagen
    for melding in reversed(facts.meldingen):
        recent = abs(eind - melding.eind) < timedelta(days=apart)
        if recent and _continuous(melding, begin, eind, facts):
            return melding.bericht_id
    return None


def _end_is_known(values: Values, _: Facts) -> Iterable[Violation]:
    if values["verzuimsoort"] is Verzuimsoort.LANGDURIG or "einddatum" in values:
        return ()
    detail = "Alleen langdurig verzuim kan nog voortduren."
    return (Violation("/einddatum", Code.VERPLICHT_VELD, detail),)


def _in_order(values: Values, facts: Facts) -> Iterable[Violation]:
    begin, eind = values["begindatum"], values.get("einddatum")
    wrong = []
    for where, day in (("/begindatum", begin), ("/einddatum", eind)):
        if day is not None and day > facts.today:
            wrong.append(Violation(where, Code.DATUM_ONGELDIG, FUTURE))
        elif day is not None and is_past_term(Schooljaar.of(day), facts.today, facts.law):
            wrong.append(Violation(where, Code.DATUM_ONGELDIG, PAST_TERM))
    if eind is not None and eind < begin:
        detail = "De melding eindigt voor zij begint."
        wrong.append(Violation("/einddatum", Code.DATUM_ONGELDIG, detail))
    return wrong


def _days_within(values: Values, facts: Facts) -> Iterable[Violation]:
    begin, eind = _span(values, facts)
    wrong = []
    seen: set[date] = set()
    for number, dag in enumerate(values["dagen"]):
        if not begin <= dag.datum <= eind:
            found = (Code.DATUM_ONGELDIG, "De dag ligt buiten de melding.")
            wrong.append(Violation(f"/dagen/{number}/datum", *found))
        elif dag.datum in seen:
            found = (Code.WAARDE_ONGELDIG, "Noem elke dag een keer.")
            wrong.append(Violation(f"/dagen/{number}/datum", *found))
        seen.add(dag.datum)
    return wrong


def _ends_on_its_last_day(values: Values, _: Facts) -> Iterable[Violation]:
    if values["verzuimsoort"] is not Verzuimsoort.ZESTIEN_UUR:
        return ()
    begin, eind = values["begindatum"], values["einddatum"]
    if eind != max([dag.datum for dag in values["dagen"]]):
        detail = "De einddatum is de laatste van de dagen."
    elif eind not in Schooljaar.of(begin):
        detail = "Tellen gaat niet over 1 augustus heen."
    else:
        return ()
    return (Violation("/einddatum", Code.DATUM_ONGELDIG, detail),)


def _reaches_threshold(values: Values, facts: Facts) -> Iterable[Violation]:
    """At or above the limit within consecutive lesweken, not counting what was counted before.

    The same absence reported again is no failure to count: it is ``al-gemeld``.
    """
    if values["verzuimsoort"] is not Verzuimsoort.ZESTIEN_UUR:
        return ()
    if already_reported(values, facts) and not _falls_short(values, facts, ()):
        return ()
    if not _falls_short(values, facts, facts.meldingen):
        return ()
    detail = (
        "De dagen halen de wettelijke grens niet binnen de opeenvolgende lesweken;"
        " tellen begint de dag na de vorige melding (LPW art. 21a)."
    )
    return (Violation("/dagen", Code.GEEN_VERPLICHTE_MELDING, detail),)


def _lasts_long(values: Values, facts: Facts) -> Iterable[Violation]:
    if values["verzuimsoort"] is not Verzuimsoort.LANGDURIG:
        return ()
    begin, eind = _span(values, facts)
    weeks = facts.law.on(eind).langdurig_weken
    if (eind - begin).days + 1 > weeks * _DAYS_A_WEEK:
        return ()
    detail = f"Langdurig verzuim duurt meer dan {weeks} aaneengesloten weken."
    return (Violation("/begindatum", Code.GEEN_VERPLICHTE_MELDING, detail),)


def _known_residence(values: Values, facts: Facts) -> Iterable[Violation]:
    if facts.directory.gemeente_on(values["woongemeente"], values["begindatum"]):
        return ()
    detail = "Dit is op de eerste dag van het verzuim geen gemeente (CBS)."
    return (Violation("/woongemeente", Code.ONBEKENDE_WOONGEMEENTE, detail),)


def _span(values: Values, facts: Facts) -> tuple[date, date]:
    """A long absence without an end lasts until today."""
    return values["begindatum"], values.get("einddatum") or facts.today


def _falls_short(values: Values, facts: Facts, meldingen: tuple[Telstand, ...]) -> bool:
    """Whether the days stay below the limit once ``meldingen`` have had theirs."""
    begin, eind = _span(values, facts)
    numbers = facts.law.on(eind)
    days = [Dagverzuim(dag.datum, dag.minuten) for dag in values["dagen"]]
    count = Count(facts.kalender, Schooljaar.of(begin), numbers.drempel_lesweken, meldingen)
    lesuur = facts.beleid.lesuur_in_minuten if facts.beleid else None
    return count.most(days) < threshold_minutes(numbers, facts.vestiging.sector, lesuur)


def _continuous(melding: Telstand, begin: date, eind: date, facts: Facts) -> bool:
    first, second = sorted(((melding.begin, melding.eind), (begin, eind)))
    between = (second[0] - first[1]).days
    gap = (first[1] + timedelta(days=n) for n in range(1, between))
    return not any(facts.kalender.is_lesson_day(day) for day in gap)


_SPAN = ("verzuimsoort", "begindatum", "dagen")
_END = ("einddatum",)

VERZUIMMELDING_RULES = (
    Rule(("verzuimsoort",), "contract: alleen langdurig kan voortduren", _end_is_known, _END),
    Rule(("begindatum",), "contract: datums in de toekomst", _in_order, _END),
    PARENTS_INFORMED,
    Rule(("begindatum", "dagen"), "Besluit verzuimmelding: verzuimdagen", _days_within, _END),
    Rule((*_SPAN, "einddatum"), "DUO: einddatum is de dag van 16 uur", _ends_on_its_last_day),
    Rule((*_SPAN, "einddatum"), "LPW art. 21a", _reaches_threshold),
    Rule(("verzuimsoort", "begindatum"), "DUO: langdurig relatief verzuim", _lasts_long, _END),
    Rule(("woongemeente", "begindatum"), "DUO: route naar de woongemeente", _known_residence),
)
