"""The TLS of our own listener as strangers' programs meet it: what is spoken, and who gets in."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from adapters.http import client_context
from adapters.identity.mtls import peer_from_tls
from exchange.crypto.pki import Credential, Validity, make_crl, make_server
from tests.programs import program
from tests.unit.adapters.identity.loopback import (
    OIN,
    PAST,
    VALID,
    EchoPeer,
    Files,
    Pki,
    ask,
    serving,
)
from tests.unit.crypto.issuing import FUTURE, issue, key_of, usage

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
STRONG = "ECDHE+AESGCM:ECDHE+CHACHA20"
WEAK = f"ALL:!{STRONG.replace(':', ':!')}"
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class Listener:
    """One listener with a revocation list, and the certificates of everybody who knocks."""

    def __init__(self, folder: Path) -> None:
        self.pki = Pki(folder)
        self.revoked = self.pki.issue("revoked", self.pki.authority, VALID)
        self.crl = folder / "crl.pem"
        self.revoke(self.revoked)
        self.trust = self.pki.trust(crl=self.crl)
        self.port = 0

    def revoke(self, *files: Files) -> None:
        """Replace the list."""
        listed = [one.cert.read_bytes() for one in files]
        self.crl.write_bytes(make_crl(self.pki.authority, listed, VALID))

    def knock(self, *options: str, said: bytes = REQUEST) -> subprocess.CompletedProcess[str]:
        """Knock with ``openssl s_client``."""
        command = (
            *(program("openssl"), "s_client", "-connect", f"localhost:{self.port}"),
            *("-CAfile", str(self.pki.ca), "-verify_return_error", *options),
        )
        done = subprocess.run(command, input=said, capture_output=True, timeout=30, check=False)
        return subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode(), done.stderr.decode()
        )


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    made = Listener(tmp_path_factory.mktemp("profile"))
    with serving(EchoPeer(peer_from_tls(made.trust)), made.pki.server_tls()) as port:
        made.port = port
        yield made


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_both_versions_of_today_are_spoken_with_forward_secrecy_and_aead(
    listener: Listener, version: str
) -> None:
    done = listener.knock(version, "-ign_eof")
    assert "HTTP/1.1 200" in done.stdout, done.stderr
    assert "Compression: NONE" in done.stdout
    assert "Server Temp Key: X25519" in done.stdout
    cipher = done.stdout.partition("Cipher is ")[2].split()[0]
    assert cipher.startswith(("ECDHE-", "TLS_"))
    assert "GCM" in cipher or "CHACHA20" in cipher


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_older_versions_are_not_spoken(listener: Listener, version: str) -> None:
    done = listener.knock(version, "-cipher", "ALL:@SECLEVEL=0")
    assert was_refused(done)


@pytest.mark.parametrize("weak", [WEAK, "kRSA", "DHE", "SHA1", "NULL:aNULL"])
def test_no_other_suite_is_spoken(listener: Listener, weak: str) -> None:
    assert was_refused(listener.knock("-tls1_2", "-cipher", f"{weak}:@SECLEVEL=0"))
    assert "HTTP/1.1 200" in listener.knock("-tls1_2", "-ign_eof", "-cipher", STRONG).stdout


def was_refused(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether the listener hung up on what it was offered, and not s_client on itself."""
    assert "Cipher is (NONE)" in done.stdout, done.stderr
    return done.returncode != 0 and ("unexpected eof" in done.stderr or "alert" in done.stderr)


def test_there_are_no_tickets_and_no_early_data(listener: Listener) -> None:
    for version in ("-tls1_2", "-tls1_3"):
        told = listener.knock(version, "-ign_eof").stdout
        assert "ticket" not in told.lower()
        assert "HTTP/1.1 200" in told


def test_renegotiation_is_refused(listener: Listener) -> None:
    done = listener.knock("-tls1_2", said=b"R\n")
    assert "RENEGOTIATING" in done.stderr
    assert "no renegotiation" in done.stderr
    assert "Secure Renegotiation IS supported" in done.stdout  # RFC 5746, which refusing needs too


Make = Callable[[Pki], Credential]
_FOR_CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
_SIGNS = usage(digital_signature=True)


def client(
    authority: Credential,
    purposes: x509.ExtendedKeyUsage = _FOR_CLIENTS,
    signs: x509.KeyUsage = _SIGNS,
    oins: tuple[str, ...] = (str(OIN),),
    validity: Validity = VALID,
) -> Credential:
    """Issue a certificate with all that OpenSSL's strict verification asks for."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = key_of(authority).public_key()
    return issue(
        authority,
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), False),
        (signs, True),
        (purposes, False),
        oins=oins,
        key=key,
        validity=validity,
    )


_CODE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
WRONG: dict[str, Make] = {
    "wrong ca": lambda pki: client(pki.foreign),
    "expired": lambda pki: client(pki.authority, validity=PAST),
    "not yet": lambda pki: client(pki.authority, validity=FUTURE),
    "no oin": lambda pki: client(pki.authority, oins=()),
    "two oins": lambda pki: client(pki.authority, oins=(str(OIN), "00000099000005990000")),
    "malformed oin": lambda pki: client(pki.authority, oins=("00000005000003610000",)),
    "wrong eku": lambda pki: client(pki.authority, _CODE),
    "wrong key usage": lambda pki: client(pki.authority, signs=usage(key_agreement=True)),
    "server": lambda pki: make_server(pki.authority, VALID),
    "ca": lambda pki: pki.authority,
}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
@pytest.mark.parametrize("wrong", [*WRONG, "revoked"])
def test_a_wrong_certificate_is_refused_by_tls_or_with_401(
    listener: Listener, wrong: str, version: ssl.TLSVersion
) -> None:
    pki = listener.pki
    files = (
        listener.revoked if wrong == "revoked" else pki.write(f"wrong-{wrong}", WRONG[wrong](pki))
    )
    assert seen(listener, files, version) in {"tls", "niet-aangemeld"}
    assert seen(listener, pki.client, version) == str(OIN)


def test_the_certificates_above_are_wrong_in_one_way_only(listener: Listener) -> None:
    """The same certificate without that fault gets in, so it is the fault that is refused."""
    files = listener.pki.write("wrong-in-no-way", client(listener.pki.authority))
    assert seen(listener, files, ssl.TLSVersion.TLSv1_3) == str(OIN)


def seen(listener: Listener, files: Files, version: ssl.TLSVersion) -> str:
    """Give the OIN by which somebody is known, or what refused it."""
    context = client_context(listener.pki.ca, files.cert, files.key)
    context.minimum_version = context.maximum_version = version
    try:
        told = ask(listener.port, context)
    except httpx.TransportError:
        return "tls"
    return str(told.get("refused") or told["oin"])


def test_a_session_that_is_resumed_is_judged_like_any_other(tmp_path: Path) -> None:
    """TLS 1.2 resumes from memory without looking at the certificate again: we do look."""
    listener = Listener(tmp_path)
    files = listener.pki.client
    context = client_context(listener.pki.ca, files.cert, files.key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    trust = listener.trust
    with serving(EchoPeer(peer_from_tls(trust)), listener.pki.server_tls()) as port:
        first, session, _ = _once(port, context, None)
        assert str(OIN).encode() in first
        listener.revoke(files)
        trust.look()
        then, _, resumed = _once(port, context, session)
        assert resumed, "nothing was resumed: then this proves nothing, and the docstring is wrong"
        assert b"niet-aangemeld" in then


def _once(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[bytes, ssl.SSLSession | None, bool]:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost", session=session) as secured,
    ):
        secured.sendall(REQUEST)
        told = b"".join(iter(lambda: secured.recv(4096), b""))
        return told, secured.session, bool(secured.session_reused)
