"""Signs with key pairs that live in the token: numbered ES256 pairs, and one Ed25519 for the log.

The newest number is found in the folder at every signature, so that a rotation by one process is
followed by all at once. A pair that was rotated away keeps its public half in the token.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, Session
from pkcs11.util.ec import encode_named_curve_parameters

from adapters.complaint import out_of_service
from adapters.keys.pkcs11.folder import KeyFolder
from adapters.keys.pkcs11.objects import find, vanished
from adapters.keys.pkcs11.templates import LOCKED_IN, PREFIX, Handle
from exchange.crypto.es256 import published_jwk
from exchange.crypto.keyring import checkpoint_root, signing_root
from exchange.errors import Unavailable

_POINT_BYTES = 65
_ED25519_BYTES = 32
_PUBLIC = {Attribute.PRIVATE: True, Attribute.MODIFIABLE: False, Attribute.COPYABLE: False}
"""Public halves too are for whoever has the PIN: nobody else can put one beside them."""


@dataclass(frozen=True, slots=True)
class _Curve:
    type: KeyType
    parameters: bytes
    generate: Mechanism
    point_bytes: int


_P256 = _Curve(
    KeyType.EC, encode_named_curve_parameters("secp256r1"), Mechanism.EC_KEY_PAIR_GEN, _POINT_BYTES
)
_ED25519 = _Curve(
    KeyType.EC_EDWARDS,
    bytes.fromhex("06032b6570"),  # OID 1.3.101.112 (RFC 8410)
    Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
    _ED25519_BYTES,
)


class SigningPairs:
    """The pairs of one installation; handles are of the session that they were found in."""

    def __init__(self, folder: KeyFolder) -> None:
        self._folder = folder
        self._session: Session | None = None
        self._private: dict[str, Handle] = {}
        self._jwks: dict[int, dict[str, str]] = {}
        self._newest = 1

    def sign(self, session: Session, message: bytes) -> bytes:
        """Sign with the newest ES256 key; 64 bytes, R then S."""
        digest = hashlib.sha256(message).digest()
        while True:
            number = self.newest()
            try:
                private = self._usable(session, signing_root(number), _P256)
            except Unavailable:
                if self.newest() == number:
                    raise
                continue  # rotated between looking and finding
            return bytes(private.sign(digest, mechanism=Mechanism.ECDSA))

    def newest(self) -> int:
        """Give the number of the newest signing key; another process may have rotated."""
        while self._folder.was_made(signing_root(self._newest + 1)):
            self._newest += 1
        return self._newest

    def public(self, session: Session, number: int) -> dict[str, str]:
        """Give the JWK of a signing key, making the first if there is none."""
        if number not in self._jwks:
            if not self._folder.was_made(signing_root(number)):
                self._make(session, signing_root(number), _P256)
            self._jwks[number] = published_jwk(_point(session, signing_root(number), _P256))
        return self._jwks[number]

    def rotate(self, session: Session, number: int) -> None:
        """Make the pair ``number``, unless another did, then destroy older private halves."""
        self._make(session, signing_root(number), _P256)
        with self._folder.alone():
            for older in range(1, number):
                self._private.pop(signing_root(older), None)
                private = find(session, ObjectClass.PRIVATE_KEY, signing_root(older))
                if private is not None:
                    private.destroy()

    def has_private(self, session: Session, number: int) -> bool:
        """Say whether the private half of a signing key is still there."""
        return find(session, ObjectClass.PRIVATE_KEY, signing_root(number)) is not None

    def sign_checkpoint(self, session: Session, message: bytes) -> bytes:
        """Sign with the log's Ed25519 key; 64 bytes."""
        private = self._usable(session, checkpoint_root(), _ED25519)
        return bytes(private.sign(message, mechanism=Mechanism.EDDSA))

    def checkpoint_key(self, session: Session) -> bytes:
        """Give the 32 bytes of its public half."""
        self._usable(session, checkpoint_root(), _ED25519)
        return _point(session, checkpoint_root(), _ED25519)

    def _usable(self, session: Session, label: str, curve: _Curve) -> Handle:
        if session is not self._session:
            self._private.clear()
            self._session = session
        if label not in self._private:
            private = find(session, ObjectClass.PRIVATE_KEY, label)
            if private is None:
                self._make(session, label, curve)
                private = find(session, ObjectClass.PRIVATE_KEY, label)
            if private is None:
                raise vanished(label)
            self._private[label] = private
        return self._private[label]

    def _make(self, session: Session, label: str, curve: _Curve) -> None:
        with self._folder.alone():
            if self._folder.was_made(label):
                return
            if find(session, ObjectClass.PRIVATE_KEY, label) is None:
                _make_pair(session, label, curve)
            self._folder.note_made(label)


def _make_pair(session: Session, label: str, curve: _Curve) -> None:
    half = find(session, ObjectClass.PUBLIC_KEY, label)
    if half is not None:
        half.destroy()  # its maker died before the private half was there: it verifies nothing
    domain = session.create_domain_parameters(
        curve.type, {Attribute.EC_PARAMS: curve.parameters}, local=True
    )
    domain.generate_keypair(
        label=PREFIX + label,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        mechanism=curve.generate,
        public_template=_PUBLIC,
        private_template=LOCKED_IN,
    )


def _point(session: Session, label: str, curve: _Curve) -> bytes:
    """Read a public point: in a DER OCTET STRING, or bare as some tokens give it."""
    public = find(session, ObjectClass.PUBLIC_KEY, label)
    if public is None:
        raise vanished(label)
    stored = bytes(public[Attribute.EC_POINT])
    if stored[:2] == bytes([0x04, curve.point_bytes]) and len(stored) == curve.point_bytes + 2:
        stored = stored[2:]
    if len(stored) != curve.point_bytes:
        raise _unreadable(label)
    return stored


def _unreadable(label: str) -> Unavailable:
    return out_of_service(
        f"sleutel {label}", "De token geeft een publieke sleutel in vreemde vorm."
    )
