"""How much, how long, how many: who asks too much is cut off, and the others do not notice."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.edge.caller import HOST, Heard, connected, get, listen, post, speak
from tests.edge.haproxy import HASTY, Proxy, proxied
from tests.edge.parties import Parties
from tests.edge.stand_in import StandIn, standing_in

_MANY = 40
_DRIP_SECONDS = 0.1
_CHUNKED = b"Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    "raw",
    [
        get("/v1/" + "a" * 20_000),
        get("/v1/x", b"A: " + b"a" * 20_000),
        get("/v1/x", *(b"A%d: a" % number for number in range(100))),
        get("/v1/x", b"A" * 20_000 + b": a"),
    ],
    ids=["target", "value", "number of fields", "name"],
)
def test_a_head_past_its_limit_is_refused(proxy: Proxy, stand_in: StandIn, raw: bytes) -> None:
    assert speak(proxy, raw, "las-noord").statuses == [400]
    assert stand_in.taken == []


def test_a_head_below_it_is_not(proxy: Proxy, stand_in: StandIn) -> None:
    few = [b"A%d: a" % number for number in range(50)]
    assert speak(proxy, get("/v1/" + "a" * 9_000, *few), "las-noord").statuses == [200]


@pytest.mark.parametrize("length", [33_554_433, 10**9, 10**18, 2**63])
def test_a_body_past_its_limit_is_refused_before_it_comes(
    proxy: Proxy, stand_in: StandIn, length: int
) -> None:
    answer = speak(proxy, post(b"Content-Length: %d" % length), "las-noord")
    assert answer.statuses == ([413] if length < 2**63 else [400])
    assert length == 2**63 or _problem(answer)["code"] == "te-groot"
    assert stand_in.taken == []


def test_a_body_at_its_limit_is_passed_on(proxy: Proxy, stand_in: StandIn) -> None:
    size = 33_554_432
    raw = post(b"Content-Length: %d" % size, body=bytes(size))
    assert speak(proxy, raw, "las-noord").statuses == [200]
    assert len(stand_in.taken[0].body) == size


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (post(b"Content-Length: 16385"), 401),
        (post(_CHUNKED), 401),
        (post(b"Content-Length: 16385", path="/console/x"), 413),
        (post(_CHUNKED, path="/console/x"), 413),
    ],
)
def test_a_stranger_has_no_large_body(
    proxy: Proxy, stand_in: StandIn, raw: bytes, status: int
) -> None:
    assert speak(proxy, raw).statuses == [status]
    assert stand_in.taken == []


@pytest.mark.parametrize("path", ["/v1/signalen", "/console/x"])
def test_a_small_form_of_a_stranger_is_passed_on(
    proxy: Proxy, stand_in: StandIn, path: str
) -> None:
    body = bytes(16_000)
    assert speak(proxy, post(b"Content-Length: 16000", body=body, path=path)).statuses == [200]
    assert stand_in.taken[0].body == body


@pytest.mark.parametrize("name", [None, "las-noord"], ids=["nobody", "a party"])
@pytest.mark.parametrize(
    ("begin", "drip"),
    [
        (b"GET /v1/x HTTP/1.1\r\n" + HOST, b"A: b\r\n"),
        (b"GET /", b"a"),
        (b"\r\n", b"\r\n"),
        (post(b"Content-Length: 9000"), b"a"),
    ],
    ids=["head", "target", "empty lines", "body"],
)
def test_who_drips_is_cut_off(
    proxy: Proxy, stand_in: StandIn, begin: bytes, drip: bytes, name: str | None
) -> None:
    with connected(proxy, name) as tls:
        tls.sendall(begin)
        answer = Heard(_listen_while_dripping(tls, drip))
    assert answer.statuses in ([408], [])
    assert stand_in.taken == []


@pytest.mark.parametrize("said", [b"", get("/v1/x").replace(b"Connection: close\r\n", b"")])
def test_who_says_nothing_more_is_cut_off(proxy: Proxy, stand_in: StandIn, said: bytes) -> None:
    with connected(proxy) as tls:
        tls.sendall(said)
        listen(tls)


def test_who_never_begins_with_tls_is_cut_off(proxy: Proxy) -> None:
    place = "127.0.0.1", proxy.port
    with socket.create_connection(place, 15) as plain, suppress(ConnectionError):
        assert plain.recv(1) == b""


@pytest.mark.parametrize("begin", [b"GET /v1/x HTTP/1.1\r\n" + HOST, post(b"Content-Length: 9000")])
def test_with_more_patience_who_drips_would_not_be(
    folder: Path, parties: Parties, begin: bytes
) -> None:
    """The tests above can see: it is these limits that cut off."""
    patient = {"HEAD_TIME": "60s", "IDLE_TIME": "60s", "STALL_TIME": "60s"}
    with proxied(folder, parties, patient) as proxy, connected(proxy) as tls:
        tls.sendall(begin)
        tls.settimeout(2)
        with pytest.raises(TimeoutError):
            tls.recv(1)


def test_with_room_for_few_half_open_connections_would_shut_others_out(
    folder: Path, parties: Parties
) -> None:
    """So test_gateway.py, where they do not, can see."""
    narrow = {**HASTY, "HEAD_TIME": "60s", "STALL_TIME": "60s", "CONNECTIONS": "20"}
    with proxied(folder, parties, narrow) as proxy, standing_in(proxy.socket), ExitStack() as held:
        for _ in range(20):
            held.enter_context(connected(proxy)).sendall(b"GET /v1/x HTTP/1.1\r\n")
        late = held.enter_context(socket.create_connection(("127.0.0.1", proxy.port), 2))
        with pytest.raises(TimeoutError):
            parties.context("las-noord").wrap_socket(late, server_hostname="localhost")


def test_who_does_not_read_a_large_answer_is_cut_off(folder: Path, parties: Parties) -> None:
    large = b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n" + bytes(100_000_000)
    with proxied(folder, parties, HASTY) as proxy, standing_in(proxy.socket) as stand_in:
        stand_in.answer = large
        with connected(proxy, "las-noord") as tls:
            tls.sendall(get("/v1/x"))
            while not stand_in.taken:
                threading.Event().wait(0.01)
            assert stand_in.taken[0].ended.wait(15)


def test_a_stranger_has_so_many_connections_and_a_party_is_not_counted(
    folder: Path, parties: Parties
) -> None:
    settings = {**HASTY, "STALL_TIME": "20s", "HEAD_TIME": "20s", "STRANGER_CONNECTIONS": "10"}
    with proxied(folder, parties, settings) as proxy, standing_in(proxy.socket):
        with ExitStack() as stack:
            held = [stack.enter_context(connected(proxy)) for _ in range(_MANY)]
            for tls in held:
                with suppress(OSError):
                    tls.sendall(b"GET /v1/x HTTP/1.1\r\n")
            assert not _answered(proxy, None)
            assert all(_answered(proxy, "las-noord") for _ in range(_MANY))
            assert _answered(proxy, None, "127.0.0.9")
        assert _answered(proxy, None)


def test_a_stranger_has_so_many_requests_and_a_party_is_not_counted(
    folder: Path, parties: Parties
) -> None:
    settings = {**HASTY, "STRANGER_REQUESTS": "5"}
    with proxied(folder, parties, settings) as proxy, standing_in(proxy.socket):
        answers = [speak(proxy, get("/v1/x")) for _ in range(7)]
        assert [answer.statuses[0] for answer in answers] == [200] * 5 + [429] * 2
        assert _problem(answers[-1])["code"] == "te-veel-verzoeken"
        assert b"retry-after: 10" in answers[-1].raw.lower()
        assert all(_answered(proxy, "las-noord") for _ in range(10))


@pytest.mark.parametrize(
    ("guard", "raw"),
    [
        ("gt 33554432", post(b"Content-Length: 33554433")),
        ("tune.http.maxhdr 64", get("/v1/x", *(b"A%d: a" % number for number in range(80)))),
        ("tune.bufsize 32768", get("/v1/x", b"A: " + b"a" * 20_000)),
    ],
)
def test_without_its_limit_it_would_begin_to_arrive(
    folder: Path, parties: Parties, guard: str, raw: bytes
) -> None:
    """The tests above can see. Of a body the first part is waited for, so here it is there."""
    wider = {
        "tune.http.maxhdr 64": "tune.http.maxhdr 200",
        "tune.bufsize 32768": "tune.bufsize 65536",
        "gt 33554432": "gt 43554432",
    }
    changes = {guard: wider.get(guard, "")}
    body = bytes(20_000) if raw.startswith(b"POST") else b""
    with proxied(folder, parties, HASTY, changes) as proxy, standing_in(proxy.socket) as stand_in:
        speak(proxy, raw + body, "las-noord")
        assert len(stand_in.taken) == 1


def _listen_while_dripping(tls: ssl.SSLSocket, drip: bytes) -> bytes:
    stop = threading.Event()

    def go_on() -> None:
        with suppress(OSError):
            while not stop.wait(_DRIP_SECONDS):
                tls.sendall(drip)

    dripping = threading.Thread(target=go_on)
    dripping.start()
    try:
        return listen(tls)
    finally:
        stop.set()
        dripping.join()


def _answered(proxy: Proxy, name: str | None, source: str = "127.0.0.1") -> bool:
    try:
        with connected(proxy, name, source) as tls:
            tls.sendall(get("/v1/x"))
            return Heard(listen(tls)).statuses == [200]
    except (ConnectionError, ssl.SSLError):
        return False


def _problem(answer: Heard) -> dict[str, object]:
    found: dict[str, object] = json.loads(answer.raw.partition(b"\r\n\r\n")[2])
    return found
