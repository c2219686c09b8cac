"""Reads who stands at the other end of a TLS connection from its certificate.

Digikoppeling: the organisation is the OIN in ``subject.serialNumber`` (2.5.4.5). The chain was
verified by TLS before anything comes here; what does not fit is 401, whatever the reason.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from exchange.crypto.canonical import b64url
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """A client certificate as far as we use it; ``thumbprint`` is its x5t#S256 (RFC 8705, 3.1)."""

    oin: Oin
    organisation: str
    thumbprint: str
    not_before: datetime
    not_after: datetime


def read_certificate(der: bytes) -> PeerCertificate:
    """Read a client certificate (DER); ``Refused`` when it is none or names no single OIN.

    An extended key usage, if there is one, must allow client authentication; a CA is no client.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        oins = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
        organisations = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        if len(oins) != 1 or not _is_for_clients(certificate.extensions):
            raise Refused(Code.NIET_AANGEMELD)
        return PeerCertificate(
            oin=Oin(str(oins[0].value)),
            organisation=str(organisations[0].value) if organisations else "",
            thumbprint=b64url(hashlib.sha256(der).digest()),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )
    except (
        ValueError,
        TypeError,  # a part of the name is written as bits
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ):
        raise Refused(Code.NIET_AANGEMELD) from None


def check_validity(certificate: PeerCertificate, now: datetime) -> None:
    """Raise ``Refused`` unless ``now`` lies in the certificate's validity, both ends included."""
    if not certificate.not_before <= now <= certificate.not_after:
        raise Refused(Code.NIET_AANGEMELD)


def _is_for_clients(extensions: x509.Extensions) -> bool:
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.BasicConstraints) and value.ca:
            return False
        if (
            isinstance(value, x509.ExtendedKeyUsage)
            and ExtendedKeyUsageOID.CLIENT_AUTH not in value
        ):
            return False
    return True
