"""The edge of the API: methods, media types, headers, ids and times, the same on every answer."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from exchange.api import API_VERSION
from tests.integration.api.test_outage import SilentKeys, without_log
from tests.integration.api.world import World, bericht_id, refusal, signaal, steady

OFFICER = "leerplicht-0361"
SOME_ID = "0190a5d0-ac96-774b-bcce-b302099a8057"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"

ROUTES: dict[str, set[str]] = {
    "/v1/berichten": {"GET"},
    f"/v1/berichten/{SOME_ID}": {"GET"},
    f"/v1/berichten/{SOME_ID}/bevestigingen": {"POST"},
    f"/v1/berichten/{SOME_ID}/intrekkingen": {"POST"},
    f"/v1/berichten/{SOME_ID}/terugmeldingen": {"POST"},
    "/v1/ontvangstbewijzen": {"GET"},
    f"/v1/ontvangstbewijzen/{SOME_ID}": {"GET"},
    "/v1/terugmeldingen": {"GET"},
    "/v1/signalen": {"POST"},
    "/v1/verzuimmeldingen": {"POST"},
    "/v1/drempelmeldingen": {"GET"},
    "/v1/verzuimregistraties": {"POST"},
    "/v1/sleutel": {"PUT"},
    "/v1/sleutels": {"GET"},
    "/v1/codelijsten": {"GET"},
    "/v1/noodzaak": {"GET"},
    "/v1/logregels/_zoek": {"POST"},
    "/v1/inzageverzoeken": {"POST"},
    "/v1/verwerkingsactiviteiten": {"GET"},
    "/v1/verwerkingsactiviteiten/signaal-leerplicht/1": {"GET"},
    f"/v1/berichten/{SOME_ID}/bewaarketen": {"GET"},
    "/v1/logboek/checkpoint": {"GET"},
    "/v1/logboek/consistentie": {"GET"},
    "/v1/logboek/tile/0/000": {"GET"},
    "/v1/logboek/cosignatures": {"POST"},
    f"/v1/logboek/entries/{SOME_ID}/bewijs": {"GET"},
    "/v1/leveringen": {"GET"},
    "/v1/leveringen/1": {"GET"},
    "/v1/leveringen/1/csvw": {"GET"},
    "/v1/openapi.json": {"GET"},
    "/v1/vestigingen/99BB00/verzuimbeleid": {"GET", "PUT"},
    "/v1/vestigingen/99BB00/schoolkalenders/2026-2027": {"GET", "PUT"},
    "/v1/vestigingen/99BB00/leerlingaantallen/2026-10": {"GET", "PUT"},
    "/v1/vestigingen/99BB00/schoolcijfers/2026-10": {"GET", "PUT"},
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


# --- paths and methods ---


@pytest.mark.parametrize("path", ROUTES)
async def test_a_path_answers_405_to_every_other_method_and_says_which_it_takes(
    world: World, path: str
) -> None:
    taken = ROUTES[path] | ({"HEAD"} if "GET" in ROUTES[path] else set())
    for method in METHODS:
        for name in (None, OFFICER):
            answer = await world.call(name, method, path)
            assert (answer.status_code == 405) is (method not in taken), (method, answer.text)
            if method in taken:
                continue
            assert set(answer.headers["allow"].split(", ")) == taken
            if method != "HEAD":
                assert refusal(answer) == (405, "methode-niet-toegestaan")


@pytest.mark.parametrize("path", ROUTES)
async def test_a_path_with_a_slash_at_its_end_is_another_path(world: World, path: str) -> None:
    for name in (None, "las-noord", OFFICER):
        answer = await world.call(name, "GET", f"{path}/")
        assert refusal(answer) == (404, "niet-gevonden")
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/", "/v1", "/v1/", "/v2/berichten", "/berichten", "/V1/berichten", "/v1/Berichten",
        "/v1//berichten", "/v1/v1/berichten", "/v1/berichten/x/y/z", "/docs", "/redoc",
        "/openapi.json", "/v1/docs", "/metrics", "/livez", "/readyz", "/favicon.ico", "/v1/%00",
        "/%2e%2e/etc/passwd", "/v1/%2e%2e/v1/berichten", "/v1/.", "/v1/berichten%3Flimit=1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_path_is_not_found_for_everybody(
    world: World, path: str, method: str
) -> None:
    for name in (None, OFFICER):
        answer = await world.call(name, method, path)
        assert refusal(answer) == (404, "niet-gevonden")


@pytest.mark.parametrize(
    "number",
    [
        "x", "1", "-", "%00", "'--", "%F0%9F%92%A9", SOME_ID[:-1], SOME_ID + "0",
        SOME_ID.replace("-", "_"),
    ],
)  # fmt: skip
async def test_what_cannot_be_an_id_is_not_found(world: World, number: str) -> None:
    unknown = await world.call(OFFICER, "GET", f"/v1/berichten/{uuid4()}")
    for name, method, path, body in (
        (OFFICER, "GET", f"/v1/berichten/{number}", None),
        (OFFICER, "POST", f"/v1/berichten/{number}/bevestigingen", {"uitkomst": "ontvangen"}),
        (OFFICER, "POST", f"/v1/berichten/{number}/terugmeldingen", {"status": "in-behandeling"}),
        ("las-noord", "POST", f"/v1/berichten/{number}/intrekkingen", {"reden": "onjuist"}),
        ("las-noord", "GET", f"/v1/ontvangstbewijzen/{number}", None),
    ):
        answer = await world.call(name, method, path, body, idempotency_key=world.key())
        assert refusal(answer) == refusal(unknown) == (404, "niet-gevonden")


@pytest.mark.parametrize("form", ["{{{0}}}", "urn:uuid:{0}", "{1}", " {0}", "{0}%20", "{0}%0a"])
async def test_an_id_in_another_form_than_we_gave_it_is_not_found(world: World, form: str) -> None:
    number = await world.sent()
    other = form.format(number, number.replace("-", ""))
    answer = await world.call(OFFICER, "GET", f"/v1/berichten/{other}")
    assert refusal(answer) == (404, "niet-gevonden")


@pytest.mark.parametrize("end", ["%0a", "%0d%0a", "%00", "%09"])
async def test_a_path_with_a_line_end_behind_it_is_not_found(world: World, end: str) -> None:
    """A route's pattern would overlook it, and the same key would count twice."""
    for path in ("/v1/signalen", "/v1/verzuimregistraties", "/v1/schoolcijfers"):
        answer = await world.call("las-noord", "POST", path + end, {}, idempotency_key=world.key())
        assert refusal(answer) == (404, "niet-gevonden")


@pytest.mark.parametrize("year", ["2026", "2026-2028", "0000-0001", "9999-10000", "x", "2026_2027"])
async def test_what_cannot_be_a_school_year_is_not_found(world: World, year: str) -> None:
    path = f"/v1/vestigingen/99BB00/schoolkalenders/{year}"
    assert refusal(await world.call("las-noord", "GET", path)) == (404, "niet-gevonden")
    body = {"lesvrijePerioden": [{"van": "2026-12-24", "tot": "2027-01-03"}]}
    assert refusal(await world.call("las-noord", "PUT", path, body)) == (404, "niet-gevonden")


# --- media types ---


def taking_a_body() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Give a call of every kind that takes a body."""
    yield "las-noord", "POST", "/v1/signalen", {}
    yield "las-noord", "POST", "/v1/verzuimmeldingen", {}
    yield "las-noord", "POST", f"/v1/berichten/{SOME_ID}/intrekkingen", {"reden": "onjuist"}
    yield OFFICER, "POST", f"/v1/berichten/{SOME_ID}/bevestigingen", {"uitkomst": "ontvangen"}
    yield OFFICER, "POST", f"/v1/berichten/{SOME_ID}/terugmeldingen", {"status": "afgesloten"}
    yield OFFICER, "PUT", "/v1/sleutel", {}
    yield "las-noord", "PUT", "/v1/vestigingen/99BB00/verzuimbeleid", {}
    yield "las-noord", "PUT", "/v1/vestigingen/99BB00/schoolkalenders/2026-2027", {}
    yield "las-noord", "PUT", "/v1/vestigingen/99BB00/leerlingaantallen/2026-10", {}
    yield "las-noord", "PUT", "/v1/vestigingen/99BB00/schoolcijfers/2026-10", {}


@pytest.mark.parametrize(("name", "method", "path", "body"), list(taking_a_body()))
@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "text/plain"},
        {"content_type": ""},
        {"content_type": "application/xml"},
        {"content_type": "application/json; charset=iso-8859-1"},
        {"content_type": "application/problem+json"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "application/json", "content_encoding": "gzip"},
    ],
)
async def test_a_body_of_another_type_is_refused(
    world: World,
    name: str,
    method: str,
    path: str,
    body: dict[str, Any],
    headers: dict[str, str],
) -> None:
    content = json.dumps(body).encode()
    answer = await world.call(name, method, path, content, idempotency_key=world.key(), **headers)
    assert refusal(answer) == (415, "mediatype-niet-ondersteund")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
    ],
)
async def test_json_may_be_named_in_every_correct_way(world: World, content_type: str) -> None:
    body = json.dumps(signaal(world.pupil())).encode()
    answer = await world.call(
        "las-noord",
        "POST",
        "/v1/signalen",
        body,
        content_type=content_type,
        idempotency_key=world.key(),
    )
    bericht_id(answer)


GIVING = (
    ("las-noord", "POST", "/v1/signalen"),
    ("las-noord", "POST", "/v1/verzuimmeldingen"),
    ("las-noord", "GET", "/v1/drempelmeldingen?vestigingscode=99BB00"),
    ("las-noord", "GET", "/v1/ontvangstbewijzen?vestigingscode=99BB00"),
    ("las-noord", "GET", f"/v1/ontvangstbewijzen/{SOME_ID}"),
    ("las-noord", "GET", "/v1/terugmeldingen?vestigingscode=99BB00"),
    ("las-noord", "GET", "/v1/vestigingen/99BB00/verzuimbeleid"),
    ("las-noord", "PUT", "/v1/vestigingen/99BB00/verzuimbeleid"),
    (OFFICER, "GET", "/v1/berichten"),
    (OFFICER, "GET", f"/v1/berichten/{SOME_ID}"),
    (OFFICER, "POST", f"/v1/berichten/{SOME_ID}/bevestigingen"),
    (OFFICER, "POST", f"/v1/berichten/{SOME_ID}/terugmeldingen"),
    (OFFICER, "PUT", "/v1/sleutel"),
    ("ocw", "GET", "/v1/leveringen"),
    ("ocw", "GET", "/v1/leveringen/1/csvw"),
    (None, "GET", "/v1/sleutels"),
    (None, "GET", "/v1/codelijsten"),
    (None, "GET", "/v1/noodzaak"),
    (None, "GET", "/v1/openapi.json"),
)


@pytest.mark.parametrize(("name", "method", "path"), GIVING)
async def test_an_answer_that_nobody_can_read_is_not_given(
    world: World, name: str | None, method: str, path: str
) -> None:
    for accept in ("text/html", "application/xml, text/*;q=0.5", "application/vnd.x+json"):
        body = None if method == "GET" else b"{}"
        answer = await world.call(
            name, method, path, body, accept=accept, idempotency_key=world.key()
        )
        assert refusal(answer) == (406, "niet-aanvaardbaar")


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/*",
        "application/json",
        "text/html, application/json;q=0.1",
        "",
        "*/*;q=0.8",
    ],
)
async def test_an_answer_that_can_be_read_is_given(world: World, accept: str) -> None:
    answer = await world.call(OFFICER, "GET", "/v1/berichten", accept=accept)
    assert answer.status_code == 200


async def test_a_type_that_is_refused_by_weight_is_not_given(world: World) -> None:
    accept = "application/json;q=0"
    answer = await world.call(OFFICER, "GET", "/v1/berichten", accept=accept)
    assert refusal(answer) == (406, "niet-aanvaardbaar")


async def test_a_sealed_message_is_given_as_jose_and_as_nothing_else(world: World) -> None:
    number = await world.sent()
    path = f"/v1/berichten/{number}"
    refused = await world.call(OFFICER, "GET", path, accept="application/json")
    assert refusal(refused) == (406, "niet-aanvaardbaar")
    assert (await world.mailbox(OFFICER))[number] == "nieuw"
    (row,) = await world.rows("SELECT status FROM outbox WHERE bericht_id = $1", UUID(number))
    assert row["status"] == "wachtend"
    answer = await world.call(OFFICER, "GET", path, accept="application/jose")
    assert answer.status_code == 200


# --- HEAD ---


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (None, "/v1/sleutels"),
        (None, "/v1/openapi.json"),
        (OFFICER, "/v1/berichten"),
        (OFFICER, "/v1/berichten/{}"),
        ("las-noord", "/v1/ontvangstbewijzen?vestigingscode=99BB00"),
        ("las-noord", "/v1/terugmeldingen?vestigingscode=99BB00"),
        ("las-noord", "/v1/drempelmeldingen?vestigingscode=99BB00"),
        ("las-noord", "/v1/vestigingen/99BB00/verzuimbeleid"),
        ("las-noord", "/v1/vestigingen/99BB00/schoolkalenders/2026-2027"),
        ("las-noord", "/v1/vestigingen/99BB00/leerlingaantallen/2026-10"),
        ("las-noord", "/v1/vestigingen/99BB00/schoolcijfers/2026-10"),
        (None, "/v1/noodzaak"),
        ("ocw", "/v1/leveringen"),
        ("ocw", "/v1/leveringen/1"),
        ("ocw", "/v1/leveringen/1/csvw"),
        (OFFICER, f"/v1/berichten/{SOME_ID}"),
        (None, "/v1/berichten"),
        ("las-noord", "/v1/berichten"),
        (OFFICER, "/v1/signalen"),
        (None, "/nergens"),
    ],
)
async def test_head_gives_what_get_gives_without_the_body(
    world: World, name: str | None, path: str
) -> None:
    number = await world.sent() if "{}" in path else ""
    head = await world.call(name, "HEAD", path.format(number))
    got = await world.call(name, "GET", path.format(number))
    assert head.content == b""
    assert got.content
    assert (head.status_code, steady(head)) == (got.status_code, steady(got))


async def test_a_receipt_can_be_asked_for_with_head_too(world: World) -> None:
    path = f"/v1/ontvangstbewijzen/{await world.sent()}"
    head = await world.call("las-noord", "HEAD", path)
    got = await world.call("las-noord", "GET", path)
    assert (head.status_code, head.content) == (200, b"")
    assert steady(head) == steady(got)


@pytest.mark.parametrize(
    ("name", "path"),
    [(OFFICER, "/v1/berichten/{}"), (OFFICER, "/v1/berichten"), (OFFICER, "/v1/nergens")],
)
async def test_no_byte_of_a_body_leaves_for_a_head(world: World, name: str, path: str) -> None:
    path = path.format(await world.sent())
    assert await world.body_bytes(name, "HEAD", path) == b""
    assert len(await world.body_bytes(name, "GET", path)) > 50


# --- headers on every answer ---


class Broken:
    """A port that fails in a way nobody foresaw, with a value in its text."""

    def passed(self, step: str, result: object) -> object:
        raise RuntimeError("999970001 SPIJBEL")


async def _ok(world: World) -> httpx.Response:
    return await world.call(OFFICER, "GET", "/v1/berichten")


async def _accepted(world: World) -> httpx.Response:
    return await world.send(signaal(world.pupil()))


async def _created(world: World) -> httpx.Response:
    number = await world.sent()
    await world.download(OFFICER, number)
    return await world.answer(OFFICER, number, uitkomst="ontvangen")


async def _gone(world: World) -> httpx.Response:
    number = await world.sent()
    await world.withdraw(number)
    return await world.call(OFFICER, "GET", f"/v1/berichten/{number}")


async def _fault(world: World) -> httpx.Response:
    return await world.over(steps=Broken()).send(signaal(world.pupil()))


async def _no_log(world: World) -> httpx.Response:
    async with without_log(world):
        return await world.send(signaal(world.pupil()))


async def _no_keys(world: World) -> httpx.Response:
    return await world.over(keys=SilentKeys(world.gateway.keys)).send(signaal(world.pupil()))


async def _large(world: World) -> httpx.Response:
    return await world.send(b" " * (1024 * 1024 + 1))


ANSWERS: dict[str, tuple[int, Callable[[World], Awaitable[httpx.Response]]]] = {
    "200": (200, _ok),
    "201": (201, _created),
    "202": (202, _accepted),
    "400": (400, lambda w: w.send({})),
    "401": (401, lambda w: w.call(None, "GET", "/v1/berichten")),
    "403": (403, lambda w: w.call("fg", "GET", "/v1/berichten")),
    "404 id": (404, lambda w: w.call(OFFICER, "GET", f"/v1/berichten/{SOME_ID}")),
    "404 route": (404, lambda w: w.call(OFFICER, "GET", "/v1/nergens")),
    "404 outside": (404, lambda w: w.call(OFFICER, "GET", "/nergens")),
    "405": (405, lambda w: w.call(OFFICER, "DELETE", "/v1/berichten")),
    "406": (406, lambda w: w.call(OFFICER, "GET", "/v1/berichten", accept="text/html")),
    "409": (409, lambda w: w.send(signaal(w.pupil(), woongemeente="0363"))),
    "410": (410, _gone),
    "413": (413, _large),
    "415": (415, lambda w: w.call(OFFICER, "PUT", "/v1/sleutel", b"{}", content_type="text/css")),
    "500": (500, _fault),
    "503 log": (503, _no_log),
    "503 keys": (503, _no_keys),
    "public": (200, lambda w: w.call(None, "GET", "/v1/sleutels")),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_every_answer_carries_the_version_and_the_security_headers(
    world: World, what: str
) -> None:
    status, act = ANSWERS[what]
    answer = await act(world)
    assert answer.status_code == status, answer.text
    headers = answer.headers
    assert headers["api-version"] == API_VERSION
    assert re.fullmatch(r"1\.\d+\.\d+", headers["api-version"])
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert re.match(r"max-age=[1-9]\d{7,}", headers["strict-transport-security"])
    assert headers["content-type"]
    assert int(headers["content-length"]) == len(answer.content)
    for absent in ("set-cookie", "server", "x-powered-by", "location"):
        assert absent not in headers
    assert ("access-control-allow-origin" in headers) is False
    assert len(headers.multi_items()) == len(headers)  # none of them twice


@pytest.mark.parametrize("what", [name for name, (status, _) in ANSWERS.items() if status >= 400])
async def test_every_problem_document_has_the_same_form(world: World, what: str) -> None:
    status, act = ANSWERS[what]
    answer = await act(world)
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "nl"
    assert set(document) == {"type", "title", "status", "detail", "instance", "code", "fouten"}
    assert document["status"] == status
    assert document["type"] == f"/problemen/{document['code']}"
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", document["instance"])
    assert ("retry-after" in answer.headers) is (status == 503)
    for fault in document["fouten"]:
        assert set(fault) == {"pointer", "code", "detail"}


async def test_a_fault_of_our_own_says_nothing_of_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await _fault(world)
    assert refusal(answer) == (500, "interne-fout")
    assert "RuntimeError" not in answer.text
    said = capsys.readouterr().out
    assert "RuntimeError" in said  # the operator learns its type and its place
    for text in (answer.text, said):
        assert "999970001" not in text
        assert "SPIJBEL" not in text


# --- the description ---


@pytest.mark.parametrize("name", [None, "niemand", OFFICER])
async def test_everybody_may_read_the_description_from_anywhere(
    world: World, name: str | None
) -> None:
    answer = await world.call(name, "GET", "/v1/openapi.json", origin="https://elders.example")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1.")


async def test_the_description_names_every_route_and_method_that_there_is(world: World) -> None:
    document = (await world.call(None, "GET", "/v1/openapi.json")).json()
    described = {
        f"/v1{path}": {method.upper() for method in operations}
        for path, operations in document["paths"].items()
    }
    generic = {
        "berichtId": SOME_ID,
        "vestigingscode": "99BB00",
        "schooljaar": "2026-2027",
        "periode": "2026-10",
        "nummer": "1",
        "entry": SOME_ID,
        "niveau": "0",
        "tegel": "000",
        "activiteit": "signaal-leerplicht",
        "versie": "1",
    }
    assert {path.format(**generic): methods for path, methods in described.items()} == {
        path: methods for path, methods in ROUTES.items() if path != "/v1/openapi.json"
    }


async def test_the_gateways_published_keys_are_public_and_named(world: World) -> None:
    keys = (await world.call(None, "GET", "/v1/sleutels")).json()["keys"]
    assert keys
    for key in keys:
        assert key.keys().isdisjoint({"d", "k", "p", "q"})
        assert key["kid"]


# --- ids and times ---


def times_in(value: object) -> Iterator[str]:
    """Give every text in a document that looks like a moment."""
    if isinstance(value, dict):
        for child in value.values():
            yield from times_in(child)
    elif isinstance(value, list):
        for child in value:
            yield from times_in(child)
    elif isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        yield value


async def test_every_moment_is_in_utc_with_a_z(world: World) -> None:
    number = await world.sent()
    await world.collect(OFFICER, number)
    await world.report(OFFICER, number, status="in-behandeling")
    for name, path, least in (
        (OFFICER, "/v1/berichten", 1),
        ("las-noord", f"/v1/ontvangstbewijzen/{number}", 2),
        ("las-noord", "/v1/ontvangstbewijzen?vestigingscode=99BB00", 2),
        ("las-noord", "/v1/terugmeldingen?vestigingscode=99BB00", 1),
    ):
        found = list(times_in((await world.call(name, "GET", path)).json()))
        assert len(found) >= least
        for moment in found:
            assert re.fullmatch(r"2026-11-18T10:00:00\.\d{3}Z", moment)


async def test_every_id_is_a_uuid_of_version_7(world: World) -> None:
    number = await world.sent()
    await world.collect(OFFICER, number)
    await world.report(OFFICER, number, status="in-behandeling")
    receipt = await world.receipt(number)
    stored = await world.rows("SELECT id FROM terugmeldingen")
    logged = [line.entry for line in await world.log()]
    ids = [UUID(number), UUID(receipt["logboek"]["entry"]), *(row["id"] for row in stored), *logged]
    assert {(found.version, found.variant) for found in ids} == {(7, "specified in RFC 4122")}


async def test_an_id_in_capitals_names_the_same_message(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    answer = await world.answer(OFFICER, number.upper(), uitkomst="ontvangen")
    assert (answer.status_code, answer.json()["berichtId"]) == (201, number)


# --- trace context ---


async def test_the_senders_trace_is_carried_into_the_log_and_the_problem(world: World) -> None:
    traceparent = f"00-{TRACE}-{PARENT}-00"
    answer = await world.call(
        "las-noord",
        "POST",
        "/v1/signalen",
        signaal(world.pupil()),
        idempotency_key=world.key(),
        traceparent=traceparent,
    )
    lines = {str(line.bericht_id): line.document for line in await world.log()}
    document = lines[bericht_id(answer)]
    assert (document["trace_id"], document["parent_span_id"]) == (TRACE, PARENT)
    assert re.fullmatch(r"[0-9a-f]{16}", document["span_id"])
    assert document["span_id"] != PARENT
    refused = await world.call(None, "GET", "/v1/berichten", traceparent=traceparent)
    assert refused.json()["instance"] == UUID(TRACE).urn


@pytest.mark.parametrize(
    "traceparent",
    [
        "", "x", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01", f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE[:-1]}-{PARENT}-01", "00-999970001",
    ],
)  # fmt: skip
async def test_a_malformed_trace_is_replaced_by_one_of_our_own(
    world: World, traceparent: str
) -> None:
    answer = await world.call(None, "GET", "/v1/berichten", traceparent=traceparent)
    instance = UUID(answer.json()["instance"].removeprefix("urn:uuid:"))
    assert instance.int
    assert instance != UUID(TRACE)
    again = await world.call(None, "GET", "/v1/berichten", traceparent=traceparent)
    assert again.json()["instance"] != answer.json()["instance"]
