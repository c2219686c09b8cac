"""Every example is true, and no answer that is not described passes for one that is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from exchange.api.openapi.example_files import examples_of
from exchange.messages.contracts import CONTRACTS
from exchange.messages.document import parse_object, read_message
from exchange.messages.soort import Soort
from tests.described import Answer, Description, faults_of
from tests.generate import folder, openapi

DOCUMENT = openapi()
CHECK = Description(DOCUMENT)
Example = tuple[str, dict[str, Any], object]


def examples(document: dict[str, Any]) -> Iterator[Example]:
    """Give every example of a body: where it stands, its schema, its value."""
    check = Description(document)
    for item in document["paths"].values():
        for operation in item.values():
            bodies = {"verzoek": operation.get("requestBody", {}), **operation["responses"]}
            for part, body in bodies.items():
                for content in check.resolved(body).get("content", {}).values():
                    for name, example in content.get("examples", {}).items():
                        place = f"{operation['operationId']} {part} {name}"
                        yield place, content["schema"], check.resolved(example)["value"]


def untrue(document: dict[str, Any]) -> list[str]:
    """Give every example that is not as its schema says."""
    check = Description(document)
    return [place for place, schema, value in examples(document) if check.fault(schema, value)]


def test_every_example_is_as_its_schema_says() -> None:
    assert sum(1 for _ in examples(DOCUMENT)) > 400
    assert untrue(DOCUMENT) == []


def test_every_request_has_an_example() -> None:
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert content["examples"], operation["operationId"]


@pytest.mark.parametrize("soort", list(CONTRACTS))
def test_every_example_of_a_message_is_read_without_a_fault(soort: Soort) -> None:
    found = sorted((folder(soort) / "examples").glob("*.json"))
    assert found
    for path in found:
        name = f"{soort.value}.{path.stem}"
        value = DOCUMENT["components"]["examples"][name]["value"]
        assert value == json.loads(path.read_text("utf-8"))
        body = json.dumps(value).encode()
        assert not read_message(CONTRACTS[soort], body, parse_object(body))[1]


def test_every_line_of_the_example_with_many_is_a_registration() -> None:
    schema = {"$ref": "#/components/schemas/Verzuimregistratie"}
    found = examples_of("postVerzuimregistraties", "verzoek", "application/x-ndjson")
    for _, text in found.values():
        lines = str(text).splitlines()
        assert len(lines) > 1
        assert all(CHECK.fault(schema, json.loads(line)) is None for line in lines)


def test_no_example_lies_unused() -> None:
    used = DOCUMENT["components"]["examples"]
    text = json.dumps(DOCUMENT["paths"]) + json.dumps(DOCUMENT["components"]["responses"])
    assert all(f'"#/components/examples/{name}"' in text for name in used)


# --- what is wrong is seen ---


def test_an_example_that_is_broken_is_seen() -> None:
    broken = deepcopy(DOCUMENT)
    del broken["components"]["examples"]["getBerichten.200.json"]["value"]["_links"]
    assert untrue(broken) == ["getBerichten 200 voorbeeld"]


def test_a_member_that_is_taken_from_a_schema_is_seen() -> None:
    broken = deepcopy(DOCUMENT)
    del broken["components"]["schemas"]["Postbusbericht"]["properties"]["soort"]
    assert untrue(broken) == ["getBerichten 200 voorbeeld"]


MAILBOX: dict[str, Any] = {
    "berichten": [
        {
            "berichtId": "01a1ee19-5500-7c3e-9d41-3f6a8e2b7c90",
            "soort": "signaal",
            "aangemaaktOp": "2026-11-18T10:00:00.000Z",
            "status": "nieuw",
        }
    ],
    "_links": {},
}
GOOD = Answer(
    method="GET",
    path="/v1/berichten",
    status=200,
    headers={"content-type": "application/json", "api-version": "1.0.0"},
    body=json.dumps(MAILBOX).encode(),
)
_MISSING = Answer(
    method="GET",
    path="/v1/berichten/x/y",
    status=404,
    headers={"content-type": "application/problem+json", "api-version": "1.0.0"},
    body=b"{}",
)


def _mailbox(**changes: object) -> Answer:
    (message,) = MAILBOX["berichten"]
    document = {**MAILBOX, "berichten": [{**message, **changes}]}
    return replace(GOOD, body=json.dumps(document).encode())


def _problem(code: str, status: int = 403) -> Answer:
    example = deepcopy(DOCUMENT["components"]["examples"]["geen-recht"]["value"])
    document = {**example, "code": code, "status": status}
    headers = {
        "content-type": "application/problem+json",
        "content-language": "nl",
        "api-version": "1.0.0",
    }
    return Answer("GET", "/v1/berichten", 403, headers, json.dumps(document).encode())


def test_what_is_described_passes() -> None:
    for answer in (GOOD, _MISSING, _problem("geen-recht"), replace(GOOD, method="HEAD", body=b"")):
        assert list(faults_of(answer, CHECK)) == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (_mailbox(naam="Jan"), "getBerichten 200: $.berichten[0] breaks additionalProperties"),
        (_mailbox(status="zoek"), "getBerichten 200: $.berichten[0].status breaks enum"),
        (_mailbox(berichtId="x"), "getBerichten 200: $.berichten[0].berichtId breaks format"),
        (
            _mailbox(aangemaaktOp="2026-11-18T11:00:00.000+01:00"),
            "getBerichten 200: $.berichten[0].aangemaaktOp breaks pattern",
        ),
        (replace(GOOD, body=b'{"_links": {}}'), "getBerichten 200: $ breaks required"),
        (replace(GOOD, status=201), "getBerichten 201: status not described"),
        (
            replace(GOOD, headers={**GOOD.headers, "content-type": "text/csv"}),
            "getBerichten 200: media type text/csv not described",
        ),
        (
            replace(GOOD, headers={**GOOD.headers, "server": "x"}),
            "getBerichten 200: header server not described",
        ),
        (
            replace(GOOD, headers={"content-type": "application/json"}),
            "getBerichten 200: header api-version is missing",
        ),
        (
            replace(GOOD, headers={**GOOD.headers, "api-version": "v1"}),
            "getBerichten 200: header api-version is not as described",
        ),
        (_problem("geen-grondslag"), "getBerichten 403: code geen-grondslag not described"),
        (_problem("geen-recht", 404), "getBerichten 403: status of the problem is another"),
        (replace(GOOD, method="PUT"), "PUT is no operation on this path, and gave 200"),
        (replace(_MISSING, status=400), "GET is no operation on this path, and gave 400"),
    ],
)
def test_what_is_not_described_is_seen_and_named_without_its_value(
    answer: Answer, fault: str
) -> None:
    assert list(faults_of(answer, CHECK)) == [fault]
