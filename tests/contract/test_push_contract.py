"""What a notice looks like to its recipient, and what an answer to it means."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
import respx

from adapters.keys.memory import MemoryKeyProvider
from adapters.push.sender import HttpPushSender, PushSettings
from adapters.push.verification import verify_push
from exchange.messages.identifiers import Oin
from exchange.ports import KeyProvider, Push, PushOutcome

URL = "https://leerplicht.example.nl/push"
GATEWAY = Oin("00000099000000010000")
PUSH = Push(URL, Oin("00000099000003610000"), UUID("01890a5d-ac96-774b-bcce-b302099a8057"))

LEVERING = Push(URL, Oin("00000099000003610000"), 17)


class Now:
    """The real time of one test: a recipient checks against its own clock."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def keys() -> KeyProvider:
    return MemoryKeyProvider()


@pytest.fixture
async def sender(keys: KeyProvider) -> AsyncIterator[HttpPushSender]:
    sender = HttpPushSender(PushSettings(GATEWAY), keys, Now())
    yield sender
    await sender.aclose()


async def test_the_body_is_the_id_and_nothing_else(
    sender: HttpPushSender, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(URL).respond(204)
    assert await sender.send(PUSH) is PushOutcome.DELIVERED
    request = route.calls.last.request
    assert json.loads(request.content) == {"berichtId": str(PUSH.subject)}
    assert request.headers["content-type"] == "application/json"


async def test_the_headers_are_those_of_cloudevents_in_binary_mode(
    sender: HttpPushSender, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(URL).respond(200)
    await sender.send(PUSH)
    sent = route.calls.last.request.headers
    attributes = {name: value for name, value in sent.items() if name.startswith("ce-")}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", attributes.pop("ce-time"))
    assert attributes == {
        "ce-specversion": "1.0",
        "ce-id": str(PUSH.subject),
        "ce-source": f"urn:nld:oin:{GATEWAY}:systeem:verzuim-exchange",
        "ce-type": "nl.verzuim-exchange.bericht-beschikbaar",
    }


async def test_a_levering_is_told_by_its_nummer_alone(
    sender: HttpPushSender, keys: KeyProvider, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(URL).respond(204)
    assert await sender.send(LEVERING) is PushOutcome.DELIVERED
    got = route.calls.last.request
    assert json.loads(got.content) == {"nummer": 17}
    assert got.headers["ce-type"] == "nl.verzuim-exchange.levering-beschikbaar"
    assert got.headers["ce-id"] == "17"
    rebuilt = httpx.Request(got.method, URL, headers=got.headers.raw, content=got.content)
    assert verify_push(rebuilt, keys.public_keys()) == LEVERING.subject


async def test_nothing_but_the_notice_is_told(
    sender: HttpPushSender, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(URL).respond(200)
    await sender.send(PUSH)
    assert {name for name in route.calls.last.request.headers if not name.startswith("ce-")} == {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
        "content-type",
        "content-length",
        "content-digest",
        "signature",
        "signature-input",
    }


async def test_the_recipient_can_verify_it_with_the_published_keys(
    sender: HttpPushSender, keys: KeyProvider, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(URL).respond(200)
    await sender.send(PUSH)
    got = route.calls.last.request
    rebuilt = httpx.Request(got.method, URL, headers=got.headers.raw, content=got.content)
    assert verify_push(rebuilt, keys.public_keys()) == PUSH.subject


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_a_2xx_is_delivered(
    sender: HttpPushSender, respx_mock: respx.MockRouter, status: int
) -> None:
    respx_mock.post(URL).respond(status)
    assert await sender.send(PUSH) is PushOutcome.DELIVERED


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(
    sender: HttpPushSender, respx_mock: respx.MockRouter, status: int
) -> None:
    route = respx_mock.post(URL).respond(status, headers={"location": "https://elders.example.nl/"})
    assert await sender.send(PUSH) is PushOutcome.FAILED
    assert route.call_count == 1


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 502, 503])
async def test_an_error_is_a_failure(
    sender: HttpPushSender, respx_mock: respx.MockRouter, status: int
) -> None:
    respx_mock.post(URL).respond(status)
    assert await sender.send(PUSH) is PushOutcome.FAILED


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, OSError, ValueError]
)
async def test_a_broken_connection_is_a_failure(
    sender: HttpPushSender, respx_mock: respx.MockRouter, error: type[Exception]
) -> None:
    respx_mock.post(URL).mock(side_effect=error)
    assert await sender.send(PUSH) is PushOutcome.FAILED


async def test_a_failure_does_not_stand_in_the_way_of_the_next_try(
    sender: HttpPushSender, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(URL).mock(side_effect=[httpx.Response(503), httpx.Response(200)])
    assert [await sender.send(PUSH), await sender.send(PUSH)] == [
        PushOutcome.FAILED,
        PushOutcome.DELIVERED,
    ]


async def test_a_cookie_is_not_kept(sender: HttpPushSender, respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(URL).respond(200, headers={"set-cookie": "spoor=1; Path=/"})
    await sender.send(PUSH)
    await sender.send(PUSH)
    assert "cookie" not in route.calls.last.request.headers


@pytest.mark.parametrize(
    "url", ["http://leerplicht.example.nl/push", "https://naam@leerplicht.example.nl/", "onzin"]
)
async def test_a_url_that_may_not_be_used_is_a_failure(
    sender: HttpPushSender, respx_mock: respx.MockRouter, url: str
) -> None:
    assert await sender.send(Push(url, PUSH.recipient, PUSH.subject)) is PushOutcome.FAILED
    assert not respx_mock.calls


async def test_keys_that_do_not_answer_are_a_failure(respx_mock: respx.MockRouter) -> None:
    class Broken(MemoryKeyProvider):
        def sign(self, message: bytes) -> bytes:
            raise OSError

    sender = HttpPushSender(PushSettings(GATEWAY), Broken(), Now())
    assert await sender.send(PUSH) is PushOutcome.FAILED
    assert not respx_mock.calls
    await sender.aclose()
