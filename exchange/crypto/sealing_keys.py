"""The key pair of a recipient: its public half seals, its private half opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from exchange.crypto.canonical import canonical, strict_json
from exchange.crypto.jwe import EncryptionKey
from exchange.crypto.recipient_keys import SEALING_ALGORITHM, accept_public_jwk, encryption_key
from exchange.crypto.thumbprint import bare_jwk
from exchange.errors import Code, Fault, Invalid, Violation

_RSA_BITS = 3072
_PRIVATE_MEMBERS = {"EC": ("d",), "RSA": ("d", "p", "q", "dp", "dq", "qi")}


class KeyType(StrEnum):
    """The kinds of key (``kty``) to which messages can be sealed."""

    EC = "EC"
    RSA = "RSA"


@dataclass(frozen=True, slots=True)
class RecipientPublicKey:
    """A registered key, read once and fit for many messages; ``alg`` is the JWE algorithm."""

    kid: str
    alg: str
    key: EncryptionKey = field(repr=False, compare=False)

    @classmethod
    def parse(cls, jwk: str) -> RecipientPublicKey:
        """Read the JSON that ``accept_public_jwk`` gave; ``Fault`` when it is that no more."""
        try:
            members = _members(jwk)
            kid, _ = accept_public_jwk(members)
            key = encryption_key(members)
        except (ValueError, Invalid):
            raise Fault("recipient-key-unreadable") from None
        return cls(kid, SEALING_ALGORITHM[members["kty"]], key)


@dataclass(frozen=True, slots=True)
class RecipientPrivateKey:
    """The recipient's own key, for the reference receiver; only ``public_jwk`` may be shown."""

    kid: str
    alg: str
    public_jwk: Mapping[str, str]
    key: ECKey | RSAKey = field(repr=False, compare=False)

    @classmethod
    def parse(cls, jwk: str) -> RecipientPrivateKey:
        """Read a private JWK; ``Invalid`` when it is none, or its halves do not belong together."""
        try:
            members = _members(jwk)
            public = {m: v for m, v in members.items() if m not in _PRIVATE_MEMBERS["RSA"]}
            kid, _ = accept_public_jwk(public)
            kind = members["kty"]
            private = {m: members[m] for m in _PRIVATE_MEMBERS[kind] if m in members}
            key = _imported({**bare_jwk(public), "d": members["d"], **private})
        except (ValueError, KeyError, JoseError):
            detail = "Dit is geen private JWK (EC P-256 of RSA)."
            raise Invalid([Violation("", Code.SLEUTEL_ONGELDIG, detail)]) from None
        return cls(kid, SEALING_ALGORITHM[kind], {**bare_jwk(public), "kid": kid}, key)


def generate_recipient_key(kind: KeyType = KeyType.EC) -> str:
    """Make a key pair (P-256, or RSA of 3072 bits), named by its thumbprint, for its owner only."""
    made = (
        ECKey.generate_key("P-256") if kind is KeyType.EC else RSAKey.generate_key(_RSA_BITS)
    ).as_dict(private=True)
    members = {name: str(value) for name, value in made.items()}
    kid, _ = accept_public_jwk(bare_jwk(members))
    return canonical({**members, "kid": kid, "use": "enc"}).decode()


def _members(jwk: str) -> dict[str, str]:
    """Give the text members of a JWK; the others (`key_ops`, certificates) make no key."""
    members = strict_json(jwk)
    entries = members.items() if isinstance(members, dict) else ()
    return {name: value for name, value in entries if isinstance(value, str)}


def _imported(members: dict[str, str]) -> ECKey | RSAKey:
    if members["kty"] == "EC":
        return ECKey.import_key({**members})
    return RSAKey.import_key({**members})
