"""Makes the certificates of a sandbox: CAs, a server, a client per party. Never for production.

Every extension that strict verifiers ask for is there (RFC 5280 section 4.2; the defaults of
Python 3.13 and OpenSSL 3): key identifiers, critical basic constraints, key usage.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from exchange.errors import Fault
from exchange.messages.identifiers import Oin

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""What a sandbox's server is called."""


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a certificate holds; both moments aware, to the second."""

    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its private key (P-256, PKCS#8, unencrypted), both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def make_authority(name: str, validity: Validity, path_length: int = 0) -> Credential:
    """Make a self-signed CA, by default one that issues leaves only."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(name)
    builder = _builder(subject, subject, key, key, validity)
    return _credential(_as_authority(builder, path_length), key, key)


def make_intermediate(
    authority: Credential, name: str, validity: Validity, path_length: int = 0
) -> Credential:
    """Make a CA under another, by default one that issues leaves only."""
    issuer, issuer_key = _opened(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_named(name), issuer.subject, key, issuer_key, validity)
    return _credential(_as_authority(builder, path_length), key, issuer_key)


def make_crl(
    authority: Credential, revoked: Iterable[bytes], validity: Validity, number: int = 1
) -> bytes:
    """Make the list (PEM) on which a CA revokes certificates (PEM); ``number`` goes up each time.

    ``validity`` is when it was made and when the next one comes: a list past that counts no more.
    """
    issuer, issuer_key = _opened(authority)
    listed = x509.CertificateRevocationListBuilder(
        issuer.subject, validity.not_before, validity.not_after
    )
    for certificate in revoked:
        serial = x509.load_pem_x509_certificate(certificate).serial_number
        entry = x509.RevokedCertificateBuilder(serial, validity.not_before)
        listed = listed.add_revoked_certificate(entry.build())
    issuers = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    listed = listed.add_extension(issuers, critical=False)
    listed = listed.add_extension(x509.CRLNumber(number), critical=False)
    return listed.sign(issuer_key, SHA256()).public_bytes(Encoding.PEM)


def make_server(
    authority: Credential, validity: Validity, names: Sequence[str] = LOCAL_NAMES
) -> Credential:
    """Make a server certificate for host names and addresses; the first is its common name."""
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
    return _leaf(
        authority, _named(names[0]), validity, ExtendedKeyUsageOID.SERVER_AUTH, alternatives
    )


def make_client(
    authority: Credential, oin: Oin, organisation: str, common_name: str, validity: Validity
) -> Credential:
    """Make a party's client certificate: ``subject.serialNumber`` is its OIN (Digikoppeling)."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, str(oin)),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    return _leaf(authority, subject, validity, ExtendedKeyUsageOID.CLIENT_AUTH)


def expires_at(certificate: bytes) -> datetime:
    """Give the last moment at which a PEM certificate holds."""
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc


def _leaf(
    authority: Credential,
    subject: x509.Name,
    validity: Validity,
    purpose: ObjectIdentifier,
    *extensions: x509.ExtensionType,
) -> Credential:
    issuer, issuer_key = _opened(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(subject, issuer.subject, key, issuer_key, validity)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_usage("digital_signature"), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return _credential(builder, key, issuer_key)


def _opened(authority: Credential) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = load_pem_private_key(authority.key, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Fault("authority-key")
    return x509.load_pem_x509_certificate(authority.certificate), key


def _as_authority(builder: x509.CertificateBuilder, path_length: int) -> x509.CertificateBuilder:
    basic = x509.BasicConstraints(ca=True, path_length=path_length)
    usage = _usage("key_cert_sign", "crl_sign")
    return builder.add_extension(basic, critical=True).add_extension(usage, critical=True)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    validity: Validity,
) -> x509.CertificateBuilder:
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuers = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(own, critical=False)
        .add_extension(issuers, critical=False)
    )


def _credential(
    builder: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> Credential:
    certificate = builder.sign(issuer_key, SHA256()).public_bytes(Encoding.PEM)
    return Credential(
        certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


def _usage(*allowed: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{usage: usage in allowed for usage in every})


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
