"""What is asked for the rules; every test of a rule proves that it is enough (``tests.pure``)."""

from __future__ import annotations

from datetime import date

import pytest

from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.needs import Needs, needs_of
from exchange.policy.rules import NEEDS_BELEID, RULES
from tests.pure import Flow, signaal


def test_of_the_registrations_only_those_in_the_window_are_asked() -> None:
    valid = Flow().validated(signaal(venster={"van": "2026-10-26", "tot": "2026-11-13"}))
    asked = needs_of(Soort.SIGNAAL, valid.values).registered
    assert asked == (date(2026, 10, 26), date(2026, 11, 13))


def test_a_signaal_without_a_window_is_refused_whatever_the_school_put() -> None:
    assert needs_of(Soort.SIGNAAL, {}) == Needs()


@pytest.mark.parametrize("verzuimsoort", Verzuimsoort)
def test_a_melding_needs_the_policy_only_for_its_sixteen_hours(verzuimsoort: Verzuimsoort) -> None:
    asked = needs_of(Soort.VERZUIMMELDING, {"verzuimsoort": verzuimsoort})
    counted = verzuimsoort is Verzuimsoort.ZESTIEN_UUR
    assert asked == Needs(beleid=counted, kalender=True, meldingen=True)


def test_an_intrekking_needs_nothing_of_the_school() -> None:
    assert RULES[Soort.INTREKKING] == ()
    assert needs_of(Soort.INTREKKING, {}) == Needs()


def test_who_may_only_send_under_a_policy_asks_for_it() -> None:
    for soort in NEEDS_BELEID:
        assert needs_of(soort, Flow().validated(signaal(), soort).values).beleid
