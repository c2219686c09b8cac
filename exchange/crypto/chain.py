"""Follows a client certificate up to a certificate authority that we trust (RFC 5280, chapter 6).

Signatures, names, path lengths and every validity are checked by the verifier of pyca/cryptography:
SHA-256 or better, RSA of 2048 bits or more, or one of the NIST curves. Revocation is elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from exchange.errors import Code, Refused

Chain: TypeAlias = tuple[x509.Certificate, ...]
"""From a client's certificate to a root, each issued by the next."""

UNREADABLE: Final = (
    ValueError,
    TypeError,  # a part of a name is written as bits
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What pyca/cryptography says of a certificate or a list that it cannot read."""

_LONGEST: Final = 6
"""Authorities in one chain; PKIoverheid has four."""
_RSA_BITS: Final = 2048
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_STRAY: Final = re.compile(rb"^[A-Za-z0-9+/=]{40,}\s*$", re.MULTILINE)
"""What a damaged first or last line leaves behind; remarks between blocks look otherwise."""
_PEM: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Authorities:
    """The CAs of one file: those that signed themselves are trusted, the others lead to them."""

    roots: tuple[x509.Certificate, ...]
    others: tuple[x509.Certificate, ...] = ()

    @classmethod
    def read(cls, pem: bytes) -> Self:
        """Read a file of certificates; ``ValueError``, in Dutch, when it is not one of CAs."""
        try:
            found = [x509.load_pem_x509_certificate(b) for b in pem_blocks(pem, b"CERTIFICATE")]
            of_authorities = all(map(_is_authority, found))
        except UNREADABLE as error:
            raise ValueError(
                f"is geen lijst van CA-certificaten ({type(error).__name__})"
            ) from None
        if not of_authorities:
            raise ValueError("bevat een certificaat dat niet van een CA is")
        roots = tuple(one for one in found if one.subject == one.issuer)
        if not roots:
            raise ValueError("bevat geen stamcertificaat")
        return cls(roots, tuple(one for one in found if one not in roots))


def follow(leaf: bytes, offered: Sequence[bytes], authorities: Authorities, now: datetime) -> Chain:
    """Give the chain from ``leaf`` (DER) to a root; ``offered`` may help, and is never trusted.

    Raises ``Refused`` (``niet-aangemeld``) when there is none that holds ``now``.
    """
    try:
        between = [x509.load_der_x509_certificate(der) for der in offered[:_LONGEST]]
        verifier = (
            PolicyBuilder()
            .store(Store(list(authorities.roots)))
            .time(now)
            .max_chain_depth(_LONGEST)
            .extension_policies(ca_policy=_CA, ee_policy=_CLIENT)
            .build_client_verifier()
        )
        client = x509.load_der_x509_certificate(leaf)
        chain = tuple(verifier.verify(client, [*authorities.others, *between]).chain)
        if all(_is_strong(one.public_key()) for one in chain):
            return chain
    except (VerificationError, *UNREADABLE):
        pass
    raise Refused(Code.NIET_AANGEMELD, rule="certificaatketen")


def pem_blocks(pem: bytes, label: bytes) -> Iterator[bytes]:
    """Give each block of a PEM file; ``ValueError`` for one of another kind, or for none at all."""
    blocks = list(_PEM.finditer(pem))
    if not blocks or pem.count(b"-----BEGIN ") != len(blocks) or _STRAY.search(_PEM.sub(b"", pem)):
        raise ValueError("geen of een onvolledig PEM-blok")
    for block in blocks:
        if block[1] != label:
            raise ValueError("een PEM-blok van een andere soort")
        yield block[0]


def _is_strong(key: object) -> bool:
    """Whether a key is one of today; the verifier itself asks that of authorities alone."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= _RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)


def _is_authority(certificate: x509.Certificate) -> bool:
    return any(
        isinstance(extension.value, x509.BasicConstraints) and extension.value.ca
        for extension in certificate.extensions
    )


def _require_authority(_: Policy, __: x509.Certificate, basic: x509.BasicConstraints) -> None:
    if not basic.ca:
        raise ValueError


def _require_signer(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError


def _require_leaf(_: Policy, __: x509.Certificate, basic: x509.BasicConstraints | None) -> None:
    if basic is not None and basic.ca:
        raise ValueError


def _require_signature(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.digital_signature:
        raise ValueError


def _require_for_clients(
    _: Policy, __: x509.Certificate, purposes: x509.ExtendedKeyUsage | None
) -> None:
    if purposes is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
        raise ValueError


_CA: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _require_authority)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_signer)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _require_for_clients)
)
_CLIENT: Final = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _require_leaf)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_signature)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _require_for_clients)
)
