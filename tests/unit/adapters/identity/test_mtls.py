"""A listener that ends TLS itself knows its caller by the certificate of the connection alone."""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from adapters.http import client_context, mtls_client
from adapters.identity.mtls import peer_from_tls
from adapters.identity.server_tls import tls_context
from exchange.crypto.canonical import b64url
from exchange.crypto.pki import make_server
from exchange.errors import Unavailable
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


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def port(pki: Pki, request: pytest.FixtureRequest) -> Iterator[int]:
    with serving(EchoPeer(peer_from_tls(pki.trust())), pki.server_tls(), request.param) as port:
        yield port


def as_client(pki: Pki, files: Files) -> ssl.SSLContext:
    return client_context(pki.ca, files.cert, files.key)


def anonymous(pki: Pki) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=pki.ca)


def der_of(files: Files) -> bytes:
    return ssl.PEM_cert_to_DER_cert(files.cert.read_text())


def test_without_a_certificate_the_handshake_succeeds_and_there_is_no_peer(
    pki: Pki, port: int
) -> None:
    told = ask(port, anonymous(pki))
    assert told["oin"] is None
    assert told["tls"]["client_cert_chain"] == []
    assert told["tls"]["client_cert_name"] is None


def test_the_peer_is_the_oin_and_thumbprint_of_the_certificate(pki: Pki, port: int) -> None:
    told = ask(port, as_client(pki, pki.client))
    assert told["oin"] == str(OIN)
    assert told["thumbprint"] == b64url(hashlib.sha256(der_of(pki.client)).digest())


def test_the_application_gets_the_asgi_tls_extension(pki: Pki, port: int) -> None:
    tls = ask(port, as_client(pki, pki.client))["tls"]
    assert set(tls) == {
        "server_cert",
        "client_cert_chain",
        "client_cert_name",
        "client_cert_error",
        "tls_version",
        "cipher_suite",
    }
    assert ssl.PEM_cert_to_DER_cert(tls["client_cert_chain"][0]) == der_of(pki.client)
    assert str(OIN) in tls["client_cert_name"]
    assert "O=Gemeente Test" in tls["client_cert_name"]
    assert tls["tls_version"] == 0x0304
    assert tls["cipher_suite"] in {0x1301, 0x1302, 0x1303}


def test_every_request_of_a_connection_has_its_peer(pki: Pki, port: int) -> None:
    files = pki.client
    with mtls_client(f"https://localhost:{port}", pki.ca, files.cert, files.key) as client:
        assert [client.get("/").json()["oin"] for _ in range(3)] == [str(OIN)] * 3


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("who", ["wrong-ca", "expired", "server-only"])
def test_a_certificate_that_is_wrong_is_refused_by_tls(
    pki: Pki, port: int, who: str, version: ssl.TLSVersion
) -> None:
    files = {
        "wrong-ca": lambda: pki.issue(who, pki.foreign, VALID),
        "expired": lambda: pki.issue(who, pki.authority, PAST),
        "server-only": lambda: pki.write(who, make_server(pki.authority, VALID)),
    }[who]()
    context = as_client(pki, files)
    context.maximum_version = version
    with pytest.raises(httpx.TransportError):
        ask(port, context)


def test_a_client_cert_header_means_nothing_here(pki: Pki, port: int) -> None:
    forged = {"Client-Cert": f":{base64.b64encode(der_of(pki.client)).decode()}:"}
    assert ask(port, anonymous(pki), forged)["oin"] is None


def test_a_certificate_that_expires_during_the_connection_is_refused(pki: Pki) -> None:
    clock = FixedClock()
    app, files = EchoPeer(peer_from_tls(pki.trust(clock))), pki.client
    with (
        serving(app, pki.server_tls()) as port,
        mtls_client(f"https://localhost:{port}", pki.ca, files.cert, files.key) as client,
    ):
        assert client.get("/").json()["oin"] == str(OIN)
        clock.moment = NOW + timedelta(days=2)
        assert client.get("/").json()["refused"] == "niet-aangemeld"


def test_without_tls_there_is_no_extension_and_no_peer(pki: Pki) -> None:
    with serving(EchoPeer(peer_from_tls(pki.trust())), None) as port:
        assert ask(port, None) == {"oin": None, "tls": None}


@pytest.mark.parametrize("suites", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "DHE+AESGCM"])
def test_suites_without_forward_secrecy_or_aead_are_refused(
    pki: Pki, port: int, suites: str
) -> None:
    context = anonymous(pki)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suites)
    with pytest.raises(httpx.ConnectError):
        ask(port, context)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_tls_below_1_2_is_refused(pki: Pki, port: int) -> None:
    context = anonymous(pki)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(httpx.ConnectError):
        ask(port, context)


def test_the_listener_offers_nothing_weak(pki: Pki) -> None:
    context = pki.server_tls()
    names = {suite["name"] for suite in context.get_ciphers()}
    assert all(name.startswith(("ECDHE-", "TLS_")) for name in names)
    assert all("GCM" in name or "CHACHA20" in name for name in names)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.options & (ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION)
    assert context.verify_mode is ssl.CERT_OPTIONAL


@pytest.mark.parametrize("missing", range(3))
def test_a_missing_file_is_named_without_a_traceback_of_ssl(pki: Pki, missing: int) -> None:
    paths = [pki.server.cert, pki.server.key, pki.ca]
    paths[missing] = pki.ca.with_name("none")
    with pytest.raises(Unavailable) as refused:
        tls_context(*paths)
    assert "none" in refused.value.facts["herstel"]


def test_a_client_trusts_our_ca_alone(pki: Pki, port: int) -> None:
    foreign = pki.issue("foreign", pki.foreign, VALID)
    with pytest.raises(httpx.ConnectError):
        ask(port, client_context(pki.foreign_ca, foreign.cert, foreign.key))
