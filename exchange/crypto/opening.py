"""Opens a sealed message for the recipient who holds its key: the reference receiver's side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError

from exchange.crypto.canonical import strict_json, unb64url
from exchange.crypto.es256 import ec_public_key
from exchange.crypto.recipient_keys import SEALING_ALGORITHM
from exchange.crypto.sealed_form import (
    INNER_MEMBERS,
    LONGEST_HEADER,
    OUTER_FIXED,
    OUTER_MEMBERS,
    PROFILE,
)
from exchange.crypto.sealing_keys import RecipientPrivateKey
from exchange.crypto.signatures import Jwks, Kind, SignatureBroken, Signed, verify_compact
from exchange.crypto.thumbprint import REQUIRED_MEMBERS
from exchange.errors import Code, ExchangeError
from exchange.messages.identifiers import Oin


class SealBroken(ExchangeError):
    """A sealed message that may not be read; ``step`` says where it failed, never what it holds.

    Steps, in their order: header, key, decryption, signature, agreement, recipient, content. They
    are for the receiver's own log: a sender learns at most ``NIET_TE_ONTSLEUTELEN``.
    """

    def __init__(self, step: str) -> None:
        super().__init__(Code.INTERNE_FOUT, rule="seal-broken", step=step)


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """What a recipient reads. ``purpose`` and ``issued_at`` are sealed but not signed.

    ``kid`` is the recipient's key that opened it, ``signed_by`` the gateway's. The caller still
    checks that ``rid`` is the berichtId in the content and the one that was asked for.
    """

    content: Mapping[str, object] = field(repr=False)
    rid: str
    recipient: Oin
    purpose: str
    issued_at: datetime
    kid: str
    signed_by: str


def open_message(
    token: str, recipient: Oin, private_keys: Iterable[RecipientPrivateKey], gateway_jwks: Jwks
) -> OpenedMessage:
    """Open a sealed message as ``recipient``, with whichever of ``private_keys`` it was sealed to.

    Raises ``SealBroken`` for anything that ``sealed_form`` does not allow, that does not decrypt,
    that the gateway did not sign, or that it signed for another recipient or as another message.
    """
    header = _header(token)
    private_key = _key_for(header, private_keys)
    signed = _verified(_decrypted(token, private_key), gateway_jwks)
    if any(signed.members[member] != header[member] for member in INNER_MEMBERS):
        raise SealBroken("agreement")
    if header["rcp"] != str(recipient):
        raise SealBroken("recipient")
    return OpenedMessage(
        content=_content(signed),
        rid=header["rid"],
        recipient=recipient,
        purpose=header["pur"],
        issued_at=datetime.fromtimestamp(header["iat"], UTC),
        kid=private_key.kid,
        signed_by=signed.kid,
    )


# What a library complains about may be what the message holds: every cause is cut off (from None).


def _header(token: str) -> dict[str, Any]:
    """Read the protected header, strictly, before any key is used."""
    part = token.partition(".")[0]
    try:
        header = strict_json(unb64url(part)) if len(part) <= LONGEST_HEADER else None
    except ValueError:
        raise SealBroken("header") from None
    if not isinstance(header, dict) or not _allowed(header):
        raise SealBroken("header")
    return header


def _allowed(header: Mapping[str, object]) -> bool:
    agreement = header.get("alg") == SEALING_ALGORITHM["EC"]
    if header.keys() != (OUTER_MEMBERS | {"epk"} if agreement else OUTER_MEMBERS):
        return False
    if agreement and not _is_point(header["epk"]):
        return False
    sealed_at = header["iat"]
    return (
        all(isinstance(header[member], str) for member in OUTER_MEMBERS - {"iat"})
        and all(header[member] == value for member, value in OUTER_FIXED.items())
        and type(sealed_at) is int
        and 0 <= sealed_at < 1 << 32
    )


def _is_point(epk: object) -> bool:
    """Say whether an ephemeral key is bare and on the curve: no invalid-curve attack comes near."""
    if not isinstance(epk, dict) or epk.keys() != set(REQUIRED_MEMBERS["EC"]):
        return False
    try:
        ec_public_key(epk)
    except ValueError:
        return False
    return True


def _key_for(
    header: Mapping[str, Any], private_keys: Iterable[RecipientPrivateKey]
) -> RecipientPrivateKey:
    for key in private_keys:
        if key.kid == header["kid"] and key.alg == header["alg"]:
            return key
    raise SealBroken("key")


def _decrypted(token: str, private_key: RecipientPrivateKey) -> str:
    try:
        opened = jwe.decrypt_compact(token, private_key.key, registry=PROFILE)
        return (opened.plaintext or b"").decode("ascii")
    except (JoseError, ValueError):
        raise SealBroken("decryption") from None


def _verified(token: str, gateway_jwks: Jwks) -> Signed:
    try:
        return verify_compact(token, Kind.SEALED, gateway_jwks, *INNER_MEMBERS)
    except SignatureBroken:
        raise SealBroken("signature") from None


def _content(signed: Signed) -> dict[str, object]:
    try:
        content = strict_json(signed.payload)
    except ValueError:
        raise SealBroken("content") from None
    if not isinstance(content, dict):
        raise SealBroken("content")
    return content
