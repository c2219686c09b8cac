"""What a wrong value is told: what the schema allows there, and never what was sent."""

from __future__ import annotations

import json
from typing import Annotated

import pytest
from pydantic import BeforeValidator, TypeAdapter

from exchange.errors import Invalid
from exchange.messages.allowed import NOT_AS_THE_SCHEMA, what_is_allowed
from exchange.messages.contracts import CONTRACTS
from exchange.messages.document import read_body, read_message
from exchange.messages.soort import Soort
from exchange.messages.verzuimbeleid import VerzuimbeleidVersie
from tests.pure import signaal

SENT = "zeg-mij-niet-na"
BELEID = {
    "vastgesteldOp": "2026-06-01",
    "geldigVanaf": "2026-08-01",
    "redenen": [],
    "signaalcriteria": [],
}


def told(soort: Soort, **members: object) -> dict[str, str]:
    """Give what is told of each of these members; what else the message lacks is left out."""
    _, faults = read_message(CONTRACTS[soort], json.dumps(members).encode(), members)
    return {f.pointer: f.detail for f in faults if f.detail != "Dit veld is verplicht."}


@pytest.mark.parametrize("minuten", [0, 721, -1, SENT, 60.5, None, True])
def test_a_number_is_told_its_bounds_whatever_is_wrong_with_it(minuten: object) -> None:
    expected = {"/minuten": "Dit is een geheel getal van 1 tot en met 720."}
    assert told(Soort.VERZUIMREGISTRATIES, minuten=minuten) == expected


def test_an_open_bound_is_told_alone() -> None:
    assert told(Soort.SIGNAAL, ongeoorloofdeMinuten=0) == {
        "/ongeoorloofdeMinuten": "Dit is een geheel getal van ten minste 1."
    }


def test_a_choice_is_told_as_its_list_also_deep_inside() -> None:
    contact = {"rol": SENT, "email": SENT}
    assert told(Soort.SIGNAAL, contact=contact, categorie=SENT, actiesSchool=["MENTOR", SENT]) == {
        "/contact/rol": "Toegestaan: verzuimcoordinator, mentor, directie of zorgcoordinator.",
        "/contact/email": "Een e-mailadres van ten hoogste 100 tekens.",
        "/categorie": "Toegestaan: geoorloofd of ongeoorloofd.",
        "/actiesSchool/1": "Toegestaan: GESPREK_LEERLING, GESPREK_OUDERS, MENTOR, ZORGCOORDINATOR,"
        " JEUGDARTS_BETROKKEN, SWV_BETROKKEN of HUISBEZOEK.",
    }


def test_an_identifier_is_told_its_own_form() -> None:
    assert told(Soort.SIGNAAL, criterium=SENT, woongemeente=SENT, vervangt=SENT) == {
        "/criterium": "Een eigen code begint met een hoofdletter en heeft 2 tot 40 tekens"
        " A-Z, 0-9 of _.",
        "/woongemeente": "Een gemeentecode heeft vier cijfers (CBS).",
        "/vervangt": "Dit is een UUID.",
    }


def test_the_other_kinds_are_told_what_they_are() -> None:
    assert told(Soort.VERZUIMMELDING, dagen=SENT, alleLessenGemist=SENT, contact=SENT) == {
        "/dagen": "Dit is een lijst van 1 tot en met 366 onderdelen.",
        "/alleLessenGemist": "Toegestaan: true of false.",
        "/contact": "Dit is een object.",
    }


def test_nothing_that_was_sent_is_told_of_any_member() -> None:
    for soort, contract in CONTRACTS.items():
        for wire in contract.members:
            for value in (SENT, [SENT], {SENT: SENT}, 13579):
                for detail in told(soort, **{wire: value}).values():
                    assert SENT not in detail
                    assert "13579" not in detail


@pytest.mark.parametrize(("minuten", "fits"), [(29, False), (30, True), (60, True), (61, False)])
def test_a_lesson_takes_half_an_hour_to_an_hour(minuten: int, fits: bool) -> None:
    body = json.dumps({**BELEID, "lesuurInMinuten": minuten}).encode()
    adapter = TypeAdapter(VerzuimbeleidVersie)
    if fits:
        assert read_body(adapter, body).lesuur_in_minuten == minuten
        return
    with pytest.raises(Invalid) as refused:
        read_body(adapter, body)
    (fault,) = refused.value.violations
    assert (fault.pointer, fault.detail) == (
        "/lesuurInMinuten",
        "Dit is een geheel getal van 30 tot en met 60.",
    )


def test_what_the_schema_cannot_say_is_told_in_general() -> None:
    def never(value: object) -> object:
        raise ValueError(str(value))

    adapter: TypeAdapter[object] = TypeAdapter(Annotated[object, BeforeValidator(never)])
    assert what_is_allowed(adapter, ()) == NOT_AS_THE_SCHEMA
    assert what_is_allowed(CONTRACTS[Soort.SIGNAAL].adapter, ("x", 1, "y")) == NOT_AS_THE_SCHEMA


def test_a_good_signaal_is_told_nothing() -> None:
    assert told(Soort.SIGNAAL, **signaal()) == {}
