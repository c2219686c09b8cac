"""A month of registrations: realistic, lawful on any day of the year, and always the same."""

from __future__ import annotations

import gzip
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from exchange.errors import Code
from exchange.messages.contracts import CONTRACTS
from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.messages.soort import Soort
from exchange.policy.parties import Sector
from exchange.policy.retention import closes_on, is_open
from exchange.policy.schoolcijfers import contradictions
from exchange.sandbox.story.delivery import Delivery, Form
from exchange.sandbox.story.month import Month, plan_month
from exchange.sandbox.story.planning import plan_week
from exchange.sandbox.story.schools import School, schools_of
from exchange.sandbox.world import World, read_world
from tests import pure

REFERENCE = date(2026, 11, 22)
REGISTRATIE = CONTRACTS[Soort.VERZUIMREGISTRATIES].adapter
GEOORLOOFD = {"ZIEK", "BIJZ_VERLOF"}
SIXTEEN_HOURS = 960
SIZES = {Sector.PO: (150, 300), Sector.SO: (60, 120), Sector.VO: (300, 900), Sector.VSO: (60, 140)}
IN_SUMMER = date(2026, 8, 5)


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


@pytest.fixture(scope="module")
def schools(world: World) -> dict[str, School]:
    return {str(school.code): school for school in schools_of(world)}


@cache
def month_before(reference: date) -> Month:
    """Plan a month once for all tests: it takes most of a second."""
    return plan_month(read_world(), reference, 1)


@pytest.fixture(scope="module")
def month() -> Month:
    return month_before(REFERENCE)


def good(delivery: Delivery) -> list[dict[str, Any]]:
    """Give the lines of a delivery that must be taken."""
    numbered = enumerate(delivery.lines, start=1)
    return [json.loads(line) for number, line in numbered if number not in delivery.refusals]


def sent(month: Month) -> Iterator[dict[str, Any]]:
    return itertools.chain.from_iterable(map(good, month.deliveries))


def standing(month: Month) -> list[dict[str, Any]]:
    """Give the registrations as they stand when all was told: corrected, without the withdrawn."""
    latest = {(line["vestigingscode"], line["registratieId"]): line for line in sent(month)}
    return [line for line in latest.values() if not line.get("ingetrokken")]


def is_unauthorised(line: dict[str, Any]) -> bool:
    if "categorie" in line:
        return bool(line["categorie"] == "ongeoorloofd")
    return line["reden"] not in GEOORLOOFD


def minutes(lines: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Add up the minutes of each pupil at each school."""
    missed: Counter[tuple[str, str]] = Counter()
    for line in lines:
        missed[line["vestigingscode"], line["pgn"]] += line["minuten"]
    return missed


def test_is_the_last_whole_month_with_lessons_and_open_on_any_day(world: World) -> None:
    for day in (date(2024, 1, 1) + timedelta(days=13 * n) for n in range(300)):
        periode = world.calendar.last_month(day)
        assert periode.last_day < day
        assert len(world.calendar.lesson_days_in(periode)) >= 4
        assert is_open(periode, day, pure.LAW)
        assert periode == Periode.of(day).plus(-1)  # every month has lessons, August too


def test_tells_the_same_registrations_every_time_and_under_other_keys_in_another_week(
    month: Month,
) -> None:
    other = plan_month(read_world(), REFERENCE, 2)
    assert [d.content for d in other.deliveries] == [d.content for d in month.deliveries]
    assert other.figures == month.figures
    assert len({d.key for d in (*month.deliveries, *other.deliveries)}) == 2 * len(month.deliveries)
    packed = next(d for d in month.deliveries if d.form is Form.GZIP).packed
    assert packed[4:8] == bytes(4)  # the moment of packing would make the bytes others


@pytest.mark.parametrize("reference", [REFERENCE, IN_SUMMER])
def test_is_realistic_and_affordable(world: World, reference: date) -> None:
    month = month_before(reference)
    assert 20_000 <= month.lines <= 40_000
    planned = 300 * len(world.calendar.lesson_days_in(month.periode))
    telling = {
        code
        for code in map(str, world.vestigingen)
        if code not in {str(world.silent), str(world.counts_itself)}
    }
    pupils = sum(len(s.pupils) for s in schools_of(world) if str(s.code) in telling)
    missed = minutes(standing(month))
    assert {code for code, _ in missed} == telling
    assert 0.035 <= missed.total() / (pupils * planned) <= 0.06
    tiers = Counter(1 + (100 * m > 5 * planned) + (100 * m > 10 * planned) for m in missed.values())
    assert 0.05 < tiers[2] / pupils < 0.15
    assert 0.02 < tiers[3] / pupils < 0.05
    assert max(missed.values()) <= planned
    unauthorised = minutes(filter(is_unauthorised, standing(month))).total()
    assert 0.1 < unauthorised / missed.total() < 0.3


def test_gives_each_school_a_plausible_size(world: World, schools: dict[str, School]) -> None:
    assert schools.keys() == set(map(str, world.vestigingen))
    for school in schools.values():
        fewest, most = SIZES[school.sector]
        assert fewest <= len(school.pupils) <= most
        assert len({pupil.pgn for pupil in school.pupils}) == len(school.pupils)


def test_every_good_line_is_a_registration_on_a_lesson_day_by_who_may_send_it(
    world: World, month: Month
) -> None:
    days = {day.isoformat() for day in world.calendar.lesson_days_in(month.periode)}
    known: set[tuple[str, str]] = set()
    for delivery in month.deliveries:
        for line in good(delivery):
            assert line["datum"] in days
            assert line["datum"] <= delivery.key[-10:]
            assert world.supplier_of(Vestigingscode(line["vestigingscode"])).name == delivery.sender
            assert line["pgn"].startswith("99990")
            name = (line["vestigingscode"], line["registratieId"])
            if line["datum"] == delivery.key[-10:]:
                assert name not in known
                known.add(name)
            else:
                assert name in known  # a correction or a withdrawal of what was told before
        REGISTRATIE.validate_json(delivery.lines[0], by_alias=True, by_name=False)
    assert not {str(world.silent), str(world.counts_itself)} & {code for code, _ in known}


def test_corrects_and_withdraws_now_and_then(month: Month) -> None:
    told = list(sent(month))
    corrections = sum(delivery.corrections for delivery in month.deliveries)
    withdrawals = sum(delivery.withdrawals for delivery in month.deliveries)
    assert withdrawals == sum(line.get("ingetrokken", False) for line in told)
    assert len(told) == len({(o["vestigingscode"], o["registratieId"]) for o in told}) + (
        corrections + withdrawals
    )
    assert 0.01 < corrections / month.lines < 0.05
    assert 0 < withdrawals / month.lines < 0.01
    reasons = {line.get("reden") for line in told}
    assert reasons == {"ZIEK", "BIJZ_VERLOF", "SPIJBEL", "LUXE", "ONBEKEND", None}


def test_makes_each_mistake_once(month: Month) -> None:
    codes = [code for delivery in month.deliveries for code in delivery.refusals.values()]
    assert sorted(codes) == sorted(
        {
            *(Code.ONBEKENDE_REDEN, Code.PGN_ONGELDIG, Code.GEEN_MANDAAT, Code.CATEGORIE_STRIJDIG),
            *(Code.WAARDE_ONGELDIG, Code.PERIODE_GESLOTEN, Code.BRON_STRIJDIG),
            *(Code.ONBEKEND_VELD, Code.ONGELDIGE_JSON),
        }
    )
    assert {delivery.sender for delivery in month.deliveries if delivery.refusals} == {
        *("las-noord", "las-zuid", "las-regio")
    }


@pytest.mark.parametrize("reference", [REFERENCE, IN_SUMMER])
def test_the_closed_month_of_a_mistake_is_closed_and_within_the_mandate(
    world: World, reference: date
) -> None:
    lines = [
        json.loads(delivery.lines[number - 1])
        for delivery in month_before(reference).deliveries
        for number, code in delivery.refusals.items()
        if code is Code.PERIODE_GESLOTEN
    ]
    (day,) = [date.fromisoformat(line["datum"]) for line in lines]
    assert closes_on(Periode.of(day), pure.LAW) < reference
    assert day >= date(reference.year - 1 - (reference.month < 8), 8, 1)


@pytest.mark.parametrize("reference", [REFERENCE, IN_SUMMER])
def test_no_pupil_who_may_get_a_signaal_comes_near_the_hours_of_a_melding(
    world: World, reference: date
) -> None:
    in_signalen = {
        planned.body["pgn"]
        for week in range(10)
        for planned in plan_week(world, reference, week).messages
        if planned.soort is Soort.SIGNAAL
    }
    unauthorised = minutes(filter(is_unauthorised, standing(month_before(reference))))
    most = {
        pgn: max(m for (_, p), m in unauthorised.items() if p == pgn)
        for pgn in in_signalen
        if any(p == pgn for _, p in unauthorised)
    }
    assert 2 * max(most.values()) < SIXTEEN_HOURS
    assert any(m >= SIXTEEN_HOURS for m in unauthorised.values())  # others do reach them


def test_packs_what_one_supplier_sends_and_no_pupil_stands_in_a_name(month: Month) -> None:
    assert {d.sender for d in month.deliveries if d.form is Form.GZIP} == {"las-regio"}
    for delivery in month.deliveries:
        if delivery.form is Form.GZIP:
            assert gzip.decompress(delivery.packed) == delivery.content
        for line in good(delivery):
            digits = "".join(filter(str.isdigit, delivery.key + line["registratieId"]))
            assert line["pgn"] not in digits


# --- figures ---


def test_everybody_but_one_says_how_many_pupils_it_has_this_month_and_that(
    world: World, month: Month, schools: dict[str, School]
) -> None:
    assert month.figures.keys() == world.vestigingen.keys() - {world.silent}
    for code, figures in month.figures.items():
        path = f"/v1/vestigingen/{code}"
        what = "schoolcijfers" if code == world.counts_itself else "leerlingaantallen"
        assert figures.keys() == {f"{path}/{what}/2026-10", f"{path}/leerlingaantallen/2026-11"}
        assert {f["leerlingen"] for f in figures.values()} == {len(schools[str(code)].pupils)}
        assert figures[f"{path}/{what}/2026-10"]["geplandeMinutenPerLeerling"] == 17 * 300


@pytest.mark.parametrize("reference", [REFERENCE, IN_SUMMER])
def test_one_school_counts_itself_without_a_contradiction(world: World, reference: date) -> None:
    month = month_before(reference)
    own = month.figures[world.counts_itself]
    (cijfers,) = [document for path, document in own.items() if "schoolcijfers" in path]
    contract = CONTRACTS[Soort.SCHOOLCIJFERS]
    model = contract.adapter.validate_json(json.dumps(cijfers), by_alias=True, by_name=False)
    values = {name: getattr(model, name) for name in contract.members.values()}
    assert contradictions(values, pure.LAW.on(month.periode.last_day)) == ()
    assert model.trede2 > 0
    assert model.trede3 > 0
    assert model.ongeoorloofd.minuten > 0
