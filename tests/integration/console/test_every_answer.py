"""What holds for every answer of the console, whatever the page and whoever asks."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest
from starlette.routing import Route

from exchange.console.pages import all_routes
from exchange.console.policy import CONTENT_SECURITY_POLICY
from exchange.console.statics import STATICS, address
from exchange.errors import Code, Unavailable
from tests.integration.api.world import World
from tests.integration.console.visitors import Person, person, with_console

OPEN = {
    "/console/aanmelden",
    "/console/aanmelden/begin",
    "/console/aanmelden/terug",
    "/console/link/{secret}",
}
"""What anybody may ask who is not signed in; a new line here is a decision."""

PAGES = [route for route in all_routes() if "GET" in (route.methods or ())]
FORMS = [route for route in all_routes() if "POST" in (route.methods or ())]
CLOSED = [route for route in PAGES if route.path not in OPEN]
HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}


def filled(route: Route) -> str:
    """Give an address of a route; what it names does not exist."""
    return re.sub(r"\{[^}]+\}", str(uuid4()), route.path)


def check(answer: httpx.Response) -> None:
    """Check what is the same on every answer that is not a file."""
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, (answer.url, name)
    policy = answer.headers["content-security-policy"]
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert policy == CONTENT_SECURITY_POLICY
        assert answer.text.count("<h1") == 1
        assert '<html lang="nl">' in answer.text
    else:
        assert policy.startswith("default-src 'none'")
    assert "server" not in answer.headers


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.path)
async def test_every_page_has_the_headers_signed_in_or_not(world: World, route: Route) -> None:
    async with Person(world) as nobody, person(world) as officer:
        for who in (nobody, officer):
            check(await who.get(filled(route)))


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: route.path)
async def test_who_is_not_signed_in_goes_to_sign_in_first(world: World, route: Route) -> None:
    async with Person(world) as nobody:
        answer = await nobody.get(filled(route))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/aanmelden")


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: route.path)
async def test_an_invented_session_is_nobody(world: World, route: Route) -> None:
    async with Person(world) as nobody:
        for secret in ("A" * 43, "x", "AAAA", "%00"):
            nobody.cookies.set("__Host-vx-sessie", secret, domain="gateway.local", path="/")
            assert (await nobody.get(filled(route))).status_code == 303


@pytest.mark.parametrize("route", FORMS, ids=lambda route: route.path)
async def test_every_form_is_refused_without_session_and_without_token(
    world: World, route: Route
) -> None:
    async with Person(world) as nobody, person(world) as officer:
        assert (await nobody.post(filled(route), data={"csrf": "x"})).status_code == 401
        before = len(await world.log())
        refused = await officer.post(filled(route), data={"csrf": "A" * 43})
        assert refused.status_code == 403
        check(refused)
        assert len(await world.log()) == before  # nothing was done


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: route.path)
async def test_every_form_on_a_page_carries_the_token_and_no_pupil_goes_into_an_address(
    world: World, route: Route
) -> None:
    async with person(world) as officer:
        answer = await officer.get(filled(route))
    if not answer.headers["content-type"].startswith("text/html"):
        return  # a file to keep
    forms = _FORM.findall(answer.text)
    assert forms  # there is one to sign out at least
    for attributes, content in forms:
        if 'method="post"' in attributes:
            assert 'name="csrf"' in content
        else:
            assert 'name="csrf"' not in content
            assert 'name="pgn"' not in content


_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)


def test_there_are_pages_and_forms_to_check() -> None:
    assert FORMS
    assert CLOSED


@pytest.mark.parametrize("path", ["/console/", "/console/nee", "/console/static/x.css"])
async def test_what_is_not_there_says_so_in_the_layout(world: World, path: str) -> None:
    async with Person(world) as nobody, person(world) as officer:
        assert 'aria-label="Hoofdmenu"' not in (await nobody.get(path)).text
        answer = await officer.get(path)
        assert answer.status_code == 404
        check(answer)
        assert "Deze pagina bestaat niet" in answer.text
        assert 'aria-label="Hoofdmenu"' in answer.text


async def test_beside_the_console_there_is_nothing(world: World) -> None:
    async with Person(world) as nobody:
        for path in ("/consolex", "/console.html", "/"):
            answer = await nobody.get(path)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_another_method_is_not_known(world: World) -> None:
    async with person(world) as officer:
        answer = await officer.put("/console")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    check(answer)


@pytest.mark.parametrize("name", STATICS)
async def test_a_file_is_kept_for_ever_under_a_name_of_its_content(world: World, name: str) -> None:
    async with Person(world) as nobody:
        answer = await nobody.get(address(name))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.content == STATICS[name].content
    assert re.fullmatch(r".+\.[0-9a-f]{12}\.(css|js)", STATICS[name].name)


async def test_without_a_log_nothing_is_shown_and_nobody_comes_in(world: World) -> None:
    class Broken:
        """A key store that does not answer: no record can be made."""

        def __getattr__(self, name: str) -> object:
            raise Unavailable(Code.DIENST_ONBESCHIKBAAR, onderdeel="sleutels")

    broken = with_console(world.over(keys=Broken()))
    async with Person(broken) as officer:
        officer.cookies.set("__Host-vx-sessie", "A" * 43, domain="gateway.local", path="/")
        answer = await officer.get("/console")
    assert answer.status_code == 503
    check(answer)
    assert "Er is niets verloren" in answer.text
    assert "sleutels" not in answer.text


async def test_a_fault_of_ours_tells_nothing_but_a_number_to_pass_on(world: World) -> None:
    class Broken:
        """A key store with a mistake in it."""

        def __getattr__(self, name: str) -> object:
            raise ZeroDivisionError("999970001")

    broken = with_console(world.over(keys=Broken()))
    async with Person(broken) as officer:
        officer.cookies.set("__Host-vx-sessie", "A" * 43, domain="gateway.local", path="/")
        answer = await officer.get("/console")
    assert answer.status_code == 500
    check(answer)
    assert "Dat ligt aan ons" in answer.text
    assert "999970001" not in answer.text
    assert "ZeroDivision" not in answer.text


# --- htmx ---


async def test_a_part_is_given_to_who_asks_for_one(world: World) -> None:
    async with person(world) as officer:
        part = await officer.get("/console", headers={"hx-request": "true"})
        whole = await officer.get(
            "/console", headers={"hx-request": "true", "hx-history-restore-request": "true"}
        )
    assert part.text.startswith("<h1>")
    assert "<html" not in part.text
    assert whole.text.startswith("<!doctype html>")
    assert {part.headers["vary"], whole.headers["vary"]} == {"HX-Request"}


async def test_a_part_for_who_is_not_signed_in_leads_the_whole_page_away(world: World) -> None:
    asked = {"hx-request": "true", "hx-current-url": "https://gateway/console/zoeken?van=2026-11"}
    async with Person(world) as nobody:
        answer = await nobody.get("/console", headers=asked)
        elsewhere = await nobody.get(
            "/console", headers=asked | {"hx-current-url": "https://kwaad.example/x"}
        )
    assert answer.status_code == 204
    assert answer.headers["hx-redirect"] == (
        "/console/aanmelden?naar=%2Fconsole%2Fzoeken%3Fvan%3D2026-11&sessie=voorbij"
    )
    assert elsewhere.headers["hx-redirect"] == "/console/aanmelden?sessie=voorbij"


async def test_the_metrics_and_events_know_a_page_by_its_template(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Person(world) as nobody:
        await nobody.get(f"/console/link/{'C' * 43}")
    said = capsys.readouterr().out
    assert "/console/link/{secret}" in said
    assert "C" * 43 not in said
