"""The NL API Design Rules 2.2 at run time, for every operation and every way to be wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.types import Scope

from exchange.api import API_VERSION
from exchange.api.app import build_app
from exchange.api.visit import Door
from exchange.pipeline.stages import Peer
from exchange.telemetry.metrics import Metrics
from tests.adr.walk import METHODS, Operation, operations, parameters
from tests.generate import openapi
from tests.integration.api.test_edge import times_in
from tests.integration.api.world import World, faults, refusal, steady
from tests.privacy.territory import NOORD, ROUTES, Call

DOCUMENT = openapi()
OPERATIONS = list(operations(DOCUMENT))
EACH = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
GETS = pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.method == "get"], ids=str)
BODIES = [o for o in OPERATIONS if "requestBody" in o.content]
WITH_BODY = pytest.mark.parametrize("operation", BODIES, ids=str)
WITH_JSON = pytest.mark.parametrize(
    "operation",
    [o for o in BODIES if "application/json" in o.content["requestBody"]["content"]],
    ids=str,
)
MANY_MEMBERS = pytest.mark.parametrize(
    "operation",
    [o for o in BODIES if o.path not in {"/sleutel", "/logboek/cosignatures"}],  # one thing each
    ids=str,
)
PUTS = pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.method == "put"], ids=str)

SECURITY: dict[str, str] = {
    "api-version": re.escape(API_VERSION),
    "content-security-policy": r".*\bframe-ancestors 'none'.*",
    "strict-transport-security": r"max-age=[1-9]\d{7,}.*",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
"""A tile of the log never changes and says nothing of anybody (decision 0016)."""

OURS = re.compile(r"uvicorn|starlette|fastapi|pydantic|python|postgres|asyncpg|traceback|\.py\b")
"""What would tell with what it was made."""


def require_edge(answer: httpx.Response, operation: Operation | None = None) -> None:
    """Hold an answer against the rules that every answer keeps."""
    headers = answer.headers
    tile = (
        operation is not None and operation.path.startswith("/logboek/tile") and answer.is_success
    )
    for name, form in (SECURITY | (FOR_EVER if tile else {})).items():
        assert re.fullmatch(form, headers[name]), (name, headers[name])
        assert len(headers.get_list(name)) == 1
    for absent in ("set-cookie", "server", "x-powered-by", "location"):
        assert absent not in headers
    assert not any(name.startswith("access-control") for name in headers)
    assert not OURS.search(str(headers).lower())
    assert headers["content-type"]
    assert answer.status_code != 422
    if answer.status_code >= 400 and answer.content:
        assert not OURS.search(answer.text.lower())
        assert headers["content-type"] == "application/problem+json"
        document = answer.json()
        assert document["status"] == answer.status_code
        assert document["title"]
        assert document["detail"]


async def ready(world: World, operation: Operation) -> tuple[Call, str]:
    """Give a call of an operation that succeeds, and who may make it."""
    route = ROUTES[operation.method.upper(), operation.path]
    owner = route.owner(NOORD)
    assert owner is not None
    return await route.make(world, NOORD), owner


def with_headers(call: Call, **headers: str) -> Call:
    """Give the same call with other headers; names are written with underscores."""
    return replace(call, headers={**call.headers, **headers})


# --- success ---


@EACH
async def test_an_answer_that_succeeds_keeps_the_rules_of_every_answer(
    world: World, operation: Operation
) -> None:
    call, owner = await ready(world, operation)
    answer = await with_headers(call, origin="https://elders.example").by(owner, world)
    assert answer.is_success, answer.text
    require_edge(answer, operation)
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in operation.content["responses"][str(answer.status_code)]["content"]
    if kind == "application/json":
        for moment in times_in(answer.json()):
            assert moment.endswith("Z"), moment


@GETS
async def test_head_answers_as_get_does_without_a_body(world: World, operation: Operation) -> None:
    call, owner = await ready(world, operation)
    head = await replace(call, method="HEAD").by(owner, world)
    got = await call.by(owner, world)
    require_edge(head, operation)
    assert got.content
    assert head.content == b""
    assert head.headers["content-length"] == str(len(got.content)) or _signed_anew(operation)
    unsteady = {"content-length"} if _signed_anew(operation) else set()
    assert {k: v for k, v in steady(head).items() if k not in unsteady} == {
        k: v for k, v in steady(got).items() if k not in unsteady
    }
    assert head.status_code == got.status_code


def _signed_anew(operation: Operation) -> bool:
    """A custody file tells of every look at its message, so of the HEAD too: it is longer then."""
    return operation.path.endswith("/bewaarketen")


@GETS
async def test_get_is_safe_to_repeat(world: World, operation: Operation) -> None:
    call, owner = await ready(world, operation)
    first, second = [await call.by(owner, world) for _ in range(2)]
    assert first.is_success
    assert second.status_code == first.status_code
    if not operation.path.startswith(("/ontvangstbewijzen", "/berichten/{berichtId}/bewaar")):
        assert second.content == first.content  # those are signed again at every look


@PUTS
async def test_put_is_safe_to_repeat(world: World, operation: Operation) -> None:
    call, owner = await ready(world, operation)
    await call.by(owner, world)
    before = await world.everything()
    again = await call.by(owner, world)
    assert again.is_success
    assert steps(before) == steps(await world.everything())


def steps(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    """Leave out the log: a repeat is an act of its own there."""
    return {name: rows for name, rows in tables.items() if "log" not in name}


# --- refusals ---


@EACH
async def test_a_method_that_a_path_does_not_take_is_405_and_told_which_it_takes(
    world: World, operation: Operation
) -> None:
    item = DOCUMENT["paths"][operation.path]
    taken = {method.upper() for method in METHODS if method in item}
    taken |= {"HEAD"} if "GET" in taken else set()
    call, owner = await ready(world, operation)
    for method in {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} - taken:
        answer = await replace(call, method=method, body=None).by(owner, world)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == taken
        require_edge(answer)


@EACH
async def test_a_slash_at_the_end_is_not_found_and_leads_nowhere(
    world: World, operation: Operation
) -> None:
    call, owner = await ready(world, operation)
    path, *query = call.path.split("?")
    answer = await replace(call, path="?".join([f"{path}/", *query])).by(owner, world)
    assert refusal(answer) == (404, "niet-gevonden")
    require_edge(answer)


@EACH
async def test_an_unknown_accept_is_406(world: World, operation: Operation) -> None:
    call, owner = await ready(world, operation)
    for accept in ("application/vnd.anders+json", "image/png;q=1"):
        answer = await with_headers(call, accept=accept).by(owner, world)
        assert refusal(answer) == (406, "niet-aanvaardbaar")
        require_edge(answer)


@WITH_BODY
async def test_a_wrong_media_type_is_415(world: World, operation: Operation) -> None:
    call, owner = await ready(world, operation)
    for content_type in ("application/xml", "text/csv", ""):
        answer = await with_headers(call, content_type=content_type).by(owner, world)
        assert refusal(answer) == (415, "mediatype-niet-ondersteund")
        require_edge(answer)


MALFORMED = (b"", b"{", b"[]", b'"tekst"', b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff{}", b"null")


@WITH_JSON
async def test_malformed_json_is_400(world: World, operation: Operation) -> None:
    call, owner = await ready(world, operation)
    for body in MALFORMED:
        answer = await replace(call, body=body).by(owner, world)
        assert refusal(answer) == (400, "ongeldige-json"), body
        require_edge(answer)


@MANY_MEMBERS
async def test_all_that_is_wrong_is_told_at_once(world: World, operation: Operation) -> None:
    call, owner = await ready(world, operation)
    answer = await replace(call, body={"eerste": 1, "tweede": 2}).by(owner, world)
    assert answer.status_code == 400
    told = {pointer.rpartition("/")[2] for pointer, code in faults(answer) if "veld" in code}
    assert told >= {"eerste", "tweede"}
    require_edge(answer)


@EACH
async def test_a_parameter_that_is_wrong_is_400(world: World, operation: Operation) -> None:
    call, owner = await ready(world, operation)
    queried = [p for p in parameters(DOCUMENT, operation) if p["in"] == "query"]
    for name in {p["name"] for p in queried} & {"limit", "cursor", "namens", "vestigingscode"}:
        path = re.sub(rf"[?&]{name}=[^&]*", "", call.path)
        sign = "&" if "?" in path else "?"
        answer = await replace(call, path=f"{path}{sign}{name}=%00x").by(owner, world)
        assert answer.status_code == 400, name
        assert f"/{name}" in [pointer for pointer, _ in faults(answer)]
        require_edge(answer)


# --- our own failure ---


@EACH
async def test_a_failure_nobody_foresaw_is_a_problem_without_a_word_of_it(
    world: World, operation: Operation, capsys: pytest.CaptureFixture[str]
) -> None:
    call, owner = await ready(world, operation)

    def fails(_: Scope) -> Peer | None:
        raise RuntimeError("999970001 SPIJBEL postgres")

    app = build_app(Door(world.gateway, fails, world.snapshot.refresh), Metrics())
    answer = await call.by(owner, replace(world, app=app))
    assert refusal(answer) == (500, "interne-fout")
    require_edge(answer)
    assert "999970001" not in answer.text + capsys.readouterr().out


# --- cross-origin ---


@EACH
async def test_no_page_of_elsewhere_may_read_an_operation(
    world: World, operation: Operation
) -> None:
    """The description alone may be read from anywhere (test_edge)."""
    call, owner = await ready(world, operation)
    asked = {"origin": "https://elders.example", "access_control_request_method": call.method}
    preflight = await with_headers(replace(call, method="OPTIONS", body=None), **asked).by(
        owner, world
    )
    assert preflight.status_code == 405
    require_edge(preflight)


async def test_the_description_is_the_one_exception_and_takes_no_preflight(world: World) -> None:
    origin = {"origin": "https://elders.example"}
    got = await world.call(None, "GET", "/v1/openapi.json", **origin)
    head = await world.call(None, "HEAD", "/v1/openapi.json", **origin)
    assert got.headers["access-control-allow-origin"] == "*"
    assert steady(head) == steady(got)
    assert "access-control-allow-credentials" not in got.headers
    preflight = await world.call(
        None, "OPTIONS", "/v1/openapi.json", access_control_request_method="GET", **origin
    )
    assert preflight.status_code == 405
    require_edge(preflight)


# --- time ---


async def _searched(world: World, **asked: str) -> httpx.Response:
    return await world.call("fg", "POST", "/v1/logregels/_zoek", asked)


@pytest.mark.parametrize("offset", ["Z", "+00:00", "+02:00", "-05:30", "+14:00"])
async def test_any_offset_is_taken_and_utc_is_given_back(world: World, offset: str) -> None:
    await world.sent()
    answer = await _searched(world, van=f"2026-11-01T00:00:00{offset}")
    assert answer.status_code == 200, answer.text
    found = list(times_in(answer.json()))
    assert found
    assert all(re.fullmatch(r"2026-11-18T10:00:00\.\d{3}Z", moment) for moment in found)


async def test_offsets_that_name_one_moment_find_the_same(world: World) -> None:
    await world.sent()
    found: list[Any] = []
    for moment in ("2026-11-18T10:00:00Z", "2026-11-18T12:00:00+02:00"):
        answer = await _searched(world, tot=moment, activiteit="signaal-leerplicht/1")
        found.append(answer.json()["logregels"])
    assert found[0] == found[1] == []  # all were made at that moment, none before it
    later = await _searched(world, tot="2026-11-18T11:30:00+01:00")
    assert later.json()["logregels"]


@pytest.mark.parametrize("naive", ["2026-11-18T10:00:00", "2026-11-18 10:00", "2026-11-18T10"])
async def test_a_moment_without_a_zone_is_refused(world: World, naive: str) -> None:
    answer = await _searched(world, van=naive)
    assert refusal(answer) == (400, "datum-ongeldig")
    assert faults(answer) == [("/van", "datum-ongeldig")]


def test_every_operation_is_tried() -> None:
    assert {(o.method.upper(), o.path) for o in OPERATIONS} == set(ROUTES)
