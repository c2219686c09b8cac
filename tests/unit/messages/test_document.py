"""Reading a body strictly, and keeping what is well-formed beside everything that is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchange.errors import Code, Invalid, Refused
from exchange.messages.contracts import CONTRACTS
from exchange.messages.document import (
    MAX_DEPTH,
    parse_object,
    read_message,
    require_json,
    to_wire,
)
from exchange.messages.identifiers import Gemeentecode, LocalCode
from exchange.messages.soort import Soort
from tests.pure import signaal

CONTRACT = CONTRACTS[Soort.SIGNAAL]


def nested(depth: int, opening: str, closing: str) -> bytes:
    """Give a document of ``depth`` levels."""
    inner = opening * (depth - 1) + "1" + closing * (depth - 1)
    return b'{"a":' + inner.encode() + b"}"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"b":', "}")])
def test_thirty_two_levels_are_read_and_thirty_three_are_not(opening: str, closing: str) -> None:
    parse_object(nested(MAX_DEPTH, opening, closing))
    with pytest.raises(Invalid):
        parse_object(nested(MAX_DEPTH + 1, opening, closing))


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"}", b"{}{}", b"[]", b"null", b"1", b'"x"', b"{'a': 1}", b'{"a": 1,}',
        b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 01}', b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}', b'[{"a": 1}]', b'{"a": "\x01"}', b'{"a": "\xff"}',
        b'\xef\xbb\xbf{}', '{"a": 1}'.encode("utf-16"), b'{"a": 1} x', b'{"\\u0061": 1, "a": 2}',
    ],
)  # fmt: skip
def test_what_is_no_strict_json_object_is_refused_whole(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        parse_object(body)
    (fault,) = refused.value.violations
    assert (fault.pointer, fault.code) == ("", Code.ONGELDIGE_JSON)


@pytest.mark.parametrize(
    ("body", "named"), [(b"\xef\xbb\xbf{}", True), (b"{", False), (b"\xff\xfe{\x00}\x00", False)]
)
def test_a_byte_order_mark_is_named_as_what_is_wrong(body: bytes, named: bool) -> None:
    with pytest.raises(Invalid) as refused:
        parse_object(body)
    (fault,) = refused.value.violations
    assert ("byte order mark" in fault.detail) is named


@pytest.mark.parametrize("body", [b"{}", b' {"a": null}\n', '{"é": "ü"}'.encode(), b'{"a": 1e2}'])
def test_a_strict_json_object_is_read(body: bytes) -> None:
    assert parse_object(body) == json.loads(body)


def read(document: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Read a signaal; give its values and its faults."""
    values, faults = read_message(CONTRACT, json.dumps(document).encode(), document)
    return values, sorted((fault.pointer, fault.code.value) for fault in faults)


def test_a_good_message_has_all_of_its_values_and_no_fault() -> None:
    values, faults = read(signaal())
    assert faults == []
    assert {CONTRACT.members[wire] for wire in signaal()} == set(values)
    assert values["woongemeente"] == Gemeentecode("0361")


def test_what_is_well_formed_is_kept_beside_what_is_not() -> None:
    values, faults = read(signaal(pgn="123", contact={"rol": "mentor"}, naam="x"))
    assert faults == [
        ("/contact/email", "verplicht-veld"),
        ("/naam", "onbekend-veld"),
        ("/pgn", "pgn-ongeldig"),
    ]
    assert values["criterium"] == LocalCode("OPLOPEND")
    assert values.keys().isdisjoint({"pgn", "contact", "naam"})


def test_null_is_no_value_of_an_optional_member() -> None:
    document = {**signaal(), "categorie": None, "vervangt": None}
    values, faults = read(document)
    assert faults == []
    assert values.keys().isdisjoint({"categorie", "vervangt"})


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("naam", "/naam"),
        ("oudersGeinformeerdop", "/oudersGeinformeerdop"),
        ("a" * 41, "/" + "a" * 41),
        ("a" * 42, ""),
        ("Naam", ""),
        ("naam van de leerling", ""),
        ("naam1", ""),
        ("naam_x", ""),
        ("999970008", ""),
        ("a/b", ""),
        ("~", ""),
        ("", ""),
        ("é", ""),
    ],
)
def test_the_name_of_an_unknown_member_is_told_only_if_it_looks_like_one(
    name: str, pointer: str
) -> None:
    _, faults = read({**signaal(), name: 1})
    assert faults == [(pointer, "onbekend-veld")]
    contact = {"rol": "mentor", "email": "a@b.nl", name: 1}
    _, faults = read(signaal(contact=contact))
    assert faults == [(f"/contact{pointer}", "onbekend-veld")]


def test_python_names_of_members_are_unknown_on_the_wire() -> None:
    document = signaal()
    document["ongeoorloofde_minuten"] = document.pop("ongeoorloofdeMinuten")
    _, faults = read(document)
    assert faults == [("", "onbekend-veld"), ("/ongeoorloofdeMinuten", "verplicht-veld")]


def test_the_wire_form_is_what_was_sent_in_the_order_of_the_model() -> None:
    document = signaal(categorie="ongeoorloofd", vervangt="01a10000-0000-7000-8000-000000000001")
    reordered = dict(reversed(document.items()))
    values, _ = read(reordered)
    wire = to_wire(CONTRACT, values)
    assert wire == document
    assert list(wire) == [name for name in CONTRACT.members if name in document]


@pytest.mark.parametrize("soort", list(Soort))
def test_a_contract_names_members_that_its_model_has(soort: Soort) -> None:
    contract = CONTRACTS[soort]
    assert contract.soort is soort
    assert set(contract.members.values()) == set(contract.model.__dataclass_fields__)
    for pointer in contract.free_text:
        assert pointer.split("/")[1] in contract.members
    if contract.replaces is not None:
        assert contract.replaces in contract.members
    if contract.about is not None:
        assert contract.about not in contract.members
        assert contract.about in contract.fields


def test_there_is_a_contract_for_every_kind_of_message() -> None:
    assert set(CONTRACTS) == set(Soort)


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"content-type": "application/json"}, True),
        ({"content-type": "Application/JSON; Charset=UTF-8"}, True),
        ({"content-type": 'application/json;charset="utf-8"'}, True),
        ({"content-type": "application/json", "content-encoding": "identity"}, True),
        ({}, False),
        ({"content-type": "application/json; charset=utf-16"}, False),
        ({"content-type": "application/json; charset=utf-8; x=1"}, False),
        ({"content-type": "application/jsonx"}, False),
        ({"content-type": "text/json"}, False),
        ({"content-type": "application/json, text/plain"}, False),
        ({"content-type": "application/json", "content-encoding": "br"}, False),
    ],
)
def test_only_plain_json_in_utf_8_is_read(headers: dict[str, str], taken: bool) -> None:
    if taken:
        require_json(headers)
        return
    with pytest.raises(Refused) as refused:
        require_json(headers)
    assert refused.value.code is Code.MEDIATYPE_NIET_ONDERSTEUND
