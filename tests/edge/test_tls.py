"""Who may speak at all: TLS 1.2 and 1.3 in their strong forms, and certificates that hold."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edge.caller import Heard, connected, get, listen, speak
from tests.edge.haproxy import HASTY, Proxy, proxied
from tests.edge.parties import Parties
from tests.edge.stand_in import StandIn, standing_in
from tests.programs import program

WEAK = {
    "TLS 1.0": ("-tls1", "-cipher", "ALL:@SECLEVEL=0"),
    "TLS 1.1": ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
    "CBC": ("-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA:@SECLEVEL=0"),
    "no forward secrecy": ("-tls1_2", "-cipher", "AES256-GCM-SHA384:AES128-SHA:@SECLEVEL=0"),
    "DHE": ("-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0"),
    "no encryption": ("-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"),
    "CCM": ("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"),
    "a weak curve": ("-tls1_2", "-groups", "secp224r1", "-cipher", "ALL:@SECLEVEL=0"),
}
STRONG = {
    "TLS 1.2": ("-tls1_2",),
    "TLS 1.3": ("-tls1_3",),
    "ChaCha20": ("-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"),
}


@pytest.fixture(scope="module")
def rsa_certificate(edge_folder: Path) -> Path:
    """One for which the old suites exist, so that it is not for want of a key that they fail."""
    key, cert = edge_folder / "rsa.key", edge_folder / "rsa.pem"
    command = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost")
    out = ("-keyout", str(key), "-out", str(cert), "-days", "2")
    subprocess.run((program("openssl"), *command, *out), check=True, capture_output=True)
    cert.write_text(cert.read_text() + key.read_text())
    return cert


@pytest.fixture(scope="module")
def rsa_proxy(edge_folder: Path, parties: Parties, rsa_certificate: Path) -> Proxy:  # type: ignore[misc]
    folder = edge_folder / "rsa"
    folder.mkdir()
    with proxied(folder, parties, {**HASTY, "CERTIFICATE": str(rsa_certificate)}) as proxy:
        yield proxy


def _handshake(port: int, options: tuple[str, ...], said: str = "") -> str:
    command = (program("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", *options)
    done = subprocess.run(
        command, input=said, capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout + done.stderr


def _agreed(told: str) -> bool:
    return "Cipher is (NONE)" not in told and "New, TLSv1" in told


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_handshake_is_refused(rsa_proxy: Proxy, name: str) -> None:
    assert not _agreed(_handshake(rsa_proxy.port, WEAK[name]))


@pytest.mark.parametrize("name", STRONG)
def test_a_strong_one_is_not(rsa_proxy: Proxy, name: str) -> None:
    assert _agreed(_handshake(rsa_proxy.port, STRONG[name]))


def test_a_lax_configuration_would_agree_to_each_weak_one(
    folder: Path, parties: Parties, rsa_certificate: Path
) -> None:
    """The tests above can see; DHE and no encryption this OpenSSL does not even offer by itself."""
    lax = {
        "ssl-min-ver TLSv1.2": "ssl-min-ver TLSv1.0",
        "bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20": "bind-ciphers ALL:@SECLEVEL=0",
        "TLS_AES_128_GCM_SHA256": "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256",
        "curves X25519:P-256:P-384": "curves X25519:P-256:P-384:P-224",
    }
    settings = {**HASTY, "CERTIFICATE": str(rsa_certificate)}
    with proxied(folder, parties, settings, lax) as proxy:
        agreed = {name for name in WEAK if _agreed(_handshake(proxy.port, WEAK[name]))}
    assert agreed >= WEAK.keys() - {"DHE", "no encryption"}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_never_resumed(proxy: Proxy, version: ssl.TLSVersion) -> None:
    """A resumed session would skip the list of revoked certificates."""
    assert not _resumes(proxy, version)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_it_would_be_if_it_were_kept(
    folder: Path, parties: Parties, version: ssl.TLSVersion
) -> None:
    kept = {"tune.ssl.cachesize 0": "tune.ssl.cachesize 1000", " no-tls-tickets": ""}
    with proxied(folder, parties, HASTY, kept) as proxy, standing_in(proxy.socket):
        assert _resumes(proxy, version)


def _resumes(proxy: Proxy, version: ssl.TLSVersion) -> bool:
    context = proxy.parties.context("las-noord")
    context.minimum_version = context.maximum_version = version
    session, resumed = None, None
    for _ in range(2):
        plain = socket.create_connection(("127.0.0.1", proxy.port))
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as tls:
            tls.sendall(get("/v1/x"))
            assert Heard(listen(tls)).statuses
            session, resumed = tls.session, tls.session_reused
    return bool(resumed)


def test_a_handshake_is_not_done_again_on_one_connection(rsa_proxy: Proxy) -> None:
    told = _handshake(rsa_proxy.port, ("-tls1_2", "-legacy_renegotiation"), "R\n")
    assert "Secure Renegotiation IS supported" in told
    assert "no renegotiation" in told or "unexpected message" in told or "closed" in told


def test_plain_http_gets_no_answer(proxy: Proxy, stand_in: StandIn) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), 10) as plain:
        plain.sendall(get())
        heard = b""
        try:
            while more := plain.recv(4096):
                heard += more
        except ConnectionError:
            pass
    assert b"HTTP" not in heard
    assert stand_in.taken == []


@pytest.mark.parametrize("name", ["expired", "foreign", "revoked", "misused"])
def test_a_certificate_that_does_not_hold_is_refused(
    proxy: Proxy, stand_in: StandIn, name: str
) -> None:
    assert not _served(lambda: speak(proxy, get("/v1/x"), name))
    assert stand_in.taken == []


@pytest.mark.parametrize("name", [None, "las-noord"])
def test_who_shows_none_or_a_good_one_is_served(
    proxy: Proxy, stand_in: StandIn, name: str | None
) -> None:
    assert _served(lambda: speak(proxy, get("/v1/x"), name))


@pytest.mark.parametrize(
    ("name", "guard"),
    [
        ("expired", " verify optional"),
        ("foreign", " verify optional"),
        ("revoked", ' crl-file "${EDGE_CLIENT_CRL}"'),
    ],
)
def test_without_its_guard_it_would_be_served(
    folder: Path, parties: Parties, name: str, guard: str
) -> None:
    instead = " verify optional crt-ignore-err all ca-ignore-err all" if "verify" in guard else ""
    changes = {guard: instead}
    with proxied(folder, parties, HASTY, changes) as proxy, standing_in(proxy.socket) as stand_in:
        assert _served(lambda: speak(proxy, get("/v1/x"), name))
        handed_over = stand_in.taken[0].values(b"client-cert")
    assert bool(handed_over) == (name == "revoked"), "only what was verified is handed over"


def test_a_list_past_its_term_refuses_everybody_with_a_certificate(
    folder: Path, parties: Parties
) -> None:
    """A list that nobody renews must not pass for one without revocations."""
    stale = folder / "stale.pem"
    stale.write_bytes(parties.stale_crl())
    settings = {**HASTY, "CLIENT_CRL": str(stale)}
    with proxied(folder, parties, settings) as proxy, standing_in(proxy.socket):
        assert not _served(lambda: speak(proxy, get("/v1/x"), "las-noord"))
        assert _served(lambda: speak(proxy, get("/v1/x")))


def _served(ask: Callable[[], Heard]) -> bool:
    """Whether there was an answer; a handshake may fail at once or at the first reading."""
    try:
        return bool(ask().statuses)
    except (ssl.SSLError, ConnectionError):
        return False


def test_only_http_1_1_is_agreed_on(proxy: Proxy) -> None:
    context = proxy.parties.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection(("127.0.0.1", proxy.port), 10)
    with context.wrap_socket(plain, server_hostname="localhost") as tls:
        assert tls.selected_alpn_protocol() == "http/1.1"
    with connected(proxy) as tls:
        assert tls.version() == "TLSv1.3"
