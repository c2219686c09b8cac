"""The sandbox's certificates hold under the strictest verifier that we have."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store

from exchange.crypto.certificates import read_certificate
from exchange.crypto.pki import Credential, Validity, make_authority, make_client, make_server
from exchange.messages.identifiers import Oin

NOW = datetime.now(UTC).replace(microsecond=0)
VALIDITY = Validity(NOW - timedelta(hours=1), NOW + timedelta(days=1))
PAST = Validity(NOW - timedelta(days=2), NOW - timedelta(days=1))
OIN = Oin("00000099000003610000")


@pytest.fixture(scope="module")
def authority() -> Credential:
    return make_authority("Verzuim Exchange sandbox CA", VALIDITY)


def context(
    purpose: int, authority: Credential, own: Credential | None, folder: Path
) -> ssl.SSLContext:
    made = ssl.SSLContext(purpose)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    made.load_verify_locations(cadata=authority.certificate.decode())
    if own:
        chain = folder / f"{purpose}.pem"
        chain.write_bytes(own.certificate + own.key)
        made.load_cert_chain(chain)
    return made


def handshake(
    authority: Credential,
    server: Credential,
    client: Credential | None,
    folder: Path,
    host: str = "localhost",
) -> bytes | None:
    """Shake hands in memory; give the client's certificate as the server sees it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = context(ssl.PROTOCOL_TLS_CLIENT, authority, client, folder).wrap_bio(
        to_client, to_server, server_hostname=host
    )
    far = context(ssl.PROTOCOL_TLS_SERVER, authority, server, folder).wrap_bio(
        to_server, to_client, server_side=True
    )
    open_ends = [near, far]
    for _ in range(10):
        for end in list(open_ends):
            try:
                end.do_handshake()
                open_ends.remove(end)
            except ssl.SSLWantReadError:
                pass
    assert not open_ends
    return far.getpeercert(binary_form=True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_both_sides_shake_hands(authority: Credential, tmp_path: Path, host: str) -> None:
    server = make_server(authority, VALIDITY)
    client = make_client(authority, OIN, "Gemeente Alkmaar", "leerplicht-0361", VALIDITY)
    seen = handshake(authority, server, client, tmp_path, host)
    assert seen is not None
    assert read_certificate(seen).oin == OIN


@pytest.mark.parametrize("fault", ["stranger", "expired", "name", "swapped", "nobody"])
def test_a_handshake_that_should_fail_does(
    authority: Credential, tmp_path: Path, fault: str
) -> None:
    other = make_authority("Another CA", VALIDITY) if fault == "stranger" else authority
    validity = PAST if fault == "expired" else VALIDITY
    server = make_server(authority, VALIDITY)
    client: Credential | None = make_client(other, OIN, "Alkmaar", "alkmaar", validity)
    if fault == "swapped":
        client = server
    if fault == "nobody":
        client = None
    with pytest.raises(ssl.SSLError):
        handshake(
            authority, server, client, tmp_path, "example.org" if fault == "name" else "localhost"
        )


def test_an_independent_verifier_agrees(authority: Credential) -> None:
    ca = x509.load_pem_x509_certificate(authority.certificate)
    builder = PolicyBuilder().store(Store([ca])).time(NOW)
    server = x509.load_pem_x509_certificate(make_server(authority, VALIDITY).certificate)
    builder.build_server_verifier(x509.DNSName("localhost")).verify(server, [])


def test_the_authority_issues_leaves_only(authority: Credential) -> None:
    ca = x509.load_pem_x509_certificate(authority.certificate)
    constraints = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)


def test_a_key_belongs_to_its_certificate_and_is_not_printed(authority: Credential) -> None:
    client = make_client(authority, OIN, "Alkmaar", "alkmaar", VALIDITY)
    certificate = x509.load_pem_x509_certificate(client.certificate)
    private = load_pem_private_key(client.key, password=None)
    assert private.public_key() == certificate.public_key()
    assert "PRIVATE" not in repr(client)
    assert certificate.not_valid_before_utc == VALIDITY.not_before
    assert certificate.not_valid_after_utc == VALIDITY.not_after
