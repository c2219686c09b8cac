"""Answers the KeyProvider port from a PKCS#11 token: no secret key is ever in this process.

Which keys there are and how they hang together stands in docs/keys.md and decision record 0017.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeVar

from pkcs11 import Attribute, Mechanism, ObjectClass, Session
from pkcs11.exceptions import PKCS11Error
from pkcs11.mechanisms import GCMParams

from adapters.complaint import out_of_service
from adapters.keys.inventory import Standing, facts
from adapters.keys.pkcs11.connection import Connection
from adapters.keys.pkcs11.folder import KeyFolder
from adapters.keys.pkcs11.objects import end, find, make_first
from adapters.keys.pkcs11.signing import SigningPairs
from adapters.keys.pkcs11.templates import Handle
from adapters.keys.pkcs11.working import BINDING, Place, WorkingKeys
from exchange.crypto import aead
from exchange.crypto.keyring import pseudonym_root, root_name, signing_root, vestiging_root
from exchange.errors import Fault, KeyDestroyed
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import KeyFact, PseudonymKey, SymmetricKey, VestigingKey

Answer = TypeVar("Answer")
_GATEWAY = "kek.gateway"
_TAG_BYTES = 16
_STRANGE = (
    "De sleutelmap en de token horen niet bij elkaar: zet de map terug die bij de token hoort."
)


class TokenKeyProvider:
    """A ``KeyProvider`` over a token; the folder holds what the token wrapped.

    Raises ``Unavailable`` when module, token, PIN or folder is not what it should be, and at every
    use while the token is away; its facts name what (``onderdeel``) and what to do (``herstel``).
    """

    trial_only: ClassVar[bool] = False

    def __init__(self, folder: Path, module: Path, token: str, pin_file: Path) -> None:
        self._folder = KeyFolder(folder)
        self._token = Connection(module, token, pin_file, folder.parent)
        self._keys = WorkingKeys(self._folder)
        self._pairs = SigningPairs(self._folder)
        self._generations: dict[tuple[Oin, Schooljaar], int] = {}
        self._token.run(self._require_ours)

    @classmethod
    def create(cls, folder: Path, module: Path, token: str, pin_file: Path) -> TokenKeyProvider:
        """Make the folder and the token's first keys if they are not there yet, then open them.

        Safe to repeat, and to run twice at the same time. A token that has keys already is never
        given another folder: that would open nothing of what they sealed.
        """
        connection = Connection(module, token, pin_file, folder.parent)
        place = KeyFolder(folder)
        if connection.run(lambda session: _owner(session) is None):
            place.begin()

        def make(session: Session) -> None:
            with place.alone():
                make_first(session, _GATEWAY, BINDING, place.belongs_to())

        if place.belongs_to():
            connection.run(make)
        return cls(folder, module, token, pin_file)

    def mac(self, key: SymmetricKey, message: bytes) -> bytes:
        """Give the 32-byte HMAC-SHA256 of ``message``."""
        return self._with(
            key, "mac", lambda mac: bytes(mac.sign(message, mechanism=Mechanism.SHA256_HMAC))
        )

    def mac_of_pieces(self, key: SymmetricKey, pieces: Callable[[], Iterable[bytes]]) -> bytes:
        """Give the HMAC-SHA256 of a message that comes in pieces."""
        return self._with(
            key, "mac", lambda mac: bytes(mac.sign(pieces(), mechanism=Mechanism.SHA256_HMAC))
        )

    def macs(self, key: SymmetricKey, messages: Sequence[bytes]) -> list[bytes]:
        """Give the HMAC-SHA256 of each message."""
        return self._with(
            key,
            "mac",
            lambda mac: [bytes(mac.sign(m, mechanism=Mechanism.SHA256_HMAC)) for m in messages],
        )

    def seal(self, key: SymmetricKey, plaintext: bytes, context: bytes) -> bytes:
        """Encrypt with AES-256-GCM, fresh nonce; ``context`` is authenticated, not stored."""
        return aead.seal(_Cipher(partial(self._with, key, "seal")), plaintext, context)

    def seals(self, key: SymmetricKey, values: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Encrypt each plaintext for its context, each under a fresh nonce."""
        return [self.seal(key, plaintext, context) for plaintext, context in values]

    def open(self, key: SymmetricKey, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what ``seal`` made for the same ``context``; ``Fault`` for anything else."""
        return aead.open_sealed(_Cipher(partial(self._with, key, "seal")), sealed, context)

    def sign(self, message: bytes) -> bytes:
        """Sign with the newest ES256 key; 64 bytes, R then S."""
        return self._token.run(lambda session: self._pairs.sign(session, message))

    def sign_named(self, compose: Callable[[str], bytes]) -> tuple[str, bytes]:
        """Sign what ``compose`` makes of the key's name; again when it was rotated meanwhile."""
        while True:
            kid = self.signing_kid()
            signature = self.sign(compose(kid))
            if self.signing_kid() == kid:
                return kid, signature

    def signing_kid(self) -> str:
        """Name the key that ``sign`` uses now: its RFC 7638 thumbprint."""
        return self._token.run(
            lambda session: self._pairs.public(session, self._pairs.newest())["kid"]
        )

    def public_keys(self) -> tuple[dict[str, str], ...]:
        """Give the public JWK of every signing key so far, newest first."""
        return self._token.run(
            lambda session: tuple(
                dict(self._pairs.public(session, number))
                for number in range(self._pairs.newest(), 0, -1)
            )
        )

    def sign_checkpoint(self, message: bytes) -> bytes:
        """Sign with the log's Ed25519 key; 64 bytes."""
        return self._token.run(lambda session: self._pairs.sign_checkpoint(session, message))

    def checkpoint_key(self) -> bytes:
        """Give the 32 bytes of its public half."""
        return self._token.run(self._pairs.checkpoint_key)

    def destroy(self, vestiging: Vestigingscode, schooljaar: Schooljaar) -> None:
        """Destroy the keys of one vestiging and schooljaar, in every process, for good."""
        if not self._folder.has_ended(_year(schooljaar)):
            self._folder.end(vestiging_root(vestiging, schooljaar))

    def end_schooljaar(self, schooljaar: Schooljaar) -> None:
        """Destroy the key round all keys of a schooljaar: no copy of the folder opens them."""
        label = _year(schooljaar)

        def work(session: Session) -> None:
            with self._folder.alone():
                end(session, label)

        if not self._folder.has_ended(label):
            self._token.run(work)
            self._folder.end(label)
        self._folder.forget(f"vestiging.*.{schooljaar}")

    def rotate_signing(self) -> str:
        """Sign with a new key from now on, in every process; give its kid.

        The older private keys are destroyed, their public halves stay in ``public_keys``. Two
        rotations at the same moment make one new key.
        """
        self.signing_kid()
        number = self._pairs.newest() + 1
        self._token.run(lambda session: self._pairs.rotate(session, number))
        return self.signing_kid()

    def rotate_pseudonyms(self, owner: Oin, schooljaar: Schooljaar) -> int:
        """Make other pseudonyms for one recipient and schooljaar; give the new generation."""
        before = self._generation(owner, schooljaar)
        self._folder.note_made(pseudonym_root(owner, schooljaar, before + 1))
        for older in range(2, before + 1):
            self._folder.end(pseudonym_root(owner, schooljaar, older))
        return self._generation(owner, schooljaar)

    def inventory(self) -> tuple[KeyFact, ...]:
        """Say what stands in the token and the folder; makes nothing."""
        return self._token.run(self._inventory)

    def _inventory(self, session: Session) -> tuple[KeyFact, ...]:
        found = sorted(self._folder.standing(), key=lambda one: one.destroyed)
        standing = {one.name: one for one in found}  # that it was destroyed says more
        kids = {}
        number = 1
        while (name := signing_root(number)) in standing:
            kids[name] = self._pairs.public(session, number)["kid"]
            retired = not self._pairs.has_private(session, number)
            standing[name] = Standing(name, retired, standing[name].since)
            number += 1
        return facts(standing.values(), kids)

    def _require_ours(self, session: Session) -> None:
        """Refuse a folder that this token knows nothing of, and a token that lost its keys."""
        owner = _owner(session)
        if owner is None or owner != self._folder.belongs_to():
            raise out_of_service("sleutelmap", _STRANGE)

    def _with(
        self,
        key: SymmetricKey,
        kind: str,
        use: Callable[[Handle], Answer],
        *,
        make: bool = True,
    ) -> Answer:
        """Use a working key; the newest generation, where there is more than one."""
        while True:
            generation = self._newest_of(key)
            place = _place(key, generation, kind)
            try:
                return self._token.run(partial(self._use, place, use, make))
            except KeyDestroyed:
                if self._newest_of(key) == generation:
                    raise  # else rotated between looking and using

    def _use(
        self, place: Place, use: Callable[[Handle], Answer], make: bool, session: Session
    ) -> Answer:
        return use(self._keys.get(session, place, make=make))

    def _newest_of(self, key: SymmetricKey) -> int:
        if not isinstance(key, PseudonymKey):
            return 1
        return self._generation(key.recipient, key.schooljaar)

    def _generation(self, recipient: Oin, schooljaar: Schooljaar) -> int:
        """Give the newest generation of a recipient's pseudonyms; others may have rotated them."""
        generation = self._generations.get((recipient, schooljaar), 1)
        while self._folder.was_made(pseudonym_root(recipient, schooljaar, generation + 1)):
            generation += 1
        self._generations[recipient, schooljaar] = generation
        return generation


@dataclass(frozen=True, slots=True)
class _Cipher:
    """A key of the token in the form that ``aead`` asks for."""

    use: Callable[..., bytes]

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """Give ciphertext, then tag."""
        asked = _gcm(nonce, associated_data, len(data) + _TAG_BYTES)
        return self.use(lambda aes: bytes(aes.encrypt(data, **asked)))

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """Give what was encrypted; ``Fault`` for anything else, which tokens tell in many ways."""

        def decrypted(aes: Handle) -> bytes:
            try:
                return bytes(aes.decrypt(data, **_gcm(nonce, associated_data, len(data))))
            except PKCS11Error:
                probe = _gcm(secrets.token_bytes(len(nonce)), b"", _TAG_BYTES)
                aes.encrypt(b"", **probe)  # a token that cannot do this is to blame itself
            raise Fault("sealed-value-broken")

        return self.use(decrypted, make=False)


def _gcm(nonce: bytes, bound: bytes, room: int) -> dict[str, object]:
    parameters = GCMParams(nonce, bound, 8 * _TAG_BYTES)
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": parameters, "buffer_size": room}


def _owner(session: Session) -> bytes | None:
    """Give the name of the folder that the token's keys belong to, if it has any."""
    key = find(session, ObjectClass.SECRET_KEY, _GATEWAY)
    return None if key is None else bytes(key[Attribute.ID])


def _year(schooljaar: Schooljaar) -> str:
    """Name the key round all keys of vestigingen of one schooljaar."""
    return f"kek.{schooljaar}"


def _place(key: SymmetricKey, generation: int, kind: str) -> Place:
    root = root_name(key, generation)
    match key:
        case VestigingKey():
            return Place(root, f"{key.use.value}.{kind}", _year(key.schooljaar))
        case PseudonymKey():
            purpose = hashlib.sha256(key.purpose.encode()).hexdigest()[:32]
            return Place(root, f"{key.recipient}.{key.use.value}.{purpose}.{kind}", _GATEWAY)
        case _:
            return Place(root, kind, _GATEWAY)
