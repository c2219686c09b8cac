"""A listener behind the proxy believes one well-formed Client-Cert header (RFC 9440)."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.identity.proxy import peer_from_client_cert_header
from exchange.crypto.pki import make_server
from exchange.errors import Refused
from tests.unit.adapters.identity.loopback import (
    NOW,
    OIN,
    PAST,
    VALID,
    EchoPeer,
    Files,
    FixedClock,
    Pki,
    ask,
    serving,
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(EchoPeer(peer_from_client_cert_header(FixedClock())), None) as port:
        yield port


def header(files: Files) -> str:
    der = ssl.PEM_cert_to_DER_cert(files.cert.read_text())
    return f":{base64.b64encode(der).decode()}:"


def scope(*values: str) -> dict[str, Any]:
    return {"type": "http", "headers": [(b"client-cert", value.encode()) for value in values]}


def test_the_header_names_the_peer(pki: Pki, port: int) -> None:
    assert ask(port, None, {"Client-Cert": header(pki.client)})["oin"] == str(OIN)


def test_without_the_header_there_is_no_peer(port: int) -> None:
    assert ask(port, None)["oin"] is None


def test_two_headers_are_refused(pki: Pki, port: int) -> None:
    twice = [("Client-Cert", header(pki.client)), ("client-cert", header(pki.client))]
    assert ask(port, None, twice)["refused"] == "niet-aangemeld"


def test_a_certificate_out_of_its_validity_is_refused(pki: Pki, port: int) -> None:
    expired = pki.issue("expired-behind-proxy", pki.authority, PAST)
    assert ask(port, None, {"Client-Cert": header(expired)})["refused"] == "niet-aangemeld"


def test_a_certificate_of_a_server_is_refused(pki: Pki, port: int) -> None:
    server = pki.write("server-behind-proxy", make_server(pki.authority, VALID))
    assert ask(port, None, {"Client-Cert": header(server)})["refused"] == "niet-aangemeld"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda _: "::",
        lambda value: value[1:-1],
        lambda value: value[:-1],
        lambda value: f"{value}, {value}",
        lambda value: f"{value};q=1",
        lambda value: f" {value}",
        lambda value: value[:40] + "\n" + value[40:],
        lambda value: f":{value[1:-1].replace('+', '-').replace('/', '_')}_:",
        lambda value: f":{value[1:-2]}:",
        lambda _: f":{'A' * 20_000}:",
        lambda _: ":AAAA:",
        lambda _: "-----BEGIN CERTIFICATE-----",
    ],
)
def test_a_malformed_header_is_refused(pki: Pki, spoil: Callable[[str], str]) -> None:
    peer_of = peer_from_client_cert_header(FixedClock())
    with pytest.raises(Refused, match="niet-aangemeld"):
        peer_of(scope(spoil(header(pki.client))))


def test_a_certificate_is_parsed_once_and_its_dates_are_checked_every_time(pki: Pki) -> None:
    clock = FixedClock()
    peer_of = peer_from_client_cert_header(clock)
    assert peer_of(scope(header(pki.client))) == peer_of(scope(header(pki.client)))
    clock.moment = VALID.not_before
    assert peer_of(scope(header(pki.client))) is not None
    clock.moment = PAST.not_before
    with pytest.raises(Refused):
        peer_of(scope(header(pki.client)))
    clock.moment = NOW
    assert peer_of(scope(header(pki.client))) is not None
