"""The rules of a verzuimmelding, each on both sides of its border."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from exchange.errors import Invalid
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.facts import Telstand
from exchange.policy.verzuimmelding import already_reported
from tests.persons import bsn
from tests.pure import PO, TODAY, Flow, verzuimmelding

Members = dict[str, Any]
PUPIL = bsn(0).reveal()
SHORT = [("/dagen", "geen-verplichte-melding")]
EARLIER = UUID("01a30000-0000-7000-8000-000000000001")
HERFST = Schoolkalender(((date(2026, 10, 17), date(2026, 10, 25)),))


def told(flow: Flow | None = None, **changes: object) -> list[tuple[str, str]]:
    """Give pointer and code of everything that is wrong."""
    try:
        (flow or Flow()).classified(verzuimmelding(PUPIL, **changes), Soort.VERZUIMMELDING)
    except Invalid as invalid:
        return [(fault.pointer, fault.code.value) for fault in invalid.violations]
    return []


def reported(flow: Flow, **changes: object) -> UUID | None:
    """Give the earlier melding that says the same."""
    valid = flow.validated(verzuimmelding(PUPIL, **changes), Soort.VERZUIMMELDING)
    assert valid.faults == ()
    return already_reported(valid.values, flow.facts(valid))


def absent(minutes: Mapping[str, int]) -> Members:
    """Give the members that say on which days a pupil was absent, from first to last."""
    days = sorted(minutes)
    return {
        "begindatum": days[0],
        "einddatum": days[-1],
        "dagen": [{"datum": day, "minuten": minuten} for day, minuten in minutes.items()],
    }


def melding(
    begin: str, eind: str, soort: Verzuimsoort = Verzuimsoort.ZESTIEN_UUR, number: UUID = EARLIER
) -> Telstand:
    """Give an earlier melding about the same pupil."""
    return Telstand(number, soort, date.fromisoformat(begin), date.fromisoformat(eind))


def test_a_melding_that_just_reaches_the_threshold_is_due() -> None:
    assert told() == []


# --- the threshold ---


def test_a_minute_below_the_threshold_is_no_melding() -> None:
    assert told(**absent({"2026-11-02": 480, "2026-11-03": 479})) == SHORT


@pytest.mark.parametrize(("lesuur", "limit"), [(60, 960), (50, 800), (45, 720)])
def test_in_secondary_education_the_lesson_counts(lesuur: int, limit: int) -> None:
    flow = Flow(lesuur=lesuur)
    assert told(flow, **absent({"2026-11-02": 400, "2026-11-03": limit - 400})) == []
    assert told(flow, **absent({"2026-11-02": 400, "2026-11-03": limit - 401})) == SHORT


@pytest.mark.parametrize("flow", [Flow(lesuur=50, vestiging=PO), Flow(has_beleid=False)])
def test_in_primary_education_and_without_a_policy_the_clock_counts(flow: Flow) -> None:
    assert told(flow, **absent({"2026-11-02": 480, "2026-11-03": 480})) == []
    assert told(flow, **absent({"2026-11-02": 480, "2026-11-03": 479})) == SHORT


def test_four_lesweken_count_and_a_fifth_does_not() -> None:
    four = {"2026-10-12": 480, "2026-11-06": 480}
    assert told(**absent(four)) == []
    assert told(**absent({"2026-10-11": 480, "2026-11-06": 480})) == SHORT


def test_a_holiday_between_makes_no_week_and_no_minutes() -> None:
    across = {"2026-10-05": 480, "2026-11-06": 480}
    assert told(Flow(kalender=HERFST), **absent(across)) == []
    assert told(**absent(across)) == SHORT
    within = {"2026-10-16": 480, "2026-10-19": 720, "2026-10-26": 479}
    assert told(Flow(kalender=HERFST), **absent(within)) == SHORT


def test_the_days_of_a_melding_may_stand_in_any_order() -> None:
    days = {"2026-11-03": 480, "2026-11-02": 480}
    assert told(**absent(days)) == []


# --- from one melding to the next ---


def test_counting_restarts_the_day_after_the_last_melding() -> None:
    flow = Flow(meldingen=(melding("2026-10-12", "2026-10-20"),))
    assert told(flow, **absent({"2026-10-21": 480, "2026-11-10": 480})) == []
    assert told(flow, **absent({"2026-10-20": 480, "2026-11-10": 480})) == SHORT


def test_only_a_melding_of_sixteen_hours_restarts_a_count() -> None:
    days = absent({"2026-10-20": 480, "2026-11-10": 480})
    for soort in (Verzuimsoort.LANGDURIG, Verzuimsoort.LUXE):
        flow = Flow(meldingen=(melding("2026-10-12", "2026-10-20", soort),))
        assert told(flow, **days) == []
    assert told(Flow(meldingen=(melding("2026-10-12", "2026-10-20"),)), **days) == SHORT


def test_the_same_absence_again_is_no_failure_to_count() -> None:
    assert told(Flow(meldingen=(melding("2026-11-02", "2026-11-03"),))) == []


def test_what_reaches_nothing_of_itself_is_no_repetition_either() -> None:
    flow = Flow(meldingen=(melding("2026-11-02", "2026-11-03"),))
    assert told(flow, **absent({"2026-11-02": 480, "2026-11-03": 479})) == SHORT


@pytest.mark.parametrize(("eind", "same"), [("2026-11-09", True), ("2026-11-10", False)])
def test_one_melding_a_week_of_continuous_absence(eind: str, same: bool) -> None:
    flow = Flow(meldingen=(melding("2026-11-02", "2026-11-03"),))
    days = {"2026-11-04": 480, "2026-11-05": 480, eind: 60}
    assert reported(flow, **absent(days)) == (EARLIER if same else None)


@pytest.mark.parametrize(
    ("begin", "same"),
    [("2026-11-04", True), ("2026-11-05", False)],
)
def test_a_day_at_school_ends_a_continuous_absence(begin: str, same: bool) -> None:
    flow = Flow(meldingen=(melding("2026-11-02", "2026-11-03"),))
    found = reported(flow, **absent({begin: 480, "2026-11-06": 480}))
    assert found == (EARLIER if same else None)


def test_a_weekend_or_holiday_ends_no_continuous_absence() -> None:
    weekend = Flow(meldingen=(melding("2026-11-05", "2026-11-06"),))
    assert reported(weekend, **absent({"2026-11-09": 480, "2026-11-10": 480})) == EARLIER
    free = Schoolkalender(((date(2026, 11, 9), date(2026, 11, 10)),))
    holiday = Flow(meldingen=(melding("2026-11-05", "2026-11-06"),), kalender=free)
    assert reported(holiday, **absent({"2026-11-11": 480, "2026-11-12": 480})) == EARLIER


def test_a_melding_about_earlier_days_is_held_against_a_later_one_too() -> None:
    flow = Flow(meldingen=(melding("2026-11-04", "2026-11-05"),))
    assert reported(flow) == EARLIER
    assert reported(flow, **absent({"2026-10-27": 480, "2026-10-29": 480})) is None


@pytest.mark.parametrize(("eind", "same"), [("2026-11-05", True), ("2026-11-06", False)])
def test_ends_a_week_apart_are_two_whichever_is_sent_first(eind: str, same: bool) -> None:
    flow = Flow(meldingen=(melding("2026-11-02", eind, Verzuimsoort.LUXE),))
    found = reported(flow, verzuimsoort="luxe", **absent({"2026-10-30": 60}))
    assert found == (EARLIER if same else None)


def test_a_melding_of_another_kind_about_the_same_absence_is_a_second_one_too() -> None:
    flow = Flow(meldingen=(melding("2026-11-02", "2026-11-03", Verzuimsoort.LUXE),))
    assert reported(flow) == EARLIER
    assert reported(flow, verzuimsoort="luxe") == EARLIER


def test_the_latest_of_several_is_the_one_that_is_named() -> None:
    later = UUID("01a30000-0000-7000-8000-000000000002")
    flow = Flow(
        meldingen=(
            melding("2026-10-29", "2026-10-30"),
            melding("2026-11-02", "2026-11-03", number=later),
        )
    )
    assert reported(flow) == later


# --- langdurig and luxe ---


@pytest.mark.parametrize(("days", "wrong"), [(28, True), (29, False)])
def test_a_long_absence_lasts_more_than_four_weeks(days: int, wrong: bool) -> None:
    begin = TODAY - timedelta(days=days - 1)
    expected = [("/begindatum", "geen-verplichte-melding")] if wrong else []
    members: Members = {
        "verzuimsoort": "langdurig",
        "begindatum": begin.isoformat(),
        "dagen": [{"datum": begin.isoformat(), "minuten": 300}],
    }
    assert told(**members, einddatum=TODAY.isoformat()) == expected
    assert told(**members, einddatum=None) == expected


def test_a_long_absence_without_an_end_is_reported_once_a_week() -> None:
    members: Members = {
        "verzuimsoort": "langdurig",
        "begindatum": "2026-09-01",
        "einddatum": None,
        "dagen": [{"datum": "2026-09-01", "minuten": 300}],
    }
    for ago, same in ((6, True), (7, False)):
        received = TODAY - timedelta(days=ago)
        earlier = melding("2026-09-01", received.isoformat(), Verzuimsoort.LANGDURIG)
        found = reported(Flow(meldingen=(earlier,)), **members)
        assert found == (EARLIER if same else None)


@pytest.mark.parametrize("soort", ["16-uur", "luxe"])
def test_only_a_long_absence_may_still_go_on(soort: str) -> None:
    assert told(verzuimsoort=soort, einddatum=None) == [("/einddatum", "verplicht-veld")]


def test_leave_not_given_needs_no_threshold() -> None:
    assert told(verzuimsoort="luxe", **absent({"2026-11-02": 1})) == []


# --- days ---


def test_a_day_that_is_yet_to_come_is_refused() -> None:
    today, tomorrow = TODAY.isoformat(), (TODAY + timedelta(days=1)).isoformat()
    assert told(verzuimsoort="luxe", **absent({today: 60})) == []
    assert told(verzuimsoort="luxe", **absent({tomorrow: 60})) == [
        ("/begindatum", "datum-ongeldig"),
        ("/einddatum", "datum-ongeldig"),
    ]
    assert told(oudersGeinformeerdOp=today) == []
    assert told(oudersGeinformeerdOp=tomorrow) == [("/oudersGeinformeerdOp", "datum-ongeldig")]


def test_the_last_day_there_is_lies_in_the_future() -> None:
    found = told(**absent({date.max.isoformat(): 720}))
    assert [code for _, code in found] == [*["datum-ongeldig"] * 2, "geen-verplichte-melding"]


def test_a_melding_ends_no_earlier_than_it_begins() -> None:
    one_day = absent({"2026-11-03": 60})
    assert told(verzuimsoort="luxe", **one_day) == []
    assert ("/einddatum", "datum-ongeldig") in told(
        verzuimsoort="luxe", **{**one_day, "einddatum": "2026-11-02"}
    )


@pytest.mark.parametrize("outside", ["2026-11-01", "2026-11-04"])
def test_every_day_lies_within_the_melding(outside: str) -> None:
    days = [{"datum": day, "minuten": 60} for day in ("2026-11-02", "2026-11-03", outside)]
    assert told(verzuimsoort="luxe", dagen=days) == [("/dagen/2/datum", "datum-ongeldig")]


def test_the_days_of_a_long_absence_that_goes_on_run_until_today() -> None:
    days = [{"datum": TODAY.isoformat(), "minuten": 60}]
    members: Members = {"verzuimsoort": "langdurig", "begindatum": "2026-09-01", "einddatum": None}
    assert told(**members, dagen=days) == []
    late = [{"datum": (TODAY + timedelta(days=1)).isoformat(), "minuten": 60}]
    assert told(**members, dagen=late) == [("/dagen/0/datum", "datum-ongeldig")]


def test_every_day_is_named_once() -> None:
    days = [{"datum": "2026-11-02", "minuten": 480}, {"datum": "2026-11-03", "minuten": 480}]
    assert told(dagen=[*days, days[0]]) == [("/dagen/2/datum", "waarde-ongeldig")]


def test_a_melding_of_sixteen_hours_ends_on_the_last_of_its_days() -> None:
    later = {**absent({"2026-11-02": 480, "2026-11-03": 480}), "einddatum": "2026-11-04"}
    assert told(**later) == [("/einddatum", "datum-ongeldig")]
    assert told(verzuimsoort="luxe", **later) == []


def test_counting_never_crosses_the_first_of_august() -> None:
    days = {"2026-07-30": 480, "2026-07-31": 480, "2026-08-03": 1}
    found = told(**absent(days))
    assert ("/einddatum", "datum-ongeldig") in found
    del days["2026-08-03"]
    assert told(**absent(days)) == []
    assert told(**absent({"2026-08-03": 480, "2026-08-04": 480})) == []


@pytest.mark.parametrize("days", [[], None])
def test_a_melding_has_at_least_one_day(days: object) -> None:
    assert [pointer for pointer, _ in told(dagen=days)] == ["/dagen"]


@pytest.mark.parametrize("minuten", [0, 721])
def test_a_day_has_one_to_seven_hundred_and_twenty_minutes(minuten: int) -> None:
    wrong = [{"datum": "2026-11-02", "minuten": minuten}]
    assert told(verzuimsoort="luxe", dagen=wrong) == [("/dagen/0/minuten", "waarde-ongeldig")]
    for right in (1, 720):
        assert told(verzuimsoort="luxe", dagen=[{"datum": "2026-11-02", "minuten": right}]) == []


def test_the_residence_is_a_gemeente_on_the_first_day() -> None:
    assert told(woongemeente="0398") == [("/woongemeente", "onbekende-woongemeente")]
    long_ago = absent({"2021-12-31": 480, "2022-01-03": 480})
    unknown = ("/woongemeente", "onbekende-woongemeente")
    assert unknown not in told(woongemeente="0398", **long_ago)
    assert unknown in told(woongemeente="9999", **long_ago)


def test_a_day_before_the_previous_school_year_is_past_its_term_on_arrival() -> None:
    too_old = absent({"2025-07-30": 480, "2025-07-31": 480})
    assert set(told(**too_old)) == {
        ("/begindatum", "datum-ongeldig"),
        ("/einddatum", "datum-ongeldig"),
    }
    assert told(**absent({"2025-09-01": 480, "2025-09-02": 480})) == []


@pytest.mark.parametrize("soort", ["16-uur", "langdurig", "luxe"])
def test_an_end_that_cannot_be_read_is_not_taken_for_an_absence_that_goes_on(soort: str) -> None:
    found = told(verzuimsoort=soort, begindatum="2026-11-02", einddatum="2026-11-31")
    assert found == [("/einddatum", "datum-ongeldig")]


def test_a_rule_waits_until_the_members_that_it_needs_are_well_formed() -> None:
    assert told(begindatum="gisteren", dagen=[{"datum": "2026-11-02", "minuten": 1}]) == [
        ("/begindatum", "datum-ongeldig")
    ]
