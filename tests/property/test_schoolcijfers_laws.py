"""Figures counted from any group of pupils are accepted: the rules refuse only what cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.messages.schoolcijfers import Minutentelling
from exchange.policy.schoolcijfers import contradictions
from tests.pure import LAW

NUMBERS = LAW.on(date(2026, 10, 31))


@st.composite
def schools(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """Give planned minutes, and of each pupil its minutes in the two categories."""
    planned = draw(st.one_of(st.integers(0, 130), st.integers(0, 30 * 720)))
    minutes = st.one_of(st.just(0), st.integers(0, planned), st.integers(0, planned // 8))
    pupils = draw(st.lists(st.tuples(minutes, minutes), max_size=25))
    return planned, [(first, min(second, planned - first)) for first, second in pupils]


def counted(minutes: Sequence[int]) -> Minutentelling:
    """Count one category as a school would."""
    own = [number for number in minutes if number]
    return Minutentelling(
        minuten=sum(own), aantal_leerlingen=len(own), grootste_aandeel_minuten=max(own, default=0)
    )


def tier_of(absent: int, planned: int) -> str:
    """Give the tier by presence as a fraction: an own reading of the same words."""
    present = Fraction(planned - absent, planned) if planned else Fraction(1)
    if present >= Fraction(NUMBERS.trede1_procent, 100):
        return "trede1"
    return "trede2" if present >= Fraction(NUMBERS.trede2_procent, 100) else "trede3"


def figures_of(planned: int, pupils: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Count a school."""
    placed = [tier_of(sum(pupil), planned) for pupil in pupils]
    unauthorised = counted([second for _, second in pupils])
    return {
        "leerlingen": len(pupils),
        "geplande_minuten_per_leerling": planned,
        "geoorloofd": counted([first for first, _ in pupils]),
        "ongeoorloofd": unauthorised,
        "leerlingen_met_ongeoorloofd_verzuim": unauthorised.aantal_leerlingen,
        **{tier: placed.count(tier) for tier in ("trede1", "trede2", "trede3")},
    }


@settings(max_examples=300, deadline=None, derandomize=True)
@given(school=schools())
def test_what_was_counted_from_pupils_is_never_refused(
    school: tuple[int, list[tuple[int, int]]],
) -> None:
    assert contradictions(figures_of(*school), NUMBERS) == ()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(school=schools(), tier=st.sampled_from(["trede1", "trede2", "trede3"]))
def test_one_pupil_more_in_a_tier_is_always_found(
    school: tuple[int, list[tuple[int, int]]], tier: str
) -> None:
    figures = figures_of(*school)
    assert contradictions({**figures, tier: figures[tier] + 1}, NUMBERS)
