"""What must stay hidden, and how far from the truth an attacker must be kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from exchange.bootstrap.law import open_law
from exchange.figures.levering import Dekking, Levering, Regel, Stand
from exchange.figures.measures import MESSAGES, MINUTES, TIERS, Measure, Niveau, measures_of
from exchange.figures.secrets import NOTHING, Need, Problem, follows, most, pose
from exchange.figures.table import Cell, Delivered, Table, tabulate
from exchange.messages.identifiers import Gemeentecode, Periode, Vestigingscode
from exchange.messages.schoolcijfers import Minutentelling, Schoolcijfers
from exchange.policy.parties import Sector, Vestiging

NUMBERS = open_law().on(date(2026, 11, 1))
LO = Measure.LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM
GEOORLOOFD, ONGEOORLOOFD = MINUTES
FIRST = 0
GEMEENTE = 2


def delivered(
    code: str = "99AA00",
    *,
    leerlingen: int = 100,
    treden: tuple[int, int] = (12, 8),
    geoorloofd: tuple[int, int, int] = (9000, 40, 900),
    ongeoorloofd: tuple[int, int, int] = (1200, 6, 300),
    meldingen: int = 0,
) -> Delivered:
    place = Vestiging(
        code=Vestigingscode(code),
        gemeente=Gemeentecode("0361"),
        sector=Sector.PO,
        swv="PO2703",
        geldig_van=date(2020, 1, 1),
        bevoegd_gezag="41234",
    )
    figures = Schoolcijfers(
        leerlingen=leerlingen,
        geplande_minuten_per_leerling=6000,
        geoorloofd=_telling(geoorloofd),
        ongeoorloofd=_telling(ongeoorloofd),
        leerlingen_met_ongeoorloofd_verzuim=ongeoorloofd[1],
        trede1=leerlingen - sum(treden),
        trede2=treden[0],
        trede3=treden[1],
    )
    return Delivered(place, figures, meldingen, 0)


def _telling(numbers: tuple[int, int, int]) -> Minutentelling:
    minuten, leerlingen, grootste = numbers
    return Minutentelling(
        minuten=minuten, aantal_leerlingen=leerlingen, grootste_aandeel_minuten=grootste
    )


def posed(*found: Delivered, earlier: Iterable[Levering] = ()) -> Problem:
    return pose(table(*found), list(earlier), NUMBERS)


def table(*found: Delivered) -> Table:
    return tabulate(found or (delivered(), delivered("99BB00")), ())


def published(shown: Table, hidden: Iterable[Cell] = ()) -> Levering:
    away = set(hidden)
    regels = tuple(
        Regel(
            niveau=row.niveau,
            code=row.code,
            sector=row.sector,
            gemeente=row.gemeente,
            swv=row.swv,
            leerlingen=row.leerlingen,
            ontbreekt=False,
            waarden={
                measure: None if (index, measure) in away else row.values[measure]
                for measure in measures_of(row.niveau)
            },
        )
        for index, row in enumerate(shown.rows)
    )
    at = datetime(2026, 11, 2, tzinfo=UTC)
    return Levering(
        1, Periode(2026, 10), Stand.VOORLOPIG, at, 5, Dekking(2, 2), "certificaat", regels
    )


def test_nothing_is_secret_where_everybody_is_many() -> None:
    hidden = posed().hidden
    assert {cell for cell in hidden if cell[1] not in MESSAGES} == set()


@pytest.mark.parametrize("few", [1, 2, 3, 4])
def test_a_count_of_one_to_four_is_secret_and_needs_a_lower_and_a_higher_table(few: int) -> None:
    problem = posed(delivered(treden=(12, few)), delivered("99BB00"))
    assert (FIRST, Measure.TREDE3) in problem.hidden
    assert problem.need((FIRST, Measure.TREDE3)) == Need(1, 5 - few, insider=True)


@pytest.mark.parametrize("many", [0, 5, 8])
def test_zero_and_five_are_no_secret(many: int) -> None:
    problem = posed(delivered(treden=(12, many)), delivered("99BB00"))
    assert (FIRST, Measure.TREDE3) not in problem.hidden
    assert problem.need((FIRST, Measure.TREDE3)) == NOTHING


def test_an_upper_table_never_needs_more_pupils_than_there_are() -> None:
    problem = posed(
        delivered(leerlingen=3, treden=(0, 0), geoorloofd=(9, 3, 3), ongeoorloofd=(0, 0, 0)),
        delivered("99BB00"),
    )
    assert problem.need((FIRST, Measure.TREDE1)) == Need(1, 0, insider=True)


@pytest.mark.parametrize(
    ("telling", "secret"),
    [
        ((1200, 5, 600), False),
        ((1200, 4, 400), True),
        ((1200, 5, 601), True),
        ((0, 0, 0), True),
    ],
    ids=["five pupils", "four pupils", "one has more than half", "nobody"],
)
def test_minutes_want_five_pupils_of_whom_none_has_more_than_half(
    telling: tuple[int, int, int], *, secret: bool
) -> None:
    problem = posed(delivered(ongeoorloofd=telling), delivered("99BB00"))
    assert ((FIRST, ONGEOORLOOFD) in problem.hidden) is secret


def test_minutes_need_a_tenth_both_ways_rounded_up() -> None:
    problem = posed(delivered(geoorloofd=(9001, 40, 8000)), delivered("99BB00"))
    assert problem.need((FIRST, GEOORLOOFD)) == Need(901, 901, insider=True)


def test_minutes_that_are_no_secret_are_asked_the_same_as_a_wish() -> None:
    problem = posed(delivered(geoorloofd=(9001, 40, 900)), delivered("99BB00"))
    assert problem.need((FIRST, GEOORLOOFD)) == NOTHING
    assert problem.with_wishes().need((FIRST, GEOORLOOFD)) == Need(901, 901, insider=True)


def test_a_row_of_nine_pupils_shows_nothing_and_one_of_ten_does() -> None:
    nine = delivered(leerlingen=9, treden=(0, 0), geoorloofd=(50, 5, 10), ongeoorloofd=(0, 0, 0))
    ten = replace(nine, figures=replace(nine.figures, leerlingen=10, trede1=10))
    measures = set(measures_of(Niveau.VESTIGING))
    assert {m for row, m in posed(nine, delivered("99BB00")).hidden if row == FIRST} == measures
    assert (FIRST, Measure.TREDE1) not in posed(ten, delivered("99BB00")).hidden


@pytest.mark.parametrize("tier", TIERS)
def test_minutes_follow_any_hidden_tier(tier: Measure) -> None:
    assert all(follows(minutes, {tier}) for minutes in MINUTES)


def test_unauthorised_minutes_follow_the_number_of_pupils_who_made_them() -> None:
    assert follows(ONGEOORLOOFD, {LO})
    assert not follows(GEOORLOOFD, {LO})
    assert not any(follows(measure, set(MINUTES)) for measure in measures_of(Niveau.SWV))


def test_what_was_hidden_once_stays_hidden() -> None:
    now = table()
    problem = pose(now, [published(now, {(FIRST, GEOORLOOFD)}), published(now)], NUMBERS)
    assert (FIRST, GEOORLOOFD) in problem.hidden


def test_what_was_shown_and_has_not_changed_is_known() -> None:
    now = table()
    problem = pose(now, [published(now, {(FIRST, GEOORLOOFD)})], NUMBERS)
    assert (FIRST, Measure.TREDE1) in problem.known
    assert (FIRST, GEOORLOOFD) not in problem.known


@pytest.mark.parametrize(
    ("before", "now", "need"),
    [
        (8, 9, Need(1, 4, insider=True)),
        (8, 12, Need(1, 1, insider=True)),
        (8, 6, Need(3, 1, insider=True)),
        (6, 5, Need(4, 1, insider=True)),
        (8, 13, NOTHING),
        (8, 8, NOTHING),
    ],
)
def test_a_count_that_moved_by_few_pupils_is_hidden_from_then_on(
    before: int, now: int, need: Need
) -> None:
    earlier = published(table(delivered(treden=(12, before)), delivered("99BB00")))
    problem = posed(delivered(treden=(12, now)), delivered("99BB00"), earlier=[earlier])
    assert problem.need((FIRST, Measure.TREDE3)) == need
    assert ((FIRST, Measure.TREDE3) in problem.hidden) is (need != NOTHING)


def test_a_sum_that_moved_by_few_pupils_is_hidden_too() -> None:
    earlier = published(table(delivered(treden=(12, 8)), delivered("99BB00")))
    problem = posed(delivered(treden=(12, 9)), delivered("99BB00"), earlier=[earlier])
    assert {row for row, measure in problem.hidden if measure is Measure.TREDE3} == {0, 2, 3, 4}


@pytest.mark.parametrize(("now", "secret"), [(9060, True), (38999, True), (39000, False)])
def test_minutes_that_four_pupils_could_have_moved_are_hidden(now: int, *, secret: bool) -> None:
    earlier = published(table())
    moved = delivered(geoorloofd=(now, 40, 900))
    problem = posed(moved, delivered("99BB00"), earlier=[earlier])
    assert ((FIRST, GEOORLOOFD) in problem.hidden) is secret
    margin = -(-(now - 9000) // 10)
    assert problem.need((FIRST, GEOORLOOFD)) == (
        Need(margin, margin, insider=True) if secret else NOTHING
    )


def test_who_changed_a_school_may_see_that_in_a_sum_but_no_change_of_another_school() -> None:
    earlier = published(table(delivered(treden=(12, 8)), delivered("99BB00")))
    problem = posed(delivered(treden=(12, 9)), delivered("99BB00"), earlier=[earlier])
    assert problem.need((FIRST, Measure.TREDE3)).insider
    assert not problem.need((GEMEENTE, Measure.TREDE3)).insider


def test_tiers_of_other_pupils_are_no_longer_known() -> None:
    earlier = published(table())
    one_more = delivered(leerlingen=101)
    problem = posed(one_more, delivered("99BB00"), earlier=[earlier])
    assert (FIRST, Measure.TREDE2) not in problem.known
    assert (FIRST, LO) in problem.known


def test_a_vestiging_that_did_not_deliver_before_hides_nothing_by_that() -> None:
    earlier = published(table(delivered("99BB00"), delivered("99CC00")))
    problem = posed(delivered(), delivered("99BB00"), delivered("99CC00"), earlier=[earlier])
    assert {measure for row, measure in problem.hidden if row == FIRST} == set()


def test_a_school_its_board_and_its_gemeente_are_insiders() -> None:
    insiders = {insider.name: insider.rows for insider in posed().insiders}
    assert insiders == {
        "school 99AA": {0},
        "school 99BB": {1},
        "bestuur 41234": {0, 1},
        "gemeente 0361": {0, 1, GEMEENTE},
    }


def test_nobody_believes_in_more_than_was_planned_for_all_pupils() -> None:
    row = table().rows[FIRST]
    assert most(row, GEOORLOOFD) == 100 * 6000
    assert most(row, Measure.TREDE2) == 100
