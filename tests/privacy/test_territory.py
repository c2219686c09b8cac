"""Own territory (P6): every role at every route, about its own, another's and an unknown object.

A refusal proves something only if the same request succeeds for somebody: each has that twin here.
"""

from __future__ import annotations

import re
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute

from exchange.api.v1 import ROUTERS
from exchange.storage.cursors import encode
from tests.integration.api.world import OINS, World
from tests.privacy.territory import (
    CALLERS,
    LEERPLICHT,
    NOORD,
    OTHER_RECIPIENTS,
    PLACES,
    ROUTES,
    SCHOOLS,
    UNDESCRIBED,
    UNKNOWN,
    ZUID,
    Call,
    Place,
    new_message,
    new_release,
    new_signaal,
    verdict,
)

_INSTANCE = re.compile(rb'"instance": "urn:uuid:[0-9a-f-]{36}"')
_STATUS = {
    "niet-aangemeld": 401,
    "geen-recht": 403,
    "geen-mandaat": 403,
    "onbekende-vestiging": 403,
    "niet-gevonden": 404,
}


_ITS_OWN = {b"date", b"ratelimit"}


def bare(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Give all of an answer that may tell something about what was asked.

    Left out are its own reference number, and how much the caller may still ask.
    """
    body, instances = _INSTANCE.subn(b'"instance": "*"', answer.content)
    assert instances == 1, answer.text
    headers = [pair for pair in answer.headers.raw if pair[0].lower() not in _ITS_OWN]
    return answer.status_code, headers, body


def code(answer: httpx.Response) -> str | None:
    """Give the code of a refusal, whose status must be the one that belongs to it; None for 2xx."""
    if answer.is_success:
        return None
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    refused = str(answer.json()["code"])
    assert answer.status_code == _STATUS.get(refused), answer.text
    return refused


async def test_every_route_of_the_openapi_document_is_judged_here(world: World) -> None:
    document = (await world.call(None, "GET", "/v1/openapi.json")).json()
    described = {(m.upper(), path) for path, item in document["paths"].items() for m in item}
    assert described == set(ROUTES)


def test_no_route_is_left_out_of_the_openapi_document() -> None:
    routes = [route for router in ROUTERS for route in router.routes]
    served = {
        (m, r.path_format) for r in routes if isinstance(r, APIRoute) for m in r.methods or ()
    }
    assert len(routes) == len(served) == len(set(ROUTES) | UNDESCRIBED)
    assert served == set(ROUTES) | UNDESCRIBED


@pytest.mark.parametrize("caller", CALLERS, ids=str)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
async def test_a_caller_gets_exactly_what_is_its_own(
    world: World, route: tuple[str, str], caller: str | None
) -> None:
    for place in PLACES:
        call = await ROUTES[route].make(world, place)
        answer = await call.by(caller, world)
        expected = verdict(route, caller, place)
        assert code(answer) == expected, (place, answer.text)
        if expected is not None:
            await _twin_succeeds(world, route, call, place)


async def _twin_succeeds(world: World, route: tuple[str, str], call: Call, place: Place) -> None:
    """The refused request succeeds when its rightful caller makes it.

    Nobody is the rightful caller of what does not exist: then it is made about what does.
    """
    owner = ROUTES[route].owner(place)
    if owner is None:
        place = NOORD
        call, owner = await ROUTES[route].make(world, place), ROUTES[route].owner(place)
    twin = await call.by(owner, world)
    assert twin.is_success, (route, owner, place, twin.text)


_NAMES_AN_OBJECT = re.compile(r"\{(berichtId|nummer|entry)\}")

SEES_ALL = {"ocw"}
"""Of what it may ask for at all there is nothing that is another's."""


@pytest.mark.parametrize("caller", [*SCHOOLS, *LEERPLICHT, *OTHER_RECIPIENTS])
@pytest.mark.parametrize(
    "route", [r for r in ROUTES if _NAMES_AN_OBJECT.search(r[1])], ids=" ".join
)
async def test_not_yours_looks_exactly_like_does_not_exist(
    world: World, route: tuple[str, str], caller: str
) -> None:
    unknown = await ROUTES[route].make(world, UNKNOWN)
    nothing = bare(await unknown.by(caller, world))
    foreign = [place for place in (NOORD, ZUID) if verdict(route, caller, place) is not None]
    assert foreign or caller in {*SCHOOLS, *SEES_ALL}
    for place in foreign:
        theirs = await ROUTES[route].make(world, place)
        assert bare(await theirs.by(caller, world)) == nothing
        await _twin_succeeds(world, route, theirs, place)
    path = f"/v1{route[1]}".format(berichtId="geen-id", nummer="geen-nummer", entry="geen-id")
    malformed = Call(route[0], path, unknown.body)
    if nothing[0] == 404:  # a role that has no business here may be told that either way
        assert bare(await malformed.by(caller, world)) == nothing


@pytest.mark.parametrize("steps", [(), ("downloaded",), ("downloaded", "acknowledged")])
async def test_what_happened_to_a_message_is_told_to_nobody_else(
    world: World, steps: tuple[str, ...]
) -> None:
    theirs = await new_message(world, ZUID, *steps)
    if steps == ("downloaded",):
        assert (await world.withdraw(theirs, sender="las-zuid")).status_code == 202
    for caller, path, method, body in (
        ("leerplicht-0361", "/v1/berichten/{}", "GET", None),
        ("leerplicht-0361", "/v1/berichten/{}/bevestigingen", "POST", {"uitkomst": "ontvangen"}),
        (
            "leerplicht-0361",
            "/v1/berichten/{}/terugmeldingen",
            "POST",
            {"status": "in-behandeling"},
        ),
        ("las-noord", "/v1/ontvangstbewijzen/{}", "GET", None),
        ("las-noord", "/v1/berichten/{}/intrekkingen", "POST", {"reden": "onjuist"}),
    ):
        answers = [
            bare(await Call(method, path.format(number), body).by(caller, world))
            for number in (theirs, await new_message(world, UNKNOWN))
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == 404


async def test_a_list_holds_nothing_of_others(world: World) -> None:
    numbers = {place: await new_message(world, place) for place in (NOORD, ZUID)}
    for place, other in ((NOORD, ZUID), (ZUID, NOORD)):
        for caller, path in (
            (place.recipient, "/v1/berichten?limit=500"),
            (
                place.sender,
                f"/v1/ontvangstbewijzen?vestigingscode={place.vestigingscode}&limit=500",
            ),
        ):
            listed = await Call("GET", path).by(caller, world)
            assert listed.status_code == 200
            assert numbers[place] in listed.text
            assert numbers[other] not in listed.text
            after = f"{path}&cursor={_cursor_after(numbers[other])}"
            assert numbers[other] not in (await Call("GET", after).by(caller, world)).text


def _cursor_after(number: str) -> str:
    return encode(UUID(int=UUID(number).int - 1))


@pytest.mark.parametrize("rehearsal", ["", "?valideer=true"])
async def test_replacing_a_foreign_message_looks_like_replacing_none(
    world: World, rehearsal: str
) -> None:
    theirs, mine = await new_message(world, ZUID), await new_message(world, NOORD)
    answers = []
    for number in (theirs, await new_message(world, UNKNOWN)):
        call = Call("POST", f"/v1/signalen{rehearsal}", new_signaal(NOORD, vervangt=number))
        answers.append(bare(await call.by("las-noord", world)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 400
    twin = Call("POST", f"/v1/signalen{rehearsal}", new_signaal(NOORD, vervangt=mine))
    assert (await twin.by("las-noord", world)).is_success


@pytest.mark.parametrize("place", [NOORD, ZUID], ids=lambda place: str(place.recipient))
async def test_a_software_house_collects_for_whom_it_names_and_for_nobody_else(
    world: World, place: Place
) -> None:
    number = await new_message(world, place)
    others = {oin for name, oin in OINS.items() if name != place.recipient}
    for oin in others - {OINS["leerplicht-0361"], OINS["leerplicht-0599"]}:
        path = f"/v1/berichten/{number}?namens={oin.reveal()}"
        assert code(await Call("GET", path).by("softwarehuis", world)) == "geen-mandaat"
    for name in {"leerplicht-0361", "leerplicht-0599"} - {place.recipient}:
        path = f"/v1/berichten/{number}?namens={OINS[name].reveal()}"
        assert code(await Call("GET", path).by("softwarehuis", world)) == "niet-gevonden"
        assert code(await Call("GET", path).by(place.recipient, world)) == "geen-mandaat"
    path = f"/v1/berichten/{number}?namens={OINS[place.recipient].reveal()}"
    assert code(await Call("GET", path).by("softwarehuis", world)) is None
    assert code(await Call("GET", path).by(place.recipient, world)) is None


@pytest.mark.parametrize("route", [r for r in ROUTES if r[0] == "GET"], ids=" ".join)
async def test_head_tells_what_get_tells_and_no_more(world: World, route: tuple[str, str]) -> None:
    for place in PLACES:
        call = await ROUTES[route].make(world, place)
        for caller in (NOORD.sender, NOORD.recipient, "swv-VO2703", "fg", None):
            got = await call.by(caller, world)
            head = await Call("HEAD", call.path, headers=call.headers).by(caller, world)
            assert head.content == b""
            assert (head.status_code, _named(head)) == (got.status_code, _named(got))


def _named(answer: httpx.Response) -> list[str]:
    """The headers by name: a receipt is signed afresh each time."""
    return [name for name in answer.headers if name != "content-length"]


async def test_a_list_of_leveringen_holds_nothing_of_others(world: World) -> None:
    shared, theirs = await new_release(world, NOORD), await new_release(world, ZUID)
    for caller in OTHER_RECIPIENTS:
        listed = (await Call("GET", "/v1/leveringen?limit=500").by(caller, world)).json()
        found = {item["nummer"] for item in listed["leveringen"]}
        assert shared in found
        assert (theirs in found) is (caller in SEES_ALL)
