"""A listener behind the proxy believes one well-formed Client-Cert header (RFC 9440)."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.identity.peers import PeerOf
from adapters.identity.proxy import peer_from_client_cert_header
from exchange.crypto.pki import (
    make_authority,
    make_client,
    make_crl,
    make_intermediate,
    make_server,
)
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
def port(pki: Pki) -> Iterator[int]:
    with serving(EchoPeer(peer_from_client_cert_header(pki.trust())), None) as port:
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
    peer_of = peer_from_client_cert_header(pki.trust())
    with pytest.raises(Refused, match="niet-aangemeld"):
        peer_of(scope(spoil(header(pki.client))))


def test_the_chain_is_followed_whatever_the_proxy_did(pki: Pki, port: int) -> None:
    stranger = pki.issue("stranger-behind-proxy", pki.foreign, VALID)
    assert ask(port, None, {"Client-Cert": header(stranger)})["refused"] == "niet-aangemeld"
    offered = {"Client-Cert": header(stranger), "Client-Cert-Chain": header(foreign(pki))}
    assert ask(port, None, offered)["refused"] == "niet-aangemeld"


def foreign(pki: Pki) -> Files:
    return Files(pki.foreign_ca, pki.foreign_ca)


def test_a_revoked_certificate_is_refused(pki: Pki, tmp_path: Path) -> None:
    crl = tmp_path / "crl.pem"
    revoked = pki.issue("revoked-behind-proxy", pki.authority, VALID)
    crl.write_bytes(make_crl(pki.authority, [revoked.cert.read_bytes()], VALID))
    peer_of = peer_from_client_cert_header(pki.trust(crl=crl))
    assert peer_of(scope(header(pki.client))) is not None
    with pytest.raises(Refused, match="niet-aangemeld"):
        peer_of(scope(header(revoked)))


ROOT = make_authority("Stam", VALID, path_length=1)
BETWEEN = make_intermediate(ROOT, "Tussen", VALID)


@pytest.fixture
def far(tmp_path: Path) -> tuple[PeerOf, Pki, Files]:
    """A reader that knows a root alone, and a client that is one CA away from it."""
    pki = Pki(tmp_path)
    pki.ca.write_bytes(ROOT.certificate)
    client = pki.write("far", make_client(BETWEEN, OIN, "Gemeente", "far", VALID))
    pki.write("between", BETWEEN)
    return peer_from_client_cert_header(pki.trust()), pki, client


def chained(client: Files, *chain: str) -> dict[str, Any]:
    lines = [(b"client-cert-chain", value.encode()) for value in chain]
    return {"type": "http", "headers": [(b"client-cert", header(client).encode()), *lines]}


def test_a_chain_that_the_proxy_hands_over_leads_to_a_ca_of_ours(
    far: tuple[PeerOf, Pki, Files], tmp_path: Path
) -> None:
    peer_of, pki, client = far
    between = header(Files(tmp_path / "between.pem", client.key))
    root = header(Files(pki.ca, client.key))
    chains: list[tuple[str, ...]] = [(between,), (f"{between}, {root}",), (root, between)]
    for chain in (*chains, (f"{root},{between}",)):
        peer = peer_of(chained(client, *chain))
        assert peer is not None
        assert peer.oin == OIN
    for chain in ((), (root,), ("",)):
        with pytest.raises(Refused, match="niet-aangemeld"):
            peer_of(chained(client, *chain))


def test_a_malformed_chain_is_refused(far: tuple[PeerOf, Pki, Files], tmp_path: Path) -> None:
    peer_of, _, client = far
    good = header(Files(tmp_path / "between.pem", client.key))
    spoiled = (f"{good},", f"{good} {good}", f"{good};a=1", good[:-1], ":AAAA:", "x", "," * 9)
    for chain in (*spoiled, ", ".join([good] * 9), f":{'A' * 50_000}:"):
        with pytest.raises(Refused, match="niet-aangemeld"):
            peer_of(chained(client, chain))


def test_a_chain_without_a_certificate_means_nothing(pki: Pki, port: int) -> None:
    assert ask(port, None, {"Client-Cert-Chain": header(pki.client)})["oin"] is None


def test_a_certificate_is_parsed_once_and_its_dates_are_checked_every_time(pki: Pki) -> None:
    clock = FixedClock()
    peer_of = peer_from_client_cert_header(pki.trust(clock))
    assert peer_of(scope(header(pki.client))) == peer_of(scope(header(pki.client)))
    clock.moment = PAST.not_before
    with pytest.raises(Refused):
        peer_of(scope(header(pki.client)))
    clock.moment = NOW
    assert peer_of(scope(header(pki.client))) is not None
