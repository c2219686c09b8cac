"""Own territory (P6): every role at every route, about its own, another's and an unknown object.

A refusal proves something only if the same request succeeds for somebody: each has that twin here.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute

from exchange.api.v1 import ROUTERS
from exchange.policy.parties import Dienst, Grant, Mandate, Role, empty_directory
from exchange.storage import directory
from exchange.storage.cursors import encode
from tests.integration.api.world import LONG_AGO, OINS, World
from tests.privacy.judging import (
    OPERATIONS,
    STATUS,
    TWIN,
    Ask,
    Operation,
    callers,
    cells,
    code,
    judge,
    wrong,
)
from tests.privacy.territory import (
    CALLERS,
    LEERPLICHT,
    NOORD,
    OTHER_RECIPIENTS,
    PLACES,
    PUBLIC,
    ROUTES,
    SCHOOLS,
    STANDING,
    TWO_ROLES,
    TWO_ROLES_OIN,
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


@pytest.fixture(scope="module", autouse=True)
async def two_roles(connected: World) -> AsyncIterator[None]:
    """Connect the party with two roles, for this matrix alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(OINS, TWO_ROLES, TWO_ROLES_OIN)
        async with connected.operating() as conn:
            await directory.add_party(conn, TWO_ROLES_OIN, TWO_ROLES, None, connected.clock.now())
            await directory.grant(conn, TWO_ROLES_OIN, Role.LEVERANCIER)
            await directory.grant(conn, TWO_ROLES_OIN, Role.COLLEGE, "0772")
        await connected.mandate(TWO_ROLES, "99CC00")
        principal = str(OINS["leerplicht-0361"])
        await connected.mandate(TWO_ROLES, principal, dienst=Dienst.ONTVANGEN)
        yield


_INSTANCE = re.compile(rb'"instance": "urn:uuid:[0-9a-f-]{36}"')
_ITS_OWN = {b"date", b"ratelimit"}


def bare(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Give all of an answer that may tell something about what was asked.

    Left out are its own reference number, and how much the caller may still ask.
    """
    body, instances = _INSTANCE.subn(b'"instance": "*"', answer.content)
    assert instances == 1, answer.text
    headers = [pair for pair in answer.headers.raw if pair[0].lower() not in _ITS_OWN]
    return answer.status_code, headers, body


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


def test_every_operation_has_one_row_and_every_row_an_operation() -> None:
    assert set(OPERATIONS) == set(ROUTES)


def test_every_cell_has_a_verdict_and_no_row_is_all_of_one_kind() -> None:
    """Counted from the document: what is added to it is judged, or this fails."""
    verdicts = [(cell, verdict(*cell)) for cell in cells()]
    named = sum(OPERATIONS.values())
    plain = sum(">" not in (name or "") for name in CALLERS)
    assert len(verdicts) == len(PLACES) * (plain * len(OPERATIONS) + (len(CALLERS) - plain) * named)
    refused = [cell for cell, expected in verdicts if expected is not None]
    told = f"{len(OPERATIONS)} operations, {len(verdicts)} cells, {len(refused)} of them refused"
    print(told)  # noqa: T201  for whoever asks how much was judged
    assert {expected for _, expected in verdicts} == {None, *STATUS}
    for operation in set(OPERATIONS) - PUBLIC:
        heard = {verdict(*cell) is None for cell in cells() if cell[0] == operation}
        assert heard == {True, False}, operation
    for caller in STANDING:
        heard = {verdict(*cell) is None for cell in cells() if cell[1] == caller}
        assert heard == ({False} if caller == GETS_NOTHING else {True, False}), caller


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
async def test_a_caller_gets_exactly_what_is_its_own(
    world: World, operation: tuple[str, str]
) -> None:
    found = await judge(world, operation, asking(world))
    told = [cell for cell in found if cell.caller != TWIN]
    assert len(told) == len(PLACES) * len(callers(operation))
    assert wrong(found) == []


def asking(world: World) -> Ask:
    async def ask(call: Call, caller: str | None) -> httpx.Response:
        return await call.by(caller, world)

    return ask


PLANTED = (("POST", "/signalen"), ("GET", "/berichten/{berichtId}"), ("PUT", "/sleutel"))


@pytest.mark.parametrize("operation", PLANTED, ids=" ".join)
async def test_the_judge_sees_who_allows_everything_and_who_refuses_everything(
    world: World, operation: tuple[str, str]
) -> None:
    async def allow(_: Call, __: str | None) -> httpx.Response:
        return httpx.Response(200, json={})

    found = await judge(world, operation, allow)
    assert wrong(found) == [cell for cell in found if cell.expected is not None]
    assert wrong(found)

    nobody = world.over(directory=empty_directory)
    found = await judge(world, operation, asking(nobody))
    wronged = wrong(found)
    assert [cell for cell in wronged if cell.caller == TWIN]
    allowed = {cell.caller for cell in found if cell.expected is None}
    assert allowed <= {cell.caller for cell in wronged}


async def test_the_judge_sees_one_mandate_too_many_and_one_role_too_many(world: World) -> None:
    now = world.gateway.directory()
    given = Mandate(OINS["las-zuid"], "99BB00", Dienst.AANLEVEREN, LONG_AGO, None, date(2025, 8, 1))
    wide = world.over(directory=lambda: replace(now, mandates=(*now.mandates, given)))
    heard = wrong(await judge(world, ("POST", "/signalen"), asking(wide)))
    assert {(cell.caller, cell.place) for cell in heard} == {("las-zuid", NOORD)}
    fg = now.parties[OINS["fg"]]
    more = replace(fg, grants=(*fg.grants, Grant(Role.LEVERANCIER)))
    wide = world.over(directory=lambda: replace(now, parties={**now.parties, fg.oin: more}))
    heard = wrong(await judge(world, ("POST", "/signalen"), asking(wide)))
    assert {cell.caller for cell in heard} == {"fg"}


async def test_the_judge_sees_a_verdict_that_is_not_so(world: World) -> None:
    def planted(operation: Operation, caller: str | None, place: Place) -> str | None:
        told = verdict(operation, caller, place)
        return "niet-gevonden" if (caller, place) == ("las-zuid", NOORD) else told

    heard = wrong(await judge(world, ("POST", "/signalen"), asking(world), planted))
    assert [(cell.caller, cell.place) for cell in heard] == [("las-zuid", NOORD)]


_NAMES_AN_OBJECT = re.compile(r"\{(berichtId|nummer|entry)\}")

GETS_NOTHING = "softwarehuis>leerplicht-0772"
"""It names one that gave it no mandate."""

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
        owner = ROUTES[route].owner(place)
        assert (await theirs.by(owner, world)).is_success
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
    for place in (NOORD, ZUID, UNKNOWN):
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
