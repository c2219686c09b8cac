"""The plan of a school week: lawful on any day of the year, varied, and always the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from exchange.errors import Code
from exchange.messages.contracts import CONTRACTS
from exchange.messages.identifiers import Pgn, Schooljaar
from exchange.messages.soort import Soort
from exchange.policy.calendar import Schoolkalender, lesweken
from exchange.policy.thresholds import threshold_minutes
from exchange.sandbox.story.caller import wire
from exchange.sandbox.story.example import example_signaal
from exchange.sandbox.story.plan import Fate, Planned, Story
from exchange.sandbox.story.planning import plan_week
from exchange.sandbox.world import World, read_world
from tests import pure

SIGNAAL: TypeAdapter[Any] = CONTRACTS[Soort.SIGNAAL].adapter
ANY_DAY = [date(2026, 1, 1) + timedelta(days=23 * n) for n in range(40)]
AWKWARD_DAYS = [
    date(2026, 8, 1),
    date(2026, 8, 16),
    date(2026, 8, 17),
    date(2026, 8, 18),
    date(2026, 8, 20),
    date(2026, 12, 25),
    date(2027, 1, 1),
    date(2027, 1, 4),
    date(2028, 2, 29),
]


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


@pytest.fixture(scope="module")
def story(world: World) -> Story:
    return plan_week(world, date(2026, 11, 22), 1)


def signalen(story: Story) -> list[Planned]:
    return [planned for planned in story.messages if planned.soort is Soort.SIGNAAL]


def accepted(story: Story) -> list[Planned]:
    return [planned for planned in signalen(story) if planned.refusal is None]


@pytest.mark.parametrize("reference", [*AWKWARD_DAYS, *ANY_DAY[::4]])
def test_sends_only_lawful_signalen_on_any_day_of_the_year(world: World, reference: date) -> None:
    for planned in accepted(plan_week(world, reference, 1)):
        signaal = SIGNAAL.validate_json(wire(planned.body), by_alias=True, by_name=False)
        vestiging = world.vestigingen[signaal.vestigingscode]
        schooljaar = Schooljaar.of(signaal.venster.tot)
        kalender = Schoolkalender(world.calendar.lesson_free(schooljaar))
        assert signaal.venster.van <= signaal.venster.tot < reference
        assert Schooljaar.of(signaal.venster.van) == schooljaar
        assert 1 <= len(lesweken(signaal.venster.van, signaal.venster.tot, kalender)) <= 4
        assert signaal.ouders_geinformeerd_op < reference
        limit = threshold_minutes(pure.LAW.on(signaal.venster.tot), vestiging.sector, 60)
        assert signaal.ongeoorloofde_minuten < limit
        assert schooljaar.start >= Schooljaar.of(reference).start - 1


@pytest.mark.parametrize("reference", ANY_DAY)
def test_stays_within_the_last_four_lesweken(world: World, reference: date) -> None:
    first = world.calendar.last_lesson_days(reference, 4)[0]
    windows = [planned.body["venster"] for planned in signalen(plan_week(world, reference, 1))]
    assert min(window["van"] for window in windows) >= first.isoformat()
    assert max(window["tot"] for window in windows) < reference.isoformat()


def test_sends_the_same_bytes_under_the_same_keys_every_time(world: World, story: Story) -> None:
    again = plan_week(read_world(), date(2026, 11, 22), 1)
    assert again == story
    assert [wire(p.body) for p in again.messages] == [wire(p.body) for p in story.messages]


def test_sends_other_pupils_under_other_keys_in_another_week(world: World, story: Story) -> None:
    other = plan_week(world, date(2026, 11, 22), 2)
    assert not {p.key for p in story.messages} & {p.key for p in other.messages}
    assert not {p.body["pgn"] for p in story.messages} & {p.body["pgn"] for p in other.messages}


def test_sends_about_forty_to_both_municipalities_from_all_kinds_of_school(
    world: World, story: Story
) -> None:
    sent = accepted(story)
    assert 36 <= len(sent) <= 44
    assert {p.body["woongemeente"] for p in sent} == {"0361", "0599"}
    vestigingen = [world.vestigingen[code] for code in world.vestigingen]
    used = {p.body["vestigingscode"] for p in sent}
    sectors = {v.sector.value for v in vestigingen if str(v.code) in used}
    assert {"po", "vo"} <= sectors
    assert {"99AA00", "99BB00", "99BB01", "99CC00"} <= used
    assert len(used) > 10
    assert {p.sender for p in sent} == {"las-noord", "las-zuid", "las-regio", "school-99AA"}
    elsewhere = [
        p
        for p in sent
        if {str(v.code): v.gemeente.reveal() for v in vestigingen}[p.body["vestigingscode"]]
        != p.body["woongemeente"]
    ]
    assert elsewhere
    assert {p.body["criterium"] for p in sent} == {"PATROON_VASTE_DAG", "OPLOPEND", "ZORG_MENTOR"}


def test_uses_only_the_sandbox_s_own_pupils(story: Story) -> None:
    numbers = {planned.body["pgn"] for planned in story.messages}
    assert all(Pgn(number).is_test for number in numbers)
    assert all(number.startswith(("99990", "10999")) for number in numbers)
    assert sum(number.startswith("10999") for number in numbers) == 2


def test_never_puts_a_pupil_in_a_key(story: Story) -> None:
    assert not any(p.body["pgn"] in "".join(filter(str.isdigit, p.key)) for p in story.messages)
    assert len({p.key for p in story.messages}) == len(story.messages)


def test_withdraws_replaces_and_mistakes_on_purpose(story: Story) -> None:
    fates = [planned.fate for planned in signalen(story)]
    assert fates.count(Fate.METEEN_INGETROKKEN) == fates.count(Fate.LATER_INGETROKKEN) == 1
    (replacing,) = [p for p in signalen(story) if p.replaces]
    replaced = story.messages[replacing.replaces - 1] if replacing.replaces else replacing
    assert replaced.fate is Fate.VERVANGEN
    assert replaced.body["pgn"] == replacing.body["pgn"]
    assert replaced.body["woongemeente"] == replacing.body["woongemeente"]
    assert {p.refusal for p in signalen(story) if p.refusal} == {
        Code.ONBEKEND_CRITERIUM,
        Code.VERPLICHTE_MELDING,
        Code.ONTVANGER_NIET_AANGESLOTEN,
        Code.ONBEKENDE_WOONGEMEENTE,
        Code.WAARDE_ONGELDIG,
        Code.GEEN_MANDAAT,
        Code.AL_GEMELD,
    }


def test_reports_back_only_on_signalen_that_stand(story: Story) -> None:
    by_number = {planned.number: planned for planned in story.messages}
    assert all(by_number[h.number].fate is Fate.STAAT for h in story.handlings)
    assert {by_number[h.number].body["woongemeente"] for h in story.handlings} == {"0361", "0599"}


@pytest.mark.parametrize("today", AWKWARD_DAYS)
def test_offers_a_newcomer_a_signaal_that_is_valid_today(world: World, today: date) -> None:
    example = example_signaal(world, today)
    signaal = SIGNAAL.validate_json(wire(example), by_alias=True, by_name=False)
    assert signaal.venster.van <= signaal.venster.tot < today
    assert signaal.pgn.is_test
    assert not example["pgn"].startswith("99990")
