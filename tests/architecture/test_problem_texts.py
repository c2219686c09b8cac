"""Every code of the contract has its text and status, in its order, and no text is left over."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from exchange.api.problems import status_of
from exchange.errors import Code, Invalid, Violation
from exchange.pipeline.registrations.unpack import NDJSON
from exchange.pipeline.stages import Limits

TEXTS = tomllib.loads(files("exchange.api").joinpath("problems.toml").read_text("utf-8"))

CONTRACT = {
    400: """
        idempotentiesleutel-ontbreekt ongeldige-json onbekend-veld verplicht-veld waarde-ongeldig
        pgn-ongeldig vestigingscode-ongeldig datum-ongeldig pgn-in-vrije-tekst onbekende-reden
        categorie-strijdig onbekend-criterium geoorloofd-verzuim buiten-leerplicht
        venster-ongeldig verplichte-melding geen-verplichte-melding onbekende-woongemeente
        cijfers-strijdig sleutel-ongeldig
    """,
    401: "niet-aangemeld",
    403: "geen-mandaat onbekende-vestiging geen-grondslag geen-recht",
    404: "niet-gevonden",
    405: "methode-niet-toegestaan",
    406: "niet-aanvaardbaar",
    409: """
        geen-verzuimbeleid periode-gesloten bron-strijdig al-gemeld ontvanger-niet-aangesloten
        overgang-ongeldig nog-niet-verzegeld idempotentiesleutel-hergebruikt
        idempotentiesleutel-bezig
    """,
    410: "ingetrokken vervallen levering-ingetrokken",
    413: "te-groot",
    415: "mediatype-niet-ondersteund",
    416: "bereik-ongeldig",
    429: "te-veel-verzoeken",
    500: "interne-fout",
    503: "logboek-onbeschikbaar dienst-onbeschikbaar",
}
"""Contract section 1, with our own names for the statuses that it leaves without a code."""


def test_the_codes_are_those_of_the_contract_in_its_order() -> None:
    named = [(status, code) for status, codes in CONTRACT.items() for code in codes.split()]
    assert [code.value for code in Code] == [code for _, code in named]
    assert {code: status_of(Code(code)) for _, code in named} == {
        code: status for status, code in named
    }


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    assert list(TEXTS) == [code.value for code in Code]


@pytest.mark.parametrize("code", list(Code))
def test_a_text_says_what_to_do_and_holds_no_place_for_a_value(code: Code) -> None:
    text = TEXTS[code]
    assert set(text) == {"status", "title", "detail"}
    for line in (text["title"], text["detail"]):
        assert not re.search(r"[{}%<>]|\$\w", line)
    assert text["detail"].endswith(".")
    assert not text["title"].endswith(".")


def test_the_texts_about_size_and_type_are_true_of_one_message_and_of_many() -> None:
    limits, mebibyte = Limits(), 1024 * 1024
    large = TEXTS[Code.TE_GROOT]["detail"]
    assert f"{limits.json_bytes // mebibyte} MiB als JSON" in large
    assert f"{limits.ndjson_bytes // mebibyte} MiB" in large
    assert f"{limits.ndjson_lines:,} regels".replace(",", ".") in large
    other = TEXTS[Code.MEDIATYPE_NIET_ONDERSTEUND]["detail"]
    assert all(part in other for part in ("application/json", NDJSON, "gzip"))


def test_a_step_that_does_not_exist_is_told_the_steps_that_do() -> None:
    detail = TEXTS[Code.OVERGANG_ONGELDIG]["detail"]
    assert "opnieuw" not in detail  # the same again is never right
    for step in ("in-behandeling", "afgesloten", "ter-kennisgeving-aangenomen"):
        assert step in detail


def test_no_two_codes_share_a_title() -> None:
    assert len({text["title"] for text in TEXTS.values()}) == len(TEXTS)


def test_the_code_of_a_body_is_the_first_of_its_faults_in_the_order_of_the_contract() -> None:
    faults = [Violation(f"/{code}", code, "") for code in reversed(Code)]
    error = Invalid(faults)
    assert error.code is Code.IDEMPOTENTIESLEUTEL_ONTBREEKT
    assert [fault.code for fault in error.violations] == list(Code)
    assert Invalid([*faults, *faults]).violations == error.violations
