"""The rules of a signaal that a fixed world cannot reach: other calendars, lessons and policies."""

from __future__ import annotations

from datetime import date

import pytest

from exchange.errors import Invalid
from exchange.messages.contracts import CONTRACTS
from exchange.messages.soort import Soort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.facts import Dagverzuim
from exchange.policy.rules import NEEDS_BELEID, RULES, violations_of
from exchange.policy.signaal import SIGNAAL_RULES
from tests.pure import PO, Flow, signaal


def told(flow: Flow, **changes: object) -> list[tuple[str, str]]:
    """Give pointer and code of everything that is wrong."""
    try:
        flow.classified({**signaal(), **changes})
    except Invalid as invalid:
        return [(fault.pointer, fault.code.value) for fault in invalid.violations]
    return []


MANDATORY = [("/ongeoorloofdeMinuten", "verplichte-melding")]


@pytest.mark.parametrize(("lesuur", "limit"), [(60, 960), (50, 800), (45, 720), (1, 16)])
def test_in_secondary_education_the_lesson_counts(lesuur: int, limit: int) -> None:
    flow = Flow(lesuur=lesuur)
    assert told(flow, ongeoorloofdeMinuten=limit - 1) == []
    assert told(flow, ongeoorloofdeMinuten=limit) == MANDATORY


@pytest.mark.parametrize("lesuur", [60, 45])
def test_in_primary_education_the_clock_counts(lesuur: int) -> None:
    flow = Flow(lesuur=lesuur, vestiging=PO)
    assert told(flow, ongeoorloofdeMinuten=959) == []
    assert told(flow, ongeoorloofdeMinuten=960) == MANDATORY


def test_what_the_school_registered_itself_counts_as_much() -> None:
    """To the minute, within the window, and in lesweken that follow each other."""
    days = [Dagverzuim(date(2026, 11, 2), 480), Dagverzuim(date(2026, 11, 3), 479)]
    assert told(Flow(registered=tuple(days))) == []
    one_more = Dagverzuim(date(2026, 11, 4), 1)
    assert told(Flow(registered=(*days, one_more))) == MANDATORY
    window = {"van": "2026-10-26", "tot": "2026-11-03"}
    assert told(Flow(registered=(*days, one_more)), venster=window) == []
    free = Schoolkalender(((date(2026, 11, 2), date(2026, 11, 2)),))
    assert told(Flow(registered=(*days, one_more), kalender=free)) == []


def test_a_window_may_span_a_long_holiday_but_not_a_fifth_week_of_lessons() -> None:
    free = Schoolkalender(((date(2026, 10, 3), date(2026, 10, 31)),))
    window = {"van": "2026-09-21", "tot": "2026-11-13"}  # 21 and 28 September, 2 and 9 November
    assert told(Flow(kalender=free), venster=window) == []
    assert told(Flow(), venster=window) == [("/venster", "venster-ongeldig")]
    longer = {**window, "van": "2026-09-18"}
    assert told(Flow(kalender=free), venster=longer) == [("/venster", "venster-ongeldig")]


def test_a_window_may_lie_in_a_holiday() -> None:
    free = Schoolkalender(((date(2026, 11, 9), date(2026, 11, 13)),))
    window = {"van": "2026-11-09", "tot": "2026-11-15"}
    assert told(Flow(kalender=free), venster=window) == []


def test_a_criterion_stands_in_the_policy_or_it_does_not_count() -> None:
    flow = Flow(criteria=frozenset())
    assert told(flow) == [("/criterium", "onbekend-criterium")]


def test_a_rule_waits_until_the_members_that_it_needs_are_well_formed() -> None:
    assert told(
        Flow(), venster={"van": "2026-11-13", "tot": "morgen"}, ongeoorloofdeMinuten=9999
    ) == [("/venster/tot", "datum-ongeldig")]


def test_every_kind_of_message_has_its_rules_and_they_need_members_that_exist() -> None:
    assert set(RULES) == {Soort.SIGNAAL, Soort.VERZUIMMELDING, Soort.INTREKKING}
    assert set(RULES) >= NEEDS_BELEID
    for soort, rules in RULES.items():
        members = set(CONTRACTS[soort].members.values())
        for rule in rules:
            assert set(rule.needs) <= members
            assert rule.source


def test_the_rules_judge_what_is_there_and_nothing_else() -> None:
    flow = Flow()
    facts = flow.facts(flow.validated(signaal()))
    assert violations_of(Soort.SIGNAAL, {}, facts) == ()
    assert all(rule.needs for rule in SIGNAAL_RULES)
