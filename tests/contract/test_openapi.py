"""The description of the API holds together, and agrees with schemas, routes and real problems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from fastapi.openapi.models import OpenAPI
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator

from exchange.api import API_VERSION
from exchange.api.edge import SECURITY_HEADERS
from exchange.api.v1 import ROUTERS
from exchange.messages.contracts import CONTRACTS
from exchange.messages.soort import Soort
from tests.described import Description
from tests.generate import application, openapi, pretty, schema_of

DOCUMENT = openapi()
CHECK = Description(DOCUMENT)
resolved = CHECK.resolved
OPERATIONS = [
    (path, method, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
SENDS = {
    Soort.SIGNAAL: ("post", "/signalen"),
    Soort.VERZUIMMELDING: ("post", "/verzuimmeldingen"),
    Soort.VERZUIMREGISTRATIES: ("post", "/verzuimregistraties"),
    Soort.INTREKKING: ("post", "/berichten/{berichtId}/intrekkingen"),
    Soort.LEERLINGAANTALLEN: ("put", "/vestigingen/{vestigingscode}/leerlingaantallen/{periode}"),
    Soort.SCHOOLCIJFERS: ("put", "/vestigingen/{vestigingscode}/schoolcijfers/{periode}"),
}


async def test_what_is_served_is_what_is_described() -> None:
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="https://gateway") as client:
        served = await client.get("/v1/openapi.json")
    assert served.json() == DOCUMENT


def test_every_application_in_a_process_describes_the_same() -> None:
    assert openapi() == openapi() == DOCUMENT


def test_it_is_openapi_3_1() -> None:
    known = {k: v for k, v in DOCUMENT["components"].items() if k != "securitySchemes"}
    OpenAPI.model_validate({**DOCUMENT, "components": known})  # FastAPI does not know mutualTLS
    assert DOCUMENT["components"]["securitySchemes"]["mutualTLS"]["type"] == "mutualTLS"
    assert DOCUMENT["openapi"].startswith("3.1.")
    info = DOCUMENT["info"]
    assert (info["title"], info["version"]) == ("Verzuim Exchange", API_VERSION)
    assert info["contact"].keys() == {"name", "url", "email"}
    assert info["license"]["identifier"] == "EUPL-1.2"
    (server,) = DOCUMENT["servers"]
    assert server["url"] == "https://{host}/v1"
    assert server["variables"]["host"]["default"]


def test_every_reference_leads_somewhere() -> None:
    found = list(_references(DOCUMENT))
    assert found
    for reference in found:
        target: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            target = target[unquote(part)]
        assert isinstance(target, dict)


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, child in value.items():
            if name == "$ref":
                yield child
            else:
                yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def test_every_schema_in_it_is_a_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for path, method, operation in OPERATIONS:
        for content in operation.get("requestBody", {}).get("content", {}).values():
            Draft202012Validator.check_schema(content["schema"])
        for parameter in map(resolved, operation.get("parameters", [])):
            Draft202012Validator.check_schema(parameter["schema"]), (path, method)


def test_no_trace_is_left_of_the_frameworks_own_errors() -> None:
    text = json.dumps(DOCUMENT)
    assert "HTTPValidationError" not in text
    assert '"422"' not in text


def test_every_tag_is_described_and_used() -> None:
    described = [tag["name"] for tag in DOCUMENT["tags"] if tag["description"]]
    used = {tag for _, _, operation in OPERATIONS for tag in operation["tags"]}
    assert set(described) == used
    assert len(described) == len(used)


def test_every_operation_is_called_after_its_function() -> None:
    for _, method, operation in OPERATIONS:
        assert operation["operationId"].startswith(method)
        assert operation["operationId"].isalpha()


def test_what_every_answer_carries_is_told_once_in_words() -> None:
    told = DOCUMENT["info"]["description"]
    for name in set(SECURITY_HEADERS) - {"api-version"}:
        assert f"`{name.title().replace('Csp', 'CSP')}`" in told


def test_it_is_small_enough_to_be_read() -> None:
    assert len(pretty(DOCUMENT)) < MOST_BYTES


MOST_BYTES = 430_000
"""As it lies in the repository; shared parts stand once."""


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_every_route_is_described_but_the_description_itself() -> None:
    routes = {
        (route.path_format, method.lower())
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    described = {(path, method) for path, method, _ in OPERATIONS}
    assert routes - described == {("/openapi.json", "get")}
    assert described <= routes


@pytest.mark.parametrize("soort", list(Soort))
def test_what_a_message_may_hold_is_the_same_here_and_in_its_schema(soort: Soort) -> None:
    method, path = SENDS[soort]
    operation = DOCUMENT["paths"][path][method]
    here = resolved(operation["requestBody"]["content"]["application/json"]["schema"])
    components = DOCUMENT["components"]["schemas"]
    there = schema_of(soort)
    assert _bare(here, components) == _bare(there, there.get("$defs", {}))
    assert list(here["properties"]) == list(CONTRACTS[soort].members)


def _bare(value: object, definitions: dict[str, Any]) -> object:
    """Follow every reference, and leave out what only decorates."""
    if isinstance(value, list):
        return [_bare(child, definitions) for child in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _bare(definitions[value["$ref"].rpartition("/")[2]], definitions)
    ignored = {"title", "$defs", "$schema", "default", "description"}
    return {
        name: {key: _bare(child, definitions) for key, child in part.items()}
        if name == "properties"
        else _bare(part, definitions)
        for name, part in value.items()
        if name not in ignored
    }


def test_a_submission_asks_for_an_idempotency_key() -> None:
    for path in (path for method, path in SENDS.values() if method == "post"):
        given = map(resolved, DOCUMENT["paths"][path]["post"]["parameters"])
        names = {parameter["name"].lower() for parameter in given}
        assert {"idempotency-key", "valideer"} <= names
