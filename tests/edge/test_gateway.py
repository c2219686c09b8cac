"""The proxy before a real gateway: who calls stays who he is, and the service stays up."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.edge.caller import HOST, Heard, connected, get, listen, post, speak
from tests.edge.load import under_load
from tests.edge.parties import make_parties
from tests.edge.site import Site, sited
from tests.edge.test_forgery import SPELLINGS
from tests.flow.schools import ALKMAAR, ROTTERDAM

_OWN = f"/v1/terugmeldingen?vestigingscode={ALKMAAR.vestigingscode}"
_HALF_OPEN = 400
_BARE = 100
_DRIPPERS = 5
_SOURCES = 4
_MIB = 1024 * 1024


@pytest.fixture(scope="module")
async def site(edge_folder: Path) -> AsyncIterator[Site]:
    """An installation of this module's own, for its certificates are replaced."""
    folder = edge_folder / "real"
    folder.mkdir()
    async with sited(folder, make_parties(folder / "pki"), HARD_STOP="30s") as found:
        yield found


def _claim(site: Site, name: str) -> bytes:
    return b":%s:" % base64.b64encode(site.proxy.parties.der(name))


def test_a_signaal_goes_through_to_its_receipt(site: Site) -> None:
    body = next(site.bodies)
    with site.client(ALKMAAR.sender) as school:
        key = {"idempotency-key": "edge-first"}
        receipt = school.post("/v1/signalen", json=body, headers=key)
        assert receipt.status_code == 202, receipt.text
        number = receipt.json()["berichtId"]
        again = school.get(f"/v1/ontvangstbewijzen/{number}")
    assert again.json()["berichtId"] == number


@pytest.mark.parametrize(
    ("caller", "claimed", "status"),
    [
        (None, ALKMAAR.sender, 401),
        (ROTTERDAM.sender, ALKMAAR.sender, 403),
        (ALKMAAR.sender, ROTTERDAM.sender, 200),
    ],
    ids=["nobody stays nobody", "another stays another", "a party stays itself"],
)
def test_a_forged_certificate_changes_nothing(
    site: Site, caller: str | None, claimed: str, status: int
) -> None:
    claim = _claim(site, claimed)
    for spelling in SPELLINGS:
        answer = speak(site.proxy, get(_OWN, spelling.replace(b"%s", claim)), caller)
        assert answer.statuses == [status], spelling


@pytest.mark.parametrize(
    ("own", "status"), [(None, 401), (ROTTERDAM.sender, 403), (ALKMAAR.sender, 200)]
)
def test_a_certificate_in_a_trailer_is_nobodys(site: Site, own: str | None, status: int) -> None:
    """Straight to the gateway's socket, as the proxy would pass it on."""
    shown = [b"Client-Cert: " + _claim(site, own)] if own else []
    trailer = b"0\r\nClient-Cert: %s\r\n\r\n" % _claim(site, ALKMAAR.sender)
    with socket.socket(socket.AF_UNIX) as gateway:
        gateway.settimeout(15)
        gateway.connect(str(site.proxy.socket))
        gateway.sendall(get(_OWN, b"Transfer-Encoding: chunked", *shown) + trailer)
        heard = b"".join(iter(lambda: gateway.recv(65536), b""))
    assert Heard(heard).statuses == [status]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/v1/livez", "/v1/metrics"])
def test_the_operators_pages_are_not_behind_the_proxy(site: Site, path: str) -> None:
    with site.client(ALKMAAR.sender) as client:
        assert client.get(path).status_code == 404


def test_old_and_hasty_clients_are_served(site: Site) -> None:
    old = b"GET /v1/codelijsten HTTP/1.0\r\n" + HOST + b"\r\n"
    assert speak(site.proxy, old).statuses == [200]
    row = b"GET /v1/codelijsten HTTP/1.1\r\n" + HOST + b"\r\n"
    assert speak(site.proxy, row * 3 + get("/v1/codelijsten")).statuses == [200] * 4


def test_an_endless_body_is_refused_and_takes_no_memory(site: Site) -> None:
    before = site.gateway.most_memory_kib()
    head = post(
        b"Transfer-Encoding: chunked", b"Idempotency-Key: edge-endless",
        b"Content-Type: application/x-ndjson", path="/v1/verzuimregistraties",
    )  # fmt: skip
    chunk = b"100000\r\n" + bytes(_MIB) + b"\r\n"
    with connected(site.proxy, ALKMAAR.sender) as tls:
        tls.sendall(head)
        with suppress(OSError):
            tls.sendall(chunk * 48)
        assert Heard(listen(tls)).statuses in ([413], [])
    assert site.gateway.most_memory_kib() - before < 128 * 1024


def test_a_reload_loses_no_request_and_takes_a_new_list_into_use(site: Site) -> None:
    with under_load(site) as load:
        load.wait_for(20)
        site.proxy.parties.renew_server()
        site.proxy.reload()
        load.wait_for(20)
        assert _admitted(site, "school-99AA")
        site.proxy.parties.revoke("revoked", "school-99AA", number=2)
        site.proxy.reload()
        load.wait_for(20)
        assert not _admitted(site, "school-99AA")
    assert load.failed == []


def test_a_gateway_that_is_replaced_loses_no_request(site: Site) -> None:
    with under_load(site) as load:
        load.wait_for(20)
        site.gateway.stop()
        site.gateway.start()
        load.wait_for(40)
    assert load.failed == []


def test_half_open_connections_and_drippers_leave_the_service_to_others(site: Site) -> None:
    with ExitStack() as stack:
        drippers = [stack.enter_context(_dripping(site)) for _ in range(_DRIPPERS)]
        for number in range(_HALF_OPEN):
            source = f"127.0.0.{2 + number % _SOURCES}"
            half = stack.enter_context(connected(site.proxy, source=source))
            half.sendall(b"GET /v1/codelijsten HTTP/1.1\r\nHost: lo")
        for _ in range(_BARE):
            stack.enter_context(socket.create_connection(("127.0.0.1", site.proxy.port)))
        with under_load(site) as load:
            load.wait_for(60)
        with site.client() as stranger:
            assert stranger.get("/v1/openapi.json").status_code == 200
        assert load.failed == []
        assert [Heard(listen(tls)).statuses for tls in drippers] == [[408]] * _DRIPPERS


@contextmanager
def _dripping(site: Site) -> Iterator[ssl.SSLSocket]:
    """Send the body of a party as slowly as nobody needs, past what the proxy waits for."""
    enough = threading.Event()
    head = post(
        b"Content-Length: 9000000", b"Idempotency-Key: edge-drip",
        b"Content-Type: application/x-ndjson", path="/v1/verzuimregistraties",
    )  # fmt: skip
    with connected(site.proxy, ALKMAAR.sender) as tls:
        tls.settimeout(30)
        tls.sendall(head + bytes(40_000))

        def drip() -> None:
            with suppress(OSError):
                while not enough.wait(0.2):
                    tls.sendall(b"a")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            yield tls
        finally:
            enough.set()
            dripping.join()


def _admitted(site: Site, name: str) -> bool:
    try:
        with site.client(name) as client:
            return client.get("/v1/codelijsten").status_code == 200
    except httpx.TransportError:
        return False
