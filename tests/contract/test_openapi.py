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
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from exchange.api import API_VERSION
from exchange.api.problems import problem
from exchange.api.v1 import ROUTERS
from exchange.errors import Code, Invalid, Refused, Violation
from exchange.messages.contracts import CONTRACTS
from exchange.messages.soort import Soort
from tests.generate import application, openapi, schema_of
from tests.pure import TRACE

DOCUMENT = openapi()
OPERATIONS = [
    (path, method, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
EACH = pytest.mark.parametrize(
    ("path", "operation"),
    [
        pytest.param(path, operation, id=f"{method} {path}")
        for path, method, operation in OPERATIONS
    ],
)
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
    OpenAPI.model_validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1.")
    info = DOCUMENT["info"]
    assert (info["title"], info["version"]) == ("Verzuim Exchange", API_VERSION)
    assert info["contact"].keys() == {"name", "url", "email"}
    assert all(server["url"].endswith("/v1") for server in DOCUMENT["servers"])


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
        for parameter in operation.get("parameters", []):
            Draft202012Validator.check_schema(parameter["schema"]), (path, method)


def test_no_trace_is_left_of_the_frameworks_own_errors() -> None:
    text = json.dumps(DOCUMENT)
    assert "HTTPValidationError" not in text
    assert '"422"' not in text


@EACH
def test_an_operation_says_what_it_does_in_a_word_and_in_a_sentence(
    path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert operation["tags"]


PLAIN = {
    "/logboek/checkpoint": ("text/plain",),
    "/logboek/tile/{niveau}/{tegel}": ("application/octet-stream",),
}
"""What the log publishes has the forms of C2SP."""


@EACH
def test_an_operation_declares_its_success_and_its_problem(
    path: str, operation: dict[str, Any]
) -> None:
    (whole, *parts) = [status for status in operation["responses"] if status.startswith("2")]
    content = operation["responses"][whole]["content"]
    if parts:  # what is stored is given in forms, in whole or in part
        assert parts == ["206"]
        assert operation["responses"]["206"]["content"] == content
        assert path.startswith("/leveringen/")
    else:
        (only,) = content
        assert only in {"application/json", "application/jose", *PLAIN.get(path, ())}
    trouble = operation["responses"]["default"]["content"]
    assert trouble == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Probleem"}}
    }


@EACH
def test_an_operation_declares_every_parameter_of_its_path(
    path: str, operation: dict[str, Any]
) -> None:
    named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
    declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
    assert declared == named


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
    here = operation["requestBody"]["content"]["application/json"]["schema"]
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
    ignored = {"title", "$defs", "$schema", "default"}
    return {
        name: {key: _bare(child, definitions) for key, child in part.items()}
        if name == "properties"
        else _bare(part, definitions)
        for name, part in value.items()
        if name not in ignored
    }


def test_a_submission_asks_for_an_idempotency_key() -> None:
    for path in (path for method, path in SENDS.values() if method == "post"):
        names = {p["name"].lower() for p in DOCUMENT["paths"][path]["post"]["parameters"]}
        assert {"idempotency-key", "valideer"} <= names


# --- problems ---

REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:openapi", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
)
PROBLEM = Draft202012Validator(
    {"$ref": "urn:openapi#/components/schemas/Probleem"},
    registry=REGISTRY,
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)


@pytest.mark.parametrize("code", list(Code))
def test_a_real_problem_is_as_described(code: Code) -> None:
    for error in (
        Refused(code, berichtId="01a1f3c2-5b00-7c3e-9d41-3f6a8e2b7c90", reden="stays inside"),
        Invalid([Violation("/pgn", code, "Dit is het."), Violation("", code, "En dit.")]),
    ):
        status, headers, body = problem(error, TRACE)
        document = json.loads(body)
        PROBLEM.validate(document)
        assert document["status"] == status
        assert headers["content-type"] == "application/problem+json"
        assert "stays inside" not in body.decode()


def test_the_description_of_a_problem_refuses_something() -> None:
    status, _, body = problem(Refused(Code.NIET_GEVONDEN), TRACE)
    document = json.loads(body)
    for name in document:
        assert not PROBLEM.is_valid({k: v for k, v in document.items() if k != name})
    assert not PROBLEM.is_valid({**document, "status": str(status)})
