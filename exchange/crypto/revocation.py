"""Reads the lists on which certificate authorities revoke what they issued (CRL, RFC 5280).

Who is not surely in force is revoked: where lists are used at all, every authority of a chain must
have one that is signed, complete and not past its ``nextUpdate``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final, Self, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding

from exchange.crypto.chain import UNREADABLE, Chain, pem_blocks
from exchange.errors import Code, Refused

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_STRONG: Final = (SHA256, SHA384, SHA512)
_UNDERSTOOD: Final = (
    x509.AuthorityKeyIdentifier,
    x509.CRLNumber,
    x509.IssuingDistributionPoint,
)


@dataclass(frozen=True, slots=True)
class RevocationLists:
    """The lists of one file, of one or more authorities.

    ``signed`` remembers which authority signed which list: a list may be of megabytes.
    """

    lists: tuple[_List, ...]
    signed: dict[tuple[int, bytes], bool] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, pem: bytes) -> Self:
        """Read a file of lists; ``ValueError``, in Dutch, for one that we cannot judge by.

        A delta list, an indirect one and one of some reasons only say too little on their own.
        """
        try:
            found = [x509.load_pem_x509_crl(block) for block in pem_blocks(pem, b"X509 CRL")]
            return cls(tuple(map(_complete, found)))
        except _Unfit as error:
            raise ValueError(str(error)) from None
        except UNREADABLE as error:
            raise ValueError(f"is geen intrekkingslijst ({type(error).__name__})") from None

    def require_standing(self, chain: Chain, now: datetime) -> None:
        """Raise ``Refused`` unless the authorities vouch ``now`` for each certificate they issued.

        A root stands by being configured.
        """
        for certificate, issuer in pairwise(chain):
            about = [one for one in self._of(issuer) if _covers(one.content, certificate)]
            if not any(one.is_current(now) for one in about):
                raise Refused(Code.NIET_AANGEMELD, rule="intrekkingslijst-ontbreekt")
            if any(certificate.serial_number in one.revoked for one in about):
                raise Refused(Code.NIET_AANGEMELD, rule="certificaat-ingetrokken")

    def are_current(self, now: datetime) -> bool:
        """Whether every authority that has a list here has one that holds ``now``."""
        current = {one.content.issuer for one in self.lists if one.is_current(now)}
        return all(one.content.issuer in current for one in self.lists)

    def _of(self, issuer: x509.Certificate) -> Iterator[_List]:
        known = issuer.public_bytes(Encoding.DER)
        for number, one in enumerate(self.lists):
            if (number, known) not in self.signed:
                self.signed[number, known] = _is_signed(one.content, issuer)
            if self.signed[number, known]:
                yield one


@dataclass(frozen=True, slots=True)
class _List:
    """One list, and the serial numbers on it."""

    content: x509.CertificateRevocationList
    revoked: frozenset[int]

    def is_current(self, now: datetime) -> bool:
        until = self.content.next_update_utc
        return until is not None and self.content.last_update_utc <= now <= until


class _Unfit(Exception):
    """Says why a list is not one to judge by."""


def _complete(one: x509.CertificateRevocationList) -> _List:
    if one.next_update_utc is None:
        raise _Unfit("bevat een intrekkingslijst zonder einddatum")
    if not isinstance(one.signature_hash_algorithm, _STRONG):
        raise _Unfit("bevat een intrekkingslijst met een verouderde handtekening")
    for extension in one.extensions:
        _require_understood(extension)
    if any(isinstance(e.value, x509.CertificateIssuer) for entry in one for e in entry.extensions):
        raise _Unfit("bevat een indirecte intrekkingslijst")
    return _List(one, frozenset(entry.serial_number for entry in one))


def _require_understood(extension: x509.Extension[x509.ExtensionType]) -> None:
    value = extension.value
    if isinstance(value, x509.DeltaCRLIndicator):
        raise _Unfit("bevat een delta-lijst: gebruik de volledige")
    if extension.critical and not isinstance(value, _UNDERSTOOD):
        raise _Unfit("bevat een intrekkingslijst met een onbekend kritiek kenmerk")
    if isinstance(value, x509.IssuingDistributionPoint):
        if value.indirect_crl:
            raise _Unfit("bevat een indirecte intrekkingslijst")
        if value.only_some_reasons or value.only_contains_attribute_certs:
            raise _Unfit("bevat een onvolledige intrekkingslijst")


def _covers(one: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """Whether a list is about such a certificate: some are of CAs or of one address alone."""
    scope = _value(one.extensions, x509.IssuingDistributionPoint)
    if scope is None:
        return True
    basic = _value(certificate.extensions, x509.BasicConstraints)
    is_ca = basic is not None and basic.ca
    if (scope.only_contains_user_certs and is_ca) or (scope.only_contains_ca_certs and not is_ca):
        return False
    if scope.full_name is None and scope.relative_name is None:
        return True
    points = _value(certificate.extensions, x509.CRLDistributionPoints) or ()
    places = {name for point in points for name in point.full_name or ()}
    return bool(places & set(scope.full_name or ()))


def _value(extensions: x509.Extensions, kind: type[_Extension]) -> _Extension | None:
    return next((e.value for e in extensions if isinstance(e.value, kind)), None)


def _may_sign(issuer: x509.Certificate) -> bool:
    usage = _value(issuer.extensions, x509.KeyUsage)
    return usage is None or usage.crl_sign


def _is_signed(one: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    if one.issuer != issuer.subject or not _may_sign(issuer):
        return False
    try:
        return one.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (InvalidSignature, TypeError, *UNREADABLE):
        return False
