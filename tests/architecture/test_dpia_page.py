"""The DPIA annex says what is there: its risks concern something, and what proves them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exchange.accountability.register import Activity
from exchange.policy.necessity import Reach
from tests.architecture.test_law_page import names_in
from tests.dpia_page import Risk, activities, dpia_page, risks
from tests.generate import DPIA_PAGE, generated

ROOT = Path(__file__).resolve().parents[2]
EVERY_RISK = pytest.mark.parametrize("risk", risks(), ids=lambda risk: risk.naam)
PROMISES = {f"P{number}" for number in range(11)}


@EVERY_RISK
def test_what_proves_a_measure_exists(risk: Risk) -> None:
    assert risk.bewezen_door
    for test in risk.bewezen_door:
        file, _, name = test.partition("::")
        assert re.fullmatch(r"tests/[\w/]+/test_\w+\.py", file), test
        assert name.startswith("test_"), test
        assert name in names_in(file), test


@EVERY_RISK
def test_a_risk_is_told_in_whole_sentences(risk: Risk) -> None:
    for text in (risk.gevolg, risk.maatregel, risk.rest):
        assert text.endswith("."), text
    assert risk.belofte in PROMISES


@EVERY_RISK
def test_a_risk_concerns_what_exists(risk: Risk) -> None:
    own = {a.id.partition("/")[0] for a in activities() if a.stream is None}
    assert risk.geldt_voor
    assert set(risk.geldt_voor) <= {"alles", *Reach, *own}


def test_every_promise_covers_a_risk() -> None:
    assert {risk.belofte for risk in risks()} == PROMISES


@pytest.mark.parametrize("activity", activities(), ids=lambda activity: activity.id)
def test_every_activity_has_a_risk_of_its_own_and_stands_on_the_page(activity: Activity) -> None:
    concerned = [risk for risk in risks() if risk.concerns(activity)]
    assert any("alles" not in risk.geldt_voor for risk in concerned), activity.id
    page = dpia_page()
    assert f"`{activity.id}`" in page
    for text in (activity.doel, activity.grondslag, activity.verantwoordelijke):
        assert text in page
    for datum in activity.gegevens:
        assert datum.naam in page
        assert datum.toelichting in page


def test_the_page_is_generated_and_one_of_those_that_are_checked() -> None:
    assert generated()[DPIA_PAGE] == dpia_page()
    assert DPIA_PAGE.read_text("utf-8") == dpia_page()
