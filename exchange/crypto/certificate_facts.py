"""Says what stands in a file of certificates or revocation lists, for whoever must renew them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from exchange.crypto.chain import pem_blocks


@dataclass(frozen=True, slots=True)
class CertificateFact:
    """Whose a certificate is (RFC 4514), who gave it, and the last moment at which it holds."""

    subject: str
    issuer: str
    until: datetime


@dataclass(frozen=True, slots=True)
class RevocationFact:
    """Whose a revocation list is, and when its next one must be there."""

    issuer: str
    next_update: datetime | None


def certificates_in(pem: bytes) -> tuple[CertificateFact, ...]:
    """Give the certificates of a PEM file, in its order; ``ValueError`` when there is none."""
    return tuple(
        CertificateFact(
            one.subject.rfc4514_string(), one.issuer.rfc4514_string(), one.not_valid_after_utc
        )
        for one in x509.load_pem_x509_certificates(pem)
    )


def revocations_in(pem: bytes) -> tuple[RevocationFact, ...]:
    """Give the revocation lists of a PEM file; ``ValueError`` for anything else."""
    lists = (x509.load_pem_x509_crl(block) for block in pem_blocks(pem, b"X509 CRL"))
    return tuple(RevocationFact(one.issuer.rfc4514_string(), one.next_update_utc) for one in lists)
