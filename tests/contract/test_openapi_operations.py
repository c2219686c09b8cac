"""Each operation of the description says who may call it, with what, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.described import Description
from tests.generate import openapi

DOCUMENT = openapi()
CHECK = Description(DOCUMENT)
resolved = CHECK.resolved
EACH = pytest.mark.parametrize(
    ("path", "operation"),
    [
        pytest.param(path, operation, id=f"{method} {path}")
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
    ],
)


@EACH
def test_an_operation_says_what_it_does_in_a_word_and_in_a_sentence(
    path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert operation["tags"]


@EACH
def test_an_operation_tells_every_answer_with_a_schema_and_an_example(
    path: str, operation: dict[str, Any]
) -> None:
    given = dict(operation["responses"])
    assert "default" not in given, "which problems there are is told by status"
    assert any(status.startswith("2") for status in given)
    for status, answer in given.items():
        described = resolved(answer)
        assert described["description"].endswith((".", ")")) or status < "400"
        assert ("content" in described) == (status != "304")
        for content in described.get("content", {}).values():
            assert content["schema"]
            assert content["examples"]


@EACH
def test_an_operation_says_who_may_call_it(path: str, operation: dict[str, Any]) -> None:
    open_to_all = operation.get("security", DOCUMENT["security"]) == []
    assert open_to_all or DOCUMENT["security"] == [{"mutualTLS": []}]
    assert open_to_all == ("401" not in operation["responses"])
    assert open_to_all == ((path, operation["operationId"]) in PUBLIC)


PUBLIC = {
    ("/codelijsten", "getCodelijsten"),
    ("/logboek/checkpoint", "getCheckpoint"),
    ("/logboek/consistentie", "getConsistentie"),
    ("/logboek/cosignatures", "postCosignature"),
    ("/logboek/tile/{niveau}/{tegel}", "getTile"),
    ("/noodzaak", "getNoodzaak"),
    ("/sleutels", "getSleutels"),
    ("/verwerkingsactiviteiten", "getVerwerkingsactiviteiten"),
    ("/verwerkingsactiviteiten/{activiteit}/{versie}", "getVerwerkingsactiviteit"),
}
"""What anybody may ask; a route that joins them does so here too, in sight."""


@EACH
def test_every_answer_says_its_version_and_every_answer_to_a_party_what_it_has_left(
    path: str, operation: dict[str, Any]
) -> None:
    open_to_all = "401" not in operation["responses"]
    for status, answer in operation["responses"].items():
        headers = resolved(answer)["headers"]
        assert resolved(headers["API-Version"])["required"]
        told = {"RateLimit", "RateLimit-Policy"} <= set(headers)
        assert told == (not open_to_all and status not in {"401", "404"})
        assert ("Retry-After" in headers) >= (status in {"429", "503"})


@EACH
def test_a_parameter_says_what_it_is_and_shows_one(path: str, operation: dict[str, Any]) -> None:
    for parameter in map(resolved, operation.get("parameters", [])):
        assert parameter["description"].endswith(".")
        assert CHECK.fault(parameter["schema"], parameter["example"]) is None, parameter["name"]
        assert "null" not in json.dumps(parameter["schema"])


@EACH
def test_an_operation_declares_every_parameter_of_its_path(
    path: str, operation: dict[str, Any]
) -> None:
    named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
    given = map(resolved, operation.get("parameters", []))
    declared = {parameter["name"] for parameter in given if parameter["in"] == "path"}
    assert declared == named
