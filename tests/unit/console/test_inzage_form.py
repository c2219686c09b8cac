"""The inzage form: the number goes in, and never comes back."""

from __future__ import annotations

import pytest

from exchange.console.views.inzage_form import read_inzage_form
from exchange.messages.identifiers import Pgn
from exchange.messages.inzage import InzageReden, Inzageverzoek
from exchange.policy.necessity import Mode

BSN, NOT_A_TEST_NUMBER = "999990019", "111222333"


def test_reads_a_number_and_a_reason() -> None:
    form = read_inzage_form({"pgn": f" {BSN} ", "reden": "KLACHT"}, Mode.TRIAL)
    assert form.verzoek == Inzageverzoek(pgn=Pgn(BSN), reden=InzageReden.KLACHT)
    assert not form.is_wrong


@pytest.mark.parametrize("number", ["", "999990018", "99999001", "elf8", NOT_A_TEST_NUMBER])
@pytest.mark.parametrize("reason", ["", "NIEUWSGIERIG"])
def test_tells_both_errors_at_once_and_repeats_neither(number: str, reason: str) -> None:
    form = read_inzage_form({"pgn": number, "reden": reason}, Mode.TRIAL)
    assert form.verzoek is None
    assert all(field.error and not field.value for field in form.fields)
    assert not number or number not in repr(form)


def test_keeps_the_reason_but_not_the_number() -> None:
    form = read_inzage_form({"pgn": "999990018", "reden": "DATALEK"}, Mode.TRIAL)
    assert [field.value for field in form.fields] == ["", "DATALEK"]


def test_a_real_number_is_for_production_only() -> None:
    given = {"pgn": NOT_A_TEST_NUMBER, "reden": "CONTROLE"}
    assert read_inzage_form(given, Mode.TRIAL).verzoek is None
    assert read_inzage_form(given, Mode.PRODUCTION).verzoek is not None
