"""What figures of one school contradict themselves, each rule at its edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from exchange.errors import Code
from exchange.messages.schoolcijfers import Minutentelling
from exchange.policy.schoolcijfers import Tier, contradictions, tiers
from tests.pure import LAW

NUMBERS = LAW.on(date(2026, 10, 31))
PLANNED = 6000  # tier 1 misses at most 300 minutes, tier 2 at most 600


def telling(minuten: int, aantal: int, grootste: int) -> Minutentelling:
    return Minutentelling(
        minuten=minuten, aantal_leerlingen=aantal, grootste_aandeel_minuten=grootste
    )


NOTHING = telling(0, 0, 0)
GOOD: dict[str, Any] = {
    "leerlingen": 100,
    "geplande_minuten_per_leerling": PLANNED,
    "geoorloofd": telling(4000, 20, 700),
    "ongeoorloofd": telling(1500, 5, 600),
    "leerlingen_met_ongeoorloofd_verzuim": 5,
    "trede1": 92,
    "trede2": 6,
    "trede3": 2,
}


def found(**changes: Any) -> list[str]:  # noqa: ANN401  any member
    """Give the pointers of what is wrong; None leaves a member out."""
    values = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    violations = contradictions(values, NUMBERS)
    assert all(violation.code is Code.CIJFERS_STRIJDIG for violation in violations)
    return [violation.pointer for violation in violations]


def test_figures_that_can_be_true_are_not_refused() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"trede1": 91}, ["/leerlingen"]),
        ({"trede1": 93}, ["/leerlingen"]),
        ({"geoorloofd": telling(4000, 101, 700)}, ["/geoorloofd/aantalLeerlingen"]),
        ({"geoorloofd": telling(4000, 100, 700)}, []),
        ({"geoorloofd": telling(4000, 0, 0), "trede1": 95, "trede2": 3},
         ["/geoorloofd/aantalLeerlingen"]),
        ({"geoorloofd": telling(0, 3, 0), "trede2": 0, "trede3": 0, "trede1": 100},
         ["/geoorloofd/aantalLeerlingen"]),
        ({"ongeoorloofd": telling(4, 5, 1)}, ["/ongeoorloofd/minuten"]),
        ({"ongeoorloofd": telling(5, 5, 1)}, []),
        ({"ongeoorloofd": telling(1500, 5, 299)}, ["/ongeoorloofd/grootsteAandeelMinuten"]),
        ({"ongeoorloofd": telling(1500, 5, 300)}, []),
        ({"ongeoorloofd": telling(1499, 5, 299)}, ["/ongeoorloofd/grootsteAandeelMinuten"]),
        ({"ongeoorloofd": telling(1500, 5, 1496)}, []),
        ({"ongeoorloofd": telling(1500, 5, 1497)}, ["/ongeoorloofd/grootsteAandeelMinuten"]),
        ({"ongeoorloofd": telling(0, 0, 1), "leerlingen_met_ongeoorloofd_verzuim": 0},
         ["/ongeoorloofd/grootsteAandeelMinuten"]),
        ({"leerlingen_met_ongeoorloofd_verzuim": 4}, ["/leerlingenMetOngeoorloofdVerzuim"]),
        ({"leerlingen_met_ongeoorloofd_verzuim": 6}, ["/leerlingenMetOngeoorloofdVerzuim"]),
        ({"geoorloofd": telling(9000, 20, 6001)}, ["/geoorloofd/grootsteAandeelMinuten"]),
        ({"geoorloofd": telling(9000, 20, 6000)}, []),
    ],
)  # fmt: skip
def test_a_contradiction_is_named_at_its_member(
    changes: dict[str, Any], pointers: list[str]
) -> None:
    assert found(**changes) == pointers


def test_whoever_stands_in_a_lower_tier_was_absent() -> None:
    few = {"geoorloofd": telling(4000, 3, 2000), "ongeoorloofd": telling(1500, 5, 600)}
    assert found(**few) == []
    assert found(**few, trede1=91, trede2=7) == ["/trede2"]
    assert found(**few, trede1=91, trede2=0, trede3=9) == ["/trede3"]


def test_the_minutes_together_stay_within_what_was_planned() -> None:
    one = {"leerlingen": 1, "trede1": 0, "trede2": 0, "trede3": 1}
    most = {"geoorloofd": telling(3000, 1, 3000), "ongeoorloofd": telling(3000, 1, 3000)}
    unauthorised = {"leerlingen_met_ongeoorloofd_verzuim": 1}
    assert found(**one, **most, **unauthorised) == []
    more = {**most, "ongeoorloofd": telling(3001, 1, 3001)}
    assert "/geplandeMinutenPerLeerling" in found(**one, **more, **unauthorised)


@pytest.mark.parametrize(
    ("trede1", "trede2", "trede3", "least", "most"),
    [(100, 0, 0, 0, 30_000), (0, 100, 0, 30_100, 60_000), (0, 0, 100, 60_100, 600_000),
     (98, 1, 1, 301 + 601, 98 * 300 + 600 + 6000)],
)  # fmt: skip
def test_the_tiers_bound_the_minutes(
    trede1: int, trede2: int, trede3: int, least: int, most: int
) -> None:
    """``least`` and ``most`` are what so many pupils can miss together, to the minute."""
    for absent in (least, most):
        for step, wrong in ((-1, absent == least and absent > 0), (0, False), (1, absent == most)):
            minutes = absent + step
            if not minutes > 0:
                continue
            counted = telling(minutes, 100, -(-minutes // 100))
            pointers = found(
                trede1=trede1, trede2=trede2, trede3=trede3, geoorloofd=counted,
                ongeoorloofd=NOTHING, leerlingen_met_ongeoorloofd_verzuim=0,
            )  # fmt: skip
            assert bool([p for p in pointers if p.startswith("/trede")]) is wrong, minutes


def test_too_few_minutes_are_told_at_the_lowest_tier_and_too_many_at_the_first() -> None:
    assert found(geoorloofd=telling(500, 20, 100)) == ["/trede3"]
    assert found(geoorloofd=telling(500, 20, 100), trede2=8, trede3=0) == ["/trede2"]
    assert found(geoorloofd=telling(50_000, 100, 700)) == ["/trede1"]


def test_the_tiers_of_six_thousand_minutes() -> None:
    assert tiers(6000, NUMBERS) == (Tier(0, 300), Tier(301, 600), Tier(601, 6000))


def test_exactly_at_a_limit_belongs_to_the_better_tier_without_rounding() -> None:
    assert tiers(99, NUMBERS) == (Tier(0, 4), Tier(5, 9), Tier(10, 99))
    assert tiers(0, NUMBERS) == (Tier(0, 0), Tier(1, 0), Tier(1, 0))


def test_a_month_without_lessons_has_everybody_in_the_first_tier() -> None:
    empty = {"geplande_minuten_per_leerling": 0, "geoorloofd": NOTHING, "ongeoorloofd": NOTHING,
             "leerlingen_met_ongeoorloofd_verzuim": 0}  # fmt: skip
    assert found(**empty, trede1=100, trede2=0, trede3=0) == []
    assert found(**empty, trede1=99, trede2=0, trede3=1) == ["/trede3", "/trede3"]
    assert found(**empty, trede1=99, trede2=1, trede3=0) == ["/trede2", "/trede2"]


def test_a_tier_that_no_whole_minute_reaches_holds_nobody() -> None:
    few: dict[str, Any] = {
        "geplande_minuten_per_leerling": 9,
        "leerlingen": 2,
        "trede1": 1,
        "trede3": 0,
    }
    few |= {"ongeoorloofd": NOTHING, "leerlingen_met_ongeoorloofd_verzuim": 0}
    assert found(**few, trede2=1, geoorloofd=telling(1, 1, 1)) == ["/trede2"]


def test_a_school_without_pupils_has_no_figures() -> None:
    empty: dict[str, Any] = dict.fromkeys(("leerlingen", "trede1", "trede2", "trede3"), 0)
    counted = {"geoorloofd": NOTHING, "ongeoorloofd": NOTHING}
    assert found(**empty, **counted, leerlingen_met_ongeoorloofd_verzuim=0) == []
    assert "/geoorloofd/aantalLeerlingen" in found(**empty)


@pytest.mark.parametrize("member", GOOD)
def test_a_member_that_could_not_be_read_is_not_judged(member: str) -> None:
    assert found(**{member: None}) == []


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = found(trede1=1, ongeoorloofd=telling(4, 5, 0), leerlingen_met_ongeoorloofd_verzuim=9)
    assert wrong == ["/leerlingen", "/ongeoorloofd/minuten", "/leerlingenMetOngeoorloofdVerzuim"]


def test_the_limits_of_the_tiers_are_those_of_the_day() -> None:
    stricter = replace(NUMBERS, trede1_procent=97, trede2_procent=92)
    assert tiers(6000, stricter) == (Tier(0, 180), Tier(181, 480), Tier(481, 6000))
