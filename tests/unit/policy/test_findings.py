"""Each rule on findings at its boundary; and that none of them can be about a pupil."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from exchange.accountability.record import Action
from exchange.bootstrap.law import SCHEMAS, open_activities, open_finding_rules
from exchange.errors import Fault
from exchange.policy import finding_facts
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
from exchange.policy.finding_rules import RuleName, day_bounds, read_finding_rules
from exchange.policy.findings import Found, Trail, find

SERIES = SCHEMAS / "findings.toml"
RULES = open_finding_rules().on(date(2026, 11, 18))
PARTY, OTHER = Who("00000099000000001000"), Who("00000099000000002000")
EMPLOYEE = Who("00000099000000003000", "01977777-0000-7000-8000-000000000001")
DAY = date(2026, 11, 18)
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
_entries = itertools.count(1)


def entry() -> UUID:
    return UUID(int=next(_entries))


def of(rule: RuleName, facts: Facts) -> list[Found]:
    return [found for found in find(facts, RULES) if found.rule is rule]


def days(counts: list[int], who: Who = PARTY, outside: int = 0) -> list[DayOfReading]:
    """Give a day of reading for each count, up to DAY."""
    first = DAY - timedelta(days=len(counts) - 1)
    return [
        DayOfReading(who, first + timedelta(days=n), count, outside)
        for n, count in enumerate(counts)
    ]


# --- odd hours ---


@pytest.mark.parametrize(("odd", "findings"), [(0, 0), (1, 1), (5, 5), (6, 0)])
def test_a_party_that_often_reads_at_odd_hours_always_does(odd: int, findings: int) -> None:
    reading = days([9] * odd, outside=2) + days([9] * 12, OTHER)
    listed = of(RuleName.UREN, Facts(reading=reading))
    assert len(listed) == findings
    assert {found.count for found in listed} <= {2}


def test_days_at_the_usual_hours_make_no_habit_and_no_finding() -> None:
    reading = [*days([9] * 12), replace(days([4])[0], day=DAY - timedelta(days=40), outside=3)]
    (found,) = of(RuleName.UREN, Facts(reading=reading))
    assert (found.count, found.since) == (3, day_bounds(DAY - timedelta(days=40))[0])


def test_an_employee_is_never_used_to_odd_hours() -> None:
    listed = of(RuleName.UREN, Facts(reading=days([9] * 20, EMPLOYEE, outside=1)))
    assert len(listed) == 20
    assert {found.who for found in listed} == {EMPLOYEE}


def test_a_finding_of_a_day_spans_that_legal_day() -> None:
    (found,) = of(RuleName.UREN, Facts(reading=days([1], outside=1)))
    assert (found.since, found.until) == day_bounds(DAY)
    assert found.since.astimezone(UTC) == datetime(2026, 11, 17, 23, 0, tzinfo=UTC)


# --- volumes ---


@pytest.mark.parametrize(
    ("counts", "findings"),
    [
        ([10, 10, 10, 10, 10, 50], 1),
        ([10, 10, 10, 10, 10, 49], 0),  # too few to matter
        ([17, 17, 17, 17, 17, 51], 0),  # three times as much is not more than that
        ([17, 17, 17, 17, 17, 52], 1),
        ([10, 10, 10, 10, 50], 0),  # not known well enough
        ([10, 1, 99, 10, 10, 50], 2),  # the middle one, not the mean: 99 stands out as well
    ],
)
def test_much_is_much_more_than_on_the_partys_own_usual_day(
    counts: list[int], findings: int
) -> None:
    reading = days(counts) + days([90_000] * 8, OTHER)
    assert len(of(RuleName.VEEL, Facts(reading=reading))) == findings


def test_the_usual_is_told() -> None:
    (found,) = of(RuleName.VEEL, Facts(reading=days([10, 10, 10, 11, 12, 11, 80])))
    assert found.detail == "80 keer gelezen; op een gewone dag is dat 10.5 keer."


# --- first times ---


def test_every_first_time_is_a_finding() -> None:
    activity = FirstTime(PARTY, "leveringen/1", False, NOON, 3)
    recipient = FirstTime(PARTY, OTHER.oin, True, NOON + timedelta(hours=1), 1)
    listed = of(RuleName.EERSTE_KEER, Facts(first_times=[activity, recipient]))
    assert [(f.about, f.trail, f.since) for f in listed] == [
        (OTHER.oin, Trail.ONTVANGER, recipient.first_at),
        ("leveringen/1", Trail.VERWERKING, NOON),
    ]


# --- bursts of refusals ---


def refused(*minutes: tuple[int, int], who: Who = PARTY) -> Facts:
    return Facts(
        refused=[RefusedMinute(who, NOON + timedelta(minutes=m), count) for m, count in minutes]
    )


@pytest.mark.parametrize(
    ("minutes", "bursts"),
    [
        ([(0, 9)], []),
        ([(0, 10)], [(0, 1, 10)]),
        ([(0, 5), (9, 5)], [(0, 10, 10)]),
        ([(0, 5), (10, 5)], []),  # ten minutes later is another stretch
        ([(0, 10), (5, 1), (14, 9)], [(0, 15, 20)]),
        ([(0, 10), (30, 10)], [(0, 1, 10), (30, 31, 10)]),
        ([(0, 1), (20, 10), (60, 1)], [(20, 21, 10)]),
    ],
)
def test_ten_refusals_in_ten_minutes_are_a_burst(
    minutes: list[tuple[int, int]], bursts: list[tuple[int, int, int]]
) -> None:
    listed = of(RuleName.WEIGERINGEN, refused(*minutes))
    assert [(f.since, f.until, f.count) for f in reversed(listed)] == [
        (NOON + timedelta(minutes=begin), NOON + timedelta(minutes=end), count)
        for begin, end, count in bursts
    ]


def test_refusals_of_two_parties_do_not_add_up() -> None:
    facts = refused((0, 6))
    both = replace(facts, refused=[*facts.refused, *refused((0, 6), who=OTHER).refused])
    assert of(RuleName.WEIGERINGEN, both) == []


# --- keys and messages that do not open ---


@pytest.mark.parametrize("action", RULES.sleutelacties)
def test_every_change_of_a_key_is_a_finding_that_names_its_record(action: str) -> None:
    change = KeyChange(entry(), PARTY, NOON, action, "kid-1")
    (found,) = of(RuleName.SLEUTEL, Facts(key_changes=[change]))
    assert found.entries == (change.entry,)
    assert "kid-1" in found.detail


def test_one_message_that_does_not_open_is_a_finding() -> None:
    (found,) = of(RuleName.ONTSLEUTELEN, Facts(undecryptable=[Undecryptable(PARTY, DAY, 1)]))
    assert (found.count, found.trail) == (1, Trail.NIET_TE_ONTSLEUTELEN)


# --- look-ups about a pupil ---


def looks(reden: str, times: int, who: Who = EMPLOYEE) -> list[PupilLook]:
    return [PupilLook(entry(), who, NOON + timedelta(minutes=n), reden) for n in range(times)]


@pytest.mark.parametrize(
    ("ago", "findings"),
    [(timedelta(0), 0), (timedelta(days=30), 0), (timedelta(days=30, seconds=1), 1),
     (timedelta(seconds=-1), 1)],
)  # fmt: skip
def test_a_breach_as_a_reason_has_a_finding_that_was_called_one(
    ago: timedelta, findings: int
) -> None:
    facts = Facts(looks=looks("DATALEK", 1), breaches_at=[NOON - ago])
    assert len(of(RuleName.INZAGE, facts)) == findings


@pytest.mark.parametrize("reden", ["INZAGEVERZOEK", "KLACHT"])
def test_a_request_of_the_data_subject_is_reason_enough(reden: str) -> None:
    assert of(RuleName.INZAGE, Facts(looks=looks(reden, 40))) == []


@pytest.mark.parametrize(("times", "findings"), [(9, 0), (10, 1)])
def test_ten_checks_on_a_day_are_a_finding(times: int, findings: int) -> None:
    checks = looks("CONTROLE", times)
    listed = of(RuleName.INZAGE, Facts(looks=[*checks, *looks("CONTROLE", 3, PARTY)]))
    assert [found.entries for found in listed] == [
        tuple(look.entry for look in checks) for _ in range(findings)
    ]


# --- all of them ---


def everything() -> Facts:
    return Facts(
        reading=days([10, 10, 10, 10, 10, 90], outside=0) + days([3], EMPLOYEE, outside=1),
        first_times=[FirstTime(PARTY, "leveringen/1", False, NOON, 3)],
        refused=refused((0, 12)).refused,
        key_changes=[KeyChange(entry(), PARTY, NOON, "sleutel-geregistreerd", "k")],
        undecryptable=[Undecryptable(PARTY, DAY, 2)],
        looks=looks("DATALEK", 1),
    )


def test_every_rule_can_find_something_and_says_so_in_words() -> None:
    listed = find(everything(), RULES)
    assert {found.rule for found in listed} == set(RuleName)
    for found in listed:
        assert found.detail.endswith(".")
        assert "{" not in RULES.rules[found.rule].uitleg


def test_the_same_facts_in_another_order_give_the_same_findings() -> None:
    facts = everything()
    turned = Facts(**{f.name: list(getattr(facts, f.name))[::-1] for f in fields(Facts)})
    assert find(turned, RULES) == find(facts, RULES)


def test_nothing_gives_nothing() -> None:
    assert find(Facts(), RULES) == ()


def test_the_latest_comes_first() -> None:
    since = [found.since for found in find(everything(), RULES)]
    assert since == sorted(since, reverse=True)


def members() -> Iterator[tuple[str, str]]:
    for kind in vars(finding_facts).values():
        if isinstance(kind, type) and kind.__module__ == finding_facts.__name__:
            yield from ((kind.__name__, field.name) for field in fields(kind))
    yield from (("Found", field.name) for field in fields(Found))


ABOUT_A_RECORD_OR_A_PARTY = {
    "oin", "account", "who", "day", "count", "outside", "other", "is_recipient", "first_at",
    "minute", "entry", "at", "action", "name", "reden", "rule", "since", "until", "detail",
    "trail", "about", "entries", "reading", "first_times", "refused", "key_changes",
    "undecryptable", "looks", "breaches_at",
}  # fmt: skip


def test_no_fact_and_no_finding_has_a_member_about_a_pupil() -> None:
    """Findings are about organisations and accounts; a new member here is a decision."""
    found = list(members())
    assert {name for _, name in found} == ABOUT_A_RECORD_OR_A_PARTY
    assert ("PupilLook", "reden") in found


# --- the dated data ---


SHOWS = re.compile(r".*-(ingezien|opgehaald|uitgevoerd|gegeven)")
NOT_READING = {"bevindingen-ingezien", "mandaat-gegeven", "bewaartermijn-uitgevoerd"}
"""Who looks at findings would otherwise add one by looking; the others show nothing."""


def test_every_action_that_shows_something_is_reading() -> None:
    shows = {action.value for action in Action if SHOWS.fullmatch(action.value)}
    assert set(RULES.lezen) == shows - NOT_READING
    assert set(RULES.lezen) | set(RULES.sleutelacties) <= set(Action)


def test_what_a_rule_looks_at_is_an_activity_of_the_register() -> None:
    own = {activity.id for activity in open_activities().own}
    for names in (
        RULES.sleutelverwerkingen,
        RULES.toezichtverwerkingen,
        RULES.inzageverwerkingen,
    ):
        assert set(names) <= own


def test_an_earlier_series_holds_until_the_next() -> None:
    text = SERIES.read_text("utf-8")
    later = text.replace("2025-08-01", "2027-01-01").replace("aantal = 10, m", "aantal = 4, m")
    dated = read_finding_rules(text + later)
    for day, least in ((date(2020, 1, 1), 10), (date(2026, 12, 31), 10), (date(2027, 1, 1), 4)):
        assert dated.on(day).number(RuleName.WEIGERINGEN, "aantal") == least


def changed(old: str, new: str) -> str:
    text = SERIES.read_text("utf-8")
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reeks = []",
        changed("geldig_vanaf = 2025-08-01", 'geldig_vanaf = "2025-08-01"'),
        changed("aantal = 10, minuten = 10", "aantal = 10"),
        changed("aantal = 10, minuten = 10", "aantal = 0, minuten = 10"),
        changed("aantal = 10, minuten = 10", 'aantal = "10", minuten = 10'),
        changed("getallen = {}", "getallen = { x = 1 }"),
        changed('titel = "Voor het eerst"', 'titel = ""'),
        changed("[reeks.eerste-keer]", "[reeks.laatste-keer]"),
        changed("{gewoonte_dagen}", "{onbekend}"),
        changed("lezen = [", "lezen = []\nanders = ["),
        SERIES.read_text("utf-8") * 2,
    ],
)
def test_rules_that_leave_something_open_are_not_loaded(text: str) -> None:
    with pytest.raises(Fault):
        read_finding_rules(text)


def test_any_number_that_changes_changes_a_text() -> None:
    """What the reader is told is what is computed with: no number stands only in the code."""
    for name, numbers in RULES.numbers.items():
        template = _entry(name)["uitleg"]
        for number in numbers:
            assert f"{{{number}}}" in template, (name, number)


def _entry(name: RuleName) -> dict[str, Any]:
    part: dict[str, Any] = tomllib.loads(SERIES.read_text("utf-8"))["reeks"][0][name.value]
    return part
