"""The direct way gives what FastAPI gives, in every byte, record, event and count."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from exchange.api.app import build_app
from exchange.api.direct import direct_ways
from exchange.api.v1 import ROUTERS
from exchange.api.visit import Door
from exchange.errors import Code, Refused
from exchange.pipeline.quotas import Quotas
from exchange.pipeline.stages import Peer
from exchange.telemetry.metrics import Metrics
from tests.integration.api.direct_calls import Call, Told, masked, posted, told
from tests.integration.api.world import OINS, STRANGER, World, signaal, verzuimmelding

NDJSON = (b"content-type", b"application/x-ndjson")
TRACE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
LARGE = 1024 * 1024 + 1

Make = Callable[[World], Call]


class Broken:
    """A port that fails in a way nobody foresaw."""

    def passed(self, step: str, result: object) -> object:
        raise RuntimeError


@dataclass
class Side:
    """One of the two applications, with books of its own; notes by which way each call came."""

    app: ASGIApp
    metrics: Metrics
    by_fastapi: list[bool] = field(default_factory=list)
    revoked: bool = False

    def counts(self) -> list[str]:
        """Give the lines that say how many answers of which kind there were."""
        page = self.metrics.page().decode()
        return [line for line in page.splitlines() if line.startswith("exchange_requests_total")]


def side(world: World, *, direct: bool, **changes: Any) -> Side:  # noqa: ANN401  parts of a gateway
    """Build the application over the same database, at the same moment."""
    gateway = world.over(**{"quotas": Quotas(100, 1000), **changes}).gateway
    here: Side

    def peer_of(scope: Mapping[str, Any]) -> Peer | None:
        here.by_fastapi.append("fastapi_inner_astack" in scope)
        if here.revoked or scope["test.peer"] == "unbelieved":
            raise Refused(Code.NIET_AANGEMELD)
        peer: Peer | None = scope["test.peer"]
        return peer

    metrics = Metrics()
    app = build_app(Door(gateway, peer_of, world.snapshot.refresh), metrics, direct=direct)
    here = Side(app, metrics)
    return here


async def call(world: World, here: Side, make: Make) -> tuple[Told, list[Any], list[Any]]:
    """Make a call about a pupil of its own: the answer, the events, and the records it left."""
    await world.stay_current()
    made = make(world)
    known = {line.entry for line in await world.log()}
    name = made.name
    peer = Peer(OINS.get(name, STRANGER), f"x5t-of-{name}") if name else None
    with capture_logs() as events:
        answer = await told(here.app, made.scope(peer, world.key()), made.messages())
    left = [line for line in await world.log() if line.entry not in known]
    return answer, [_event(one) for one in events], [_record(line.document) for line in left]


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in event.items() if n not in {"milliseconds", "trace_id"}}


def _record(document: Mapping[str, Any]) -> tuple[object, ...]:
    told_of = ("status", "uitkomst", "bijzonderheden", "actor", "namens")
    return (sorted(document), *(masked(str(document.get(name))) for name in told_of))


def lines(*bodies: object) -> bytes:
    """Give registrations as NDJSON."""
    return b"".join(json.dumps(body).encode() + b"\n" for body in bodies)


def fresh(world: World) -> dict[str, object]:
    """Give a signaal that is accepted."""
    return signaal(world.pupil())


def split(body: object) -> tuple[bytes, ...]:
    """Give a body in three pieces, one of them empty."""
    content = json.dumps(body).encode()
    return content[:40], b"", content[40:]


CALLS: dict[str, Make] = {
    "accepted": lambda w: posted(fresh(w)),
    "melding": lambda w: posted(verzuimmelding(w.pupil()), path="/v1/verzuimmeldingen"),
    "in pieces": lambda w: Call(pieces=split(fresh(w))),
    "expected": lambda w: posted(fresh(w), headers=((b"expect", b"100-continue"),)),
    "traced": lambda w: posted(fresh(w), headers=((b"traceparent", TRACE),)),
    "two traces": lambda _: posted({}, headers=((b"traceparent", b"x"), (b"traceparent", TRACE))),
    "no certificate": lambda w: posted(fresh(w), name=None),
    "stranger": lambda w: posted(fresh(w), name="niemand"),
    "wrong role": lambda w: posted(fresh(w), name="ocw"),
    "fg": lambda w: posted(fresh(w), name="fg"),
    "no mandate": lambda w: posted(fresh(w), name="las-zuid"),
    "too large": lambda _: posted(b" " * LARGE),
    "too large in pieces": lambda _: Call(pieces=(b" " * (LARGE // 2), b" " * LARGE)),
    "text": lambda _: Call(headers=((b"content-type", b"text/plain"),), pieces=(b"{}",)),
    "no type": lambda _: Call(headers=(), pieces=(b"{}",)),
    "two types": lambda w: posted(fresh(w), headers=((b"content-type", b"text/plain"),)),
    "encoded": lambda _: posted({}, headers=((b"content-encoding", b"gzip"),)),
    "wants html": lambda w: posted(fresh(w), headers=((b"accept", b"text/html"),)),
    "wants json or html": lambda w: posted(
        fresh(w), headers=((b"accept", b"text/html, application/json;q=0.5"),)
    ),
    "two accepts": lambda w: posted(
        fresh(w), headers=((b"accept", b"text/html"), (b"accept", b"*/*"))
    ),
    "no body": lambda _: Call(),
    "half": lambda _: posted(b'{"pgn": '),
    "not an object": lambda _: posted(b"[]"),
    "many faults": lambda _: posted({"onbekend": 1}),
    "no key": lambda w: posted(fresh(w), key=False),
    "two keys": lambda w: posted(fresh(w), headers=((b"idempotency-key", b"again"),)),
    "odd key": lambda w: posted(fresh(w), headers=((b"idempotency-key", "é".encode()),), key=False),
    "hung up": lambda _: Call(pieces=(b'{"pgn"',), hangs_up=True),
    "one registration": lambda _: posted({}, path="/v1/verzuimregistraties"),
    "lines": lambda _: Call(
        path="/v1/verzuimregistraties", headers=(NDJSON,), pieces=(lines({}, {}),)
    ),
    "rehearsed": lambda w: posted(fresh(w), query=b"valideer=true"),
    "unknown query": lambda w: posted(fresh(w), query=b"Valideer=true"),
    "behind a slash": lambda w: posted(fresh(w), path="/v1/signalen/"),
    "head": lambda _: Call("HEAD", key=False),
    "get": lambda _: Call("GET", key=False),
    "delete": lambda _: Call("DELETE", key=False),
    "elsewhere": lambda _: posted({}, path="/v1/nergens"),
    "mailbox": lambda _: Call("GET", "/v1/berichten", name="leerplicht-0361", key=False),
    "mailbox head": lambda _: Call("HEAD", "/v1/berichten", name="leerplicht-0361", key=False),
    "mailbox of whom": lambda _: Call("GET", "/v1/berichten", name="softwarehuis", key=False),
    "mailbox page": lambda _: Call(
        "GET", "/v1/berichten", b"limit=1", name="leerplicht-0361", key=False
    ),
    "published": lambda _: Call("GET", "/v1/sleutels", name=None, key=False),
    "no query where one must be": lambda _: Call("GET", "/v1/terugmeldingen", key=False),
    "question": lambda w: posted(
        {"pgn": w.pupil().reveal()}, path="/v1/inzageverzoeken", name="fg", key=False
    ),
}
"""Every kind of call that a sender can make, right and wrong."""


@pytest.mark.parametrize("what", CALLS)
async def test_the_direct_way_gives_what_fastapi_gives(world: World, what: str) -> None:
    direct, other = side(world, direct=True), side(world, direct=False)
    found, events, records = await call(world, direct, CALLS[what])
    expected, same_events, same_records = await call(world, other, CALLS[what])
    assert found.steady() == expected.steady()
    assert events == same_events
    assert records == same_records
    assert direct.counts() == other.counts()
    assert all(other.by_fastapi)


def about(number: str) -> tuple[Call, ...]:
    """Give what sender and recipient do with a message, one after the other."""
    message = f"/v1/berichten/{number}"
    mine: dict[str, Any] = {"name": "leerplicht-0361", "key": False}
    return (
        Call("GET", f"/v1/ontvangstbewijzen/{number}", key=False),
        Call("GET", f"/v1/ontvangstbewijzen/{number.upper()}", key=False),
        Call("HEAD", message, **mine),
        Call("GET", message, **mine),
        Call("GET", message, name="leerplicht-0599", key=False),
        Call("GET", f"{message}/", **mine),
        posted({"uitkomst": "misschien"}, path=f"{message}/bevestigingen", **mine),
        posted({"uitkomst": "ontvangen"}, path=f"{message}/bevestigingen", **mine),
        posted({"uitkomst": "ontvangen"}, path=f"{message}/bevestigingen", **mine),
        posted({"status": "in-behandeling"}, path=f"{message}/terugmeldingen", **mine),
        Call("DELETE", message, **mine),
        posted({"reden": "onjuist"}, path=f"{message}/intrekkingen"),
        Call("GET", message, **mine),
    )


async def test_a_message_lives_the_same_life_either_way(world: World) -> None:
    lives = []
    for direct in (True, False):
        here = side(world, direct=direct)
        calls = about(await world.sent())
        life = [await call(world, here, lambda _, made=made: made) for made in calls]  # type: ignore[misc]  # the loop's own
        lives.append([(one.steady(), *rest) for one, *rest in life])
        statuses = [one.status for one, *_ in life]
        assert statuses == [200, 200, 200, 200, 404, 404, 400, 201, 200, 201, 405, 202, 410]
    for found, expected in zip(*lives, strict=True):
        assert found == expected


PATHS = [
    "berichten/geen-id",
    "berichten/a/b/c",
    "berichten/",
    "berichten/%41",
    "ontvangstbewijzen/é",
    "leveringen/1",
    "leveringen/01/csvw",
    "leveringen/999999999",
    "vestigingen/99BB00/verzuimbeleid",
    "vestigingen/x/verzuimbeleid",
    "vestigingen/99BB00/schoolkalenders/2026-2028",
    "vestigingen/99BB00/leerlingaantallen/2026-13",
    "vestigingen/99BB00/schoolcijfers/2026-10",
    "logboek/tile/0/000",
    "logboek/tile/0/x001/000.p/3",
    "logboek/tile/0/",
    "logboek/entries/x/bewijs",
    "verwerkingsactiviteiten/signaal-leerplicht/1",
    "verwerkingsactiviteiten/x/y/z",
    "../v1/berichten",
]


@pytest.mark.parametrize("path", [*PATHS, "berichten/regel\n", "berichten\n"])
async def test_whatever_stands_in_a_path_is_read_the_same(world: World, path: str) -> None:
    for name in ("las-noord", "leerplicht-0361", "ocw", None):
        direct, other = side(world, direct=True), side(world, direct=False)
        made = Call("GET", f"/v1/{path}", name=name, key=False)
        found, *rest = await call(world, direct, lambda _: made)  # noqa: B023  called at once
        expected, *same = await call(world, other, lambda _: made)  # noqa: B023  called at once
        assert (found.steady(), rest) == (expected.steady(), same)


async def test_who_is_over_quota_hears_the_same(world: World) -> None:
    answers = []
    for direct in (True, False):
        here = side(world, direct=direct, quotas=Quotas(2, 1000))
        answers.append([await call(world, here, CALLS["many faults"]) for _ in range(4)])
    found, expected = answers
    assert [one.status for one, *_ in found] == [400, 400, 429, 429]
    assert [(one.steady(), *rest) for one, *rest in found] == [
        (one.steady(), *rest) for one, *rest in expected
    ]


async def test_what_nobody_foresaw_is_told_and_recorded_the_same(world: World) -> None:
    def broken(*, direct: bool) -> Side:
        return side(world, direct=direct, steps=Broken())

    found, events, records = await call(world, broken(direct=True), CALLS["accepted"])
    expected, same_events, same_records = await call(world, broken(direct=False), CALLS["accepted"])
    assert (found.status, found.steady()) == (500, expected.steady())
    assert [one["event"] for one in events] == ["fault", "request"]
    assert (events, records) == (same_events, same_records)


async def test_who_is_revoked_while_the_body_comes_is_nobody_either_way(world: World) -> None:
    answers = []
    for direct in (True, False):
        here = side(world, direct=direct)
        made = Call(pieces=split(fresh(world)))
        peer = Peer(OINS["las-noord"], "x5t")

        def coming(made: Call = made, here: Side = here) -> Iterator[Any]:
            first, *others = made.messages()
            yield first
            here.revoked = True
            yield from others

        answers.append(await told(here.app, made.scope(peer, world.key()), coming()))
    assert answers[0].status == 401
    assert answers[0].steady() == answers[1].steady()


async def test_the_ordinary_form_of_a_message_really_goes_directly(world: World) -> None:
    here = side(world, direct=True)
    for what in ("accepted", "melding", "one registration", "lines", "mailbox", "mailbox head"):
        await call(world, here, CALLS[what])
    assert here.by_fastapi
    assert not any(here.by_fastapi)
    await call(world, here, CALLS["rehearsed"])
    assert any(here.by_fastapi)


def test_every_route_goes_directly_but_those_that_must_have_a_query() -> None:
    by_fastapi = {
        pattern.pattern
        for patterns in direct_ways(ROUTERS).values()
        for pattern, way in patterns
        if way is None
    }
    assert by_fastapi == {
        "^/drempelmeldingen$",
        "^/logboek/consistentie$",
        "^/logboek/cosignatures$",
        "^/ontvangstbewijzen$",
        "^/terugmeldingen$",
    }


def test_what_cannot_be_solved_beforehand_is_left_to_fastapi() -> None:
    router = APIRouter()

    @router.get("/nodig")
    async def needs(nodig: str) -> Response:
        return Response()

    @router.get("/getal/{nummer}")
    async def number(nummer: int) -> Response:
        return Response()

    @router.get("/kop")
    async def header(kop: Annotated[int, Header()] = 1) -> Response:
        return Response()

    @router.get("/in-een-draad")
    def in_a_thread() -> Response:
        return Response()

    @router.get("/object")
    async def no_answer_of_its_own() -> dict[str, str]:
        return {}

    @router.get("/goed/{naam}")
    async def good(naam: str, hoeveel: int = 1) -> Response:
        return Response()

    ways = [way for _, way in direct_ways([router])["GET"]]
    assert [way is not None for way in ways] == [False] * 5 + [True]


async def first(request: Request) -> str:
    """Count how often it is asked."""
    request.scope["asked"] += 1
    return "x"


async def second(one: Annotated[str, Depends(first)]) -> str:
    """Ask again."""
    return one * 2


async def both(
    one: Annotated[str, Depends(first)], two: Annotated[str, Depends(second)]
) -> Response:
    """Ask both."""
    return Response(one + two)


async def test_what_two_ask_for_is_asked_once() -> None:
    router = APIRouter()
    router.get("/samen")(both)
    ((_, way),) = direct_ways([router])["GET"]
    assert way
    scope = {"type": "http", "asked": 0}
    response = await way.answer(Request(scope))
    assert (response.body, scope["asked"]) == (b"xxx", 1)
