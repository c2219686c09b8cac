"""Issues certificates and lists that are wrong in one way; ``exchange.crypto.pki`` makes none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA224, SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from exchange.crypto.pki import Credential, Validity
from exchange.messages.identifiers import Oin

NOW = datetime.now(UTC).replace(second=0, microsecond=0)  # where a verdict begins to hold
VALID = Validity(NOW - timedelta(days=1), NOW + timedelta(days=1))
PAST = Validity(NOW - timedelta(days=9), NOW - timedelta(days=2))
FUTURE = Validity(NOW + timedelta(days=2), NOW + timedelta(days=9))
OIN = Oin("00000099000003610000")

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extensions = Iterable[tuple[x509.ExtensionType, bool]]


def der(credential: Credential) -> bytes:
    """Give a certificate as it travels."""
    return x509.load_pem_x509_certificate(credential.certificate).public_bytes(Encoding.DER)


def key_of(authority: Credential) -> ec.EllipticCurvePrivateKey:
    """Give the private key of one of our CAs."""
    key = load_pem_private_key(authority.key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def usage(**allowed: bool) -> x509.KeyUsage:
    """Give a key usage with only what is named."""
    none = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
            *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(**(none | allowed))


def issue(
    authority: Credential,
    *extensions: tuple[x509.ExtensionType, bool],
    oins: Iterable[str] = (str(OIN),),
    key: Key | None = None,
    algorithm: SHA224 | None = None,
    validity: Validity = VALID,
) -> Credential:
    """Issue a client certificate with exactly these extensions (and whether each is critical)."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.SERIAL_NUMBER, oin) for oin in oins]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, "client")]))
        .issuer_name(x509.load_pem_x509_certificate(authority.certificate).subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    made = builder.sign(key_of(authority), algorithm or SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Credential(made.public_bytes(Encoding.PEM), private)


def crl(
    authority: Credential,
    *extensions: tuple[x509.ExtensionType, bool],
    revoked: Iterable[bytes] = (),
    algorithm: SHA224 | None = None,
    change: Callable[[x509.RevokedCertificateBuilder], x509.RevokedCertificateBuilder] = (
        lambda entry: entry
    ),
) -> bytes:
    """Make a list with exactly these extensions; ``change`` works on each entry."""
    issuer = x509.load_pem_x509_certificate(authority.certificate).subject
    builder = x509.CertificateRevocationListBuilder(issuer, VALID.not_before, VALID.not_after)
    for certificate in revoked:
        serial = x509.load_pem_x509_certificate(certificate).serial_number
        entry = x509.RevokedCertificateBuilder(serial, VALID.not_before)
        builder = builder.add_revoked_certificate(change(entry).build())
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(key_of(authority), algorithm or SHA256()).public_bytes(Encoding.PEM)
