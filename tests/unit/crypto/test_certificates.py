"""A certificate says which organisation calls, or nothing at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from exchange.crypto.canonical import b64url
from exchange.crypto.certificates import PeerCertificate, check_validity, read_certificate
from exchange.crypto.pki import Validity, make_authority, make_client, make_server
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin

START = datetime(2026, 8, 1, tzinfo=UTC)
VALIDITY = Validity(START, START + timedelta(days=365))
OIN = "00000099000003610000"
SERIAL, ORGANISATION = NameOID.SERIAL_NUMBER, NameOID.ORGANIZATION_NAME
Change = Callable[[x509.CertificateBuilder], x509.CertificateBuilder]


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def client(attributes: list[tuple[x509.ObjectIdentifier, str]], *changes: Change) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(VALIDITY.not_before)
        .not_valid_after(VALIDITY.not_after)
    )
    for change in changes:
        builder = change(builder)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def refused(certificate: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        read_certificate(certificate)
    assert refusal.value.code is Code.NIET_AANGEMELD
    assert refusal.value.facts == {}


def test_reads_a_party_from_its_certificate() -> None:
    authority = make_authority("Test CA", VALIDITY)
    certificate = der(
        make_client(authority, Oin(OIN), "Gemeente Alkmaar", "alkmaar", VALIDITY).certificate
    )
    assert read_certificate(certificate) == PeerCertificate(
        oin=Oin(OIN),
        organisation="Gemeente Alkmaar",
        thumbprint=b64url(hashlib.sha256(certificate).digest()),
        not_before=VALIDITY.not_before,
        not_after=VALIDITY.not_after,
    )


def test_a_certificate_without_usages_or_organisation_will_do() -> None:
    certificate = read_certificate(client([(SERIAL, OIN)]))
    assert certificate.oin == Oin(OIN)
    assert certificate.organisation == ""


@pytest.mark.parametrize(
    "attributes",
    [
        [],
        [(ORGANISATION, "x"), (NameOID.COMMON_NAME, OIN)],
        [(SERIAL, OIN), (SERIAL, OIN)],
        [(SERIAL, OIN), (SERIAL, "00000099000005990000")],
        [(SERIAL, OIN[:-1])],
        [(SERIAL, OIN + "0")],
        [(SERIAL, "00000005000003610000")],
        [(SERIAL, f" {OIN}")],
    ],
)
def test_refuses_a_certificate_that_names_no_single_oin(
    attributes: list[tuple[x509.ObjectIdentifier, str]],
) -> None:
    refused(client(attributes))


def test_refuses_what_is_not_for_clients() -> None:
    def extended(*usages: x509.ObjectIdentifier) -> Change:
        return lambda builder: builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)

    named = [(SERIAL, OIN)]
    both = extended(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    read_certificate(client(named, both))
    refused(client(named, extended(ExtendedKeyUsageOID.SERVER_AUTH)))
    refused(
        client(named, lambda b: b.add_extension(x509.BasicConstraints(True, None), critical=True))
    )
    authority = make_authority("Test CA", VALIDITY)
    refused(der(authority.certificate))
    refused(der(make_server(authority, VALIDITY).certificate))


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x03\x02\x01\x01", b"-----BEGIN", b"\x00" * 64])
def test_refuses_what_is_no_certificate(data: bytes) -> None:
    refused(data)


def test_refuses_a_certificate_that_is_cut_or_continued() -> None:
    certificate = client([(SERIAL, OIN)])
    refused(certificate[:-1])
    refused(certificate + b"\x00")


def test_a_certificate_holds_from_its_first_to_its_last_second() -> None:
    certificate = read_certificate(client([(SERIAL, OIN)]))
    second = timedelta(seconds=1)
    check_validity(certificate, VALIDITY.not_before)
    check_validity(certificate, VALIDITY.not_after)
    for now in (VALIDITY.not_before - second, VALIDITY.not_after + second):
        with pytest.raises(Refused):
            check_validity(certificate, now)
