"""Says what a privacy officer should look at, by rules over small counted facts.

The numbers are dated data (``schemas/findings.toml``); a rule gives the same findings for the same
facts, and its text is shown to whoever reads them. Source: AVG art. 32(1)(d), 39(1)(b).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from statistics import median
from uuid import UUID

from exchange.messages.inzage import InzageReden
from exchange.policy.calendar import legal_day
from exchange.policy.finding_facts import (
    DayOfReading,
    Facts,
    FirstTime,
    KeyChange,
    PupilLook,
    RefusedMinute,
    Undecryptable,
    Who,
)
from exchange.policy.finding_rules import FindingRules, RuleName, day_bounds


class Trail(StrEnum):
    """Which records of a party between two moments a finding is about."""

    LEZEN = "lezen"
    BUITEN_UREN = "buiten-uren"
    VERWERKING = "verwerking"
    ONTVANGER = "ontvanger"
    GEWEIGERD = "geweigerd"
    NIET_TE_ONTSLEUTELEN = "niet-te-ontsleutelen"
    GENOEMD = "genoemd"  # the fact named its records itself


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule found: who, from when until when (exclusive), how often, in plain Dutch.

    ``about`` is the activity or the OIN of the recipient where the rule is about a pair.
    """

    rule: RuleName
    who: Who
    since: datetime
    until: datetime
    count: int
    detail: str
    trail: Trail
    about: str = ""
    entries: tuple[UUID, ...] = ()


def find(facts: Facts, rules: FindingRules) -> tuple[Found, ...]:
    """Apply every rule; the latest finding first."""
    found = [
        *_odd_hours(facts.reading, rules),
        *_volumes(facts.reading, rules),
        *_first_times(facts.first_times),
        *_bursts(facts.refused, rules),
        *_key_changes(facts.key_changes),
        *_undecryptable(facts.undecryptable, rules),
        *_breach_looks(facts, rules),
        *_checks(facts.looks, rules),
    ]
    return tuple(sorted(found, key=_latest_first))


def _latest_first(found: Found) -> tuple[object, ...]:
    return (-found.since.timestamp(), found.rule.value, found.who, found.about, found.entries)


def _odd_hours(reading: Iterable[DayOfReading], rules: FindingRules) -> Iterator[Found]:
    odd = defaultdict(list)
    for day in reading:
        if day.outside:
            odd[day.who].append(day)
    habit = rules.number(RuleName.UREN, "gewoonte_dagen")
    for who, days in odd.items():
        if who.account or len(days) <= habit:
            for day in days:
                yield _of_day(RuleName.UREN, who, day.day, day.outside, Trail.BUITEN_UREN)


def _volumes(reading: Iterable[DayOfReading], rules: FindingRules) -> Iterator[Found]:
    least, times, days = (
        rules.number(RuleName.VEEL, name) for name in ("minstens", "keer", "dagen")
    )
    by_who = defaultdict(list)
    for day in reading:
        by_who[day.who].append(day)
    for who, active in by_who.items():
        for day in active:
            others = [other.count for other in active if other.day != day.day]
            if len(others) < days or day.count < least:
                continue
            usual = median(others)
            if day.count > times * usual:
                yield _of_day(RuleName.VEEL, who, day.day, day.count, Trail.LEZEN, f"{usual:g}")


def _first_times(first_times: Iterable[FirstTime]) -> Iterator[Found]:
    for pair in first_times:
        what = "iets aan deze ontvanger" if pair.is_recipient else "deze verwerking"
        yield Found(
            rule=RuleName.EERSTE_KEER,
            who=pair.who,
            since=pair.first_at,
            until=pair.first_at + timedelta(days=1),
            count=1,
            detail=f"Voor het eerst {what}.",
            trail=Trail.ONTVANGER if pair.is_recipient else Trail.VERWERKING,
            about=pair.other,
        )


def _bursts(refused: Iterable[RefusedMinute], rules: FindingRules) -> Iterator[Found]:
    """Join every stretch of ``minuten`` that holds ``aantal`` refusals with those it touches."""
    least = rules.number(RuleName.WEIGERINGEN, "aantal")
    span = timedelta(minutes=rules.number(RuleName.WEIGERINGEN, "minuten"))
    ordered = sorted(refused, key=lambda r: (r.who, r.minute))
    for who, of_who in groupby(ordered, key=lambda r: r.who):
        for burst in _stretches(list(of_who), least, span):
            count = sum(minute.count for minute in burst)
            yield Found(
                rule=RuleName.WEIGERINGEN,
                who=who,
                since=burst[0].minute,
                until=burst[-1].minute + timedelta(minutes=1),
                count=count,
                detail=f"{count} verzoeken geweigerd.",
                trail=Trail.GEWEIGERD,
            )


def _stretches(
    minutes: Sequence[RefusedMinute], least: int, span: timedelta
) -> Iterator[Sequence[RefusedMinute]]:
    begin, held, start, end = 0, 0, None, None
    for last, minute in enumerate(minutes):
        held += minute.count
        while minutes[begin].minute <= minute.minute - span:
            held -= minutes[begin].count
            begin += 1
        if held < least:
            continue
        if start is not None and end is not None and begin > end:
            yield minutes[start : end + 1]
            start = None
        start, end = (begin if start is None else start), last
    if start is not None and end is not None:
        yield minutes[start : end + 1]


def _key_changes(changes: Iterable[KeyChange]) -> Iterator[Found]:
    for change in changes:
        yield Found(
            rule=RuleName.SLEUTEL,
            who=change.who,
            since=change.at,
            until=change.at,
            count=1,
            detail=_KEY_DETAIL.get(change.action, _OTHER_KEY).format(change.name),
            trail=Trail.GENOEMD,
            entries=(change.entry,),
        )


_KEY_DETAIL = {
    "sleutel-geregistreerd": "Er is een sleutel geregistreerd; vingerafdruk {}.",
    "sleutel-goedgekeurd": "Een beheerder keurde een sleutel goed; vingerafdruk {}.",
    "sleutel-vervangen": "Een beheerder verving een sleutel van de poort: {}.",
    "getuige-vertrouwd": "Een beheerder vertrouwt een getuige: {}.",
    "getuige-ingetrokken": "Een beheerder trok het vertrouwen in een getuige in: {}.",
}
_OTHER_KEY = "Er veranderde iets aan een sleutel: {}."


def _undecryptable(days: Iterable[Undecryptable], rules: FindingRules) -> Iterator[Found]:
    least = rules.number(RuleName.ONTSLEUTELEN, "aantal")
    for day in days:
        if day.count >= least:
            trail = Trail.NIET_TE_ONTSLEUTELEN
            yield _of_day(RuleName.ONTSLEUTELEN, day.who, day.day, day.count, trail)


def _breach_looks(facts: Facts, rules: FindingRules) -> Iterator[Found]:
    """A breach as the reason of a look-up has a finding before it that was called one."""
    span = timedelta(days=rules.number(RuleName.INZAGE, "dagen"))
    for look in facts.looks:
        known = any(look.at - span <= breach <= look.at for breach in facts.breaches_at)
        if look.reden == InzageReden.DATALEK and not known:
            detail = "Opgezocht om een datalek; geen bevinding is als datalek gemeld."
            yield _looked(look.who, (look,), detail)


def _checks(looks: Iterable[PupilLook], rules: FindingRules) -> Iterator[Found]:
    least = rules.number(RuleName.INZAGE, "aantal")
    by_day = defaultdict(list)
    for look in looks:
        if look.reden == InzageReden.CONTROLE:
            by_day[look.who, legal_day(look.at)].append(look)
    for (who, _), same_day in by_day.items():
        if len(same_day) >= least:
            detail = f"{len(same_day)} keer op één dag opgezocht om iets te controleren."
            yield _looked(who, same_day, detail)


def _looked(who: Who, looks: Sequence[PupilLook], detail: str) -> Found:
    return Found(
        rule=RuleName.INZAGE,
        who=who,
        since=min(look.at for look in looks),
        until=max(look.at for look in looks),
        count=len(looks),
        detail=detail,
        trail=Trail.GENOEMD,
        entries=tuple(sorted(look.entry for look in looks)),
    )


def _of_day(
    rule: RuleName, who: Who, day: date, count: int, trail: Trail, usual: str = ""
) -> Found:
    since, until = day_bounds(day)
    return Found(rule, who, since, until, count, _DAY_DETAIL[rule].format(count, usual), trail)


_DAY_DETAIL = {
    RuleName.UREN: "{0} keer gelezen buiten de gewone uren.",
    RuleName.VEEL: "{0} keer gelezen; op een gewone dag is dat {1} keer.",
    RuleName.ONTSLEUTELEN: "{0} berichten waren niet te openen.",
}
