"""Quotas: what a party may ask in a minute, what it is told of it, and that others notice none."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from exchange.config import LARGEST_DELIVERY
from exchange.messages.identifiers import Pgn
from exchange.pipeline.quotas import Quotas
from exchange.pipeline.stages import Limits, Peer
from exchange.pipeline.turns import Turns
from tests.integration.api.world import NOW, OINS, World, refusal, signaal

LISTED = "/v1/terugmeldingen?vestigingscode=99AA00"
PATH = "/v1/verzuimregistraties"


def limited(world: World, requests: int = 1_000, lines: int = 1_000) -> World:
    """Give the same world with other quotas and clean books."""
    return world.over(quotas=Quotas(requests, lines))


def registrations(pgn: Pgn, lines: int, name: str) -> bytes:
    """Give a delivery of so many lines."""
    line = {"vestigingscode": "99AA00", "pgn": pgn.reveal(), "datum": "2026-11-10", "minuten": 60}
    return b"".join(
        json.dumps({**line, "registratieId": f"{name}-{n}", "categorie": "geoorloofd"}).encode()
        + b"\n"
        for n in range(lines)
    )


async def deliver(
    world: World, body: bytes, sender: str = "las-noord", path: str = PATH, **headers: str
) -> httpx.Response:
    """Send lines under a fresh or given key."""
    headers = {
        "idempotency_key": world.key(), "content_type": "application/x-ndjson", **headers
    }  # fmt: skip
    return await world.call(sender, "POST", path, body, **headers)


async def ask(world: World, name: str | None = "las-noord", path: str = LISTED) -> httpx.Response:
    """Make a cheap call."""
    return await world.call(name, "GET", path)


async def test_every_answer_says_what_is_allowed_and_what_is_left(world: World) -> None:
    small = limited(world, requests=5, lines=100)
    answer = await ask(small)
    assert answer.status_code == 200
    assert answer.headers["ratelimit-policy"] == '"verzoeken";q=5;w=60, "regels";q=100;w=60'
    assert answer.headers["ratelimit"] == '"verzoeken";r=4;t=60, "regels";r=100'
    with world.at(NOW + timedelta(seconds=18, milliseconds=500)):
        answer = await ask(small, path="/v1/terugmeldingen?vestigingscode=99CC00")
    assert refusal(answer) == (403, "geen-mandaat")
    assert answer.headers["ratelimit"] == '"verzoeken";r=3;t=42, "regels";r=100'


async def test_a_404_tells_no_count_so_that_it_is_the_same_for_everything_that_is_not_there(
    world: World,
) -> None:
    foreign = await world.sent("las-zuid", vestigingscode="99CC00", woongemeente="0599")
    paths = (f"/v1/ontvangstbewijzen/{number}" for number in (foreign, uuid4()))
    one, other = [await ask(world, path=path) for path in paths]
    assert refusal(one) == (404, "niet-gevonden")
    assert dict(one.headers) == dict(other.headers)


async def test_over_quota_is_429_with_the_wait_and_a_neighbour_notices_nothing(
    world: World,
) -> None:
    small = limited(world, requests=2)
    with world.at(NOW + timedelta(seconds=1)):
        assert [(await ask(small)).status_code for _ in range(2)] == [200, 200]
    with world.at(NOW + timedelta(seconds=21)):
        answer = await ask(small)
        assert refusal(answer) == (429, "te-veel-verzoeken")
        assert answer.headers["retry-after"] == "40"
        assert answer.headers["ratelimit"].startswith('"verzoeken";r=0;t=40,')
        other = await ask(small, "las-zuid", "/v1/terugmeldingen?vestigingscode=99CC00")
        assert other.status_code == 200
        assert other.headers["ratelimit"].startswith('"verzoeken";r=1;t=60,')
        assert (await ask(small, "leerplicht-0361", "/v1/berichten")).status_code == 200


async def test_after_the_wait_that_was_told_everything_is_as_before(world: World) -> None:
    small = limited(world, requests=1)
    assert (await ask(small)).status_code == 200
    refused = await ask(small)
    assert refused.status_code == 429
    with world.at(NOW + timedelta(seconds=int(refused.headers["retry-after"]))):
        assert (await ask(small)).status_code == 200


async def test_what_is_over_quota_is_neither_read_nor_kept(world: World) -> None:
    small = limited(world, requests=1)
    assert (await ask(small)).status_code == 200
    before = await world.everything()
    assert refusal(await small.send(signaal(world.pupil()))) == (429, "te-veel-verzoeken")
    assert refusal(await small.send(b"no json at all")) == (429, "te-veel-verzoeken")
    assert await world.everything() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/terugmeldingen?vestigingscode=99CC00", 403),
        ("/v1/ontvangstbewijzen/unknown", 404),
        ("/v1/terugmeldingen", 400),
        ("/v1/terugmeldingen?vestigingscode=99AA00&namens=nobody", 400),
        ("/v1/berichten", 403),
    ],
)
async def test_a_refused_request_counts_like_any_other(
    world: World, path: str, status: int
) -> None:
    small = limited(world, requests=1)
    assert (await ask(small, path=path)).status_code == status
    assert (await ask(small)).status_code == 429


async def test_who_is_nobody_here_is_counted_to_nobody_and_told_nothing(world: World) -> None:
    small = limited(world, requests=1)
    for name in (None, "stranger"):
        for _ in range(3):
            answer = await ask(small, name)
            assert refusal(answer) == (401, "niet-aangemeld")
            assert "ratelimit" not in answer.headers
    assert (await ask(small)).status_code == 200


@pytest.mark.parametrize("name", [None, "las-noord"])
async def test_what_is_published_has_no_quota(world: World, name: str | None) -> None:
    small = limited(world, requests=1)
    for _ in range(3):
        answer = await ask(small, name, "/v1/sleutels")
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers
    assert (await ask(small)).status_code == 200


async def test_lines_over_quota_are_refused_together_and_worked_on_when_they_fit(
    world: World,
) -> None:
    small, pgn = limited(world, lines=10), world.pupil()
    with world.at(NOW + timedelta(seconds=10)):
        answer = await deliver(small, registrations(pgn, 6, "eerst"))
        assert answer.status_code == 202, answer.text
        assert answer.headers["ratelimit"].endswith('"regels";r=4;t=60')
    before = await world.everything()
    with world.at(NOW + timedelta(seconds=30)):
        answer = await deliver(small, registrations(pgn, 5, "dan"))
        assert refusal(answer) == (429, "te-veel-verzoeken")
        assert answer.headers["retry-after"] == "40"
        assert answer.headers["ratelimit"].endswith('"regels";r=4;t=40')
        assert (await world.everything()) == before
        neighbour = await deliver(small, registrations(pgn, 10, "buur"), "school-99AA")
        assert neighbour.status_code == 202, neighbour.text
        assert (await deliver(small, registrations(pgn, 4, "past"))).status_code == 202
    with world.at(NOW + timedelta(seconds=70)):
        answer = await deliver(small, registrations(pgn, 10, "weer"))
        assert answer.status_code == 202, answer.text


async def test_a_refused_delivery_may_come_again_under_its_own_key(world: World) -> None:
    small, body = limited(world, lines=3), registrations(world.pupil(), 2, "sleutel")
    assert (await deliver(small, body, idempotency_key="eerste-levering")).status_code == 202
    other = registrations(world.pupil(), 2, "andere")
    assert (await deliver(small, other, idempotency_key="tweede-levering")).status_code == 429
    with world.at(NOW + timedelta(seconds=60)):
        answer = await deliver(small, other, idempotency_key="tweede-levering")
        assert answer.status_code == 202
        assert "idempotent-replayed" not in answer.headers


async def test_an_answer_that_is_given_again_costs_no_lines(world: World) -> None:
    small, body = limited(world, lines=2), registrations(world.pupil(), 2, "herhaald")
    answers = [await deliver(small, body, idempotency_key="herhaald") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert answers[2].headers["idempotent-replayed"] == "true"


async def test_a_rehearsal_counts_its_lines_and_one_registration_is_one_line(
    world: World,
) -> None:
    small, pgn = limited(world, lines=3), world.pupil()
    body = registrations(pgn, 2, "proef")
    answer = await deliver(small, body, path=f"{PATH}?valideer=true")
    assert answer.status_code == 200
    single = registrations(pgn, 1, "een").strip()
    answers = [
        await deliver(small, single, content_type="application/json", idempotency_key=key)
        for key in ("een-a", "een-b")
    ]
    assert [answer.status_code for answer in answers] == [202, 429]


async def test_a_packed_delivery_counts_the_lines_that_it_holds(world: World) -> None:
    small = limited(world, lines=5)
    body = gzip.compress(registrations(world.pupil(), 6, "ingepakt"))
    answer = await deliver(small, body, content_encoding="gzip")
    assert refusal(answer) == (429, "te-veel-verzoeken")


async def test_a_large_delivery_waits_for_its_turn_and_a_small_one_for_nobody(
    world: World,
) -> None:
    busy = world.over(turns=Turns(at_once=1, most_seconds=0.01))
    body, neighbour = registrations(world.pupil(), 3, "beurt"), Peer(OINS["las-zuid"], "x5t")
    large = body + b"\n" * Limits().json_bytes
    many = world.over(turns=busy.gateway.turns, limits=Limits(ndjson_lines=2 * len(large)))
    async with busy.gateway.turns.turn(neighbour):
        for delivery in (
            await deliver(busy, gzip.compress(body), content_encoding="gzip"),
            await deliver(many, large),
        ):
            assert refusal(delivery) == (503, "dienst-onbeschikbaar")
            assert int(delivery.headers["retry-after"]) > 0
        assert (await deliver(busy, body)).status_code == 202
    assert (await deliver(busy, gzip.compress(body), content_encoding="gzip")).status_code == 202


def test_the_largest_lawful_delivery_always_fits_in_a_quota() -> None:
    assert Limits().ndjson_lines == LARGEST_DELIVERY
