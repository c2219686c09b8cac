"""Unwraps working keys into the token at their first use, and keeps a bounded number of them there.

A working key is made in the token, wrapped (AES key wrap, RFC 3394) under a key that never leaves
it, and kept in the folder with a MAC of its name and content, so that one cannot pass for another.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from pkcs11 import Attribute, Mechanism, ObjectClass, Session
from pkcs11.exceptions import DeviceMemory, PKCS11Error

from adapters.complaint import out_of_service
from adapters.keys.pkcs11.folder import TOMBSTONE, KeyFolder, Stamp
from adapters.keys.pkcs11.objects import find, vanished, wrapping_key
from adapters.keys.pkcs11.templates import IN_TRANSIT, KEYS, LOCKED_IN, Handle
from exchange.crypto.canonical import framed
from exchange.errors import Fault, KeyDestroyed, Unavailable

BINDING = "binding"
"""Label of the key that binds a wrapped key to its name."""

_MOST_KEYS = 4_096  # what a modest token holds beside its own objects
_VERSION = b"\x01"
_MAC_BYTES = 32
_GARBLED = "Het bestand is beschadigd of hoort bij een andere token: zet het juiste terug."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a working key is kept: its root, its own name, and the label of the key round it."""

    root: str
    name: str
    wrapped_by: str

    @property
    def kind(self) -> str:
        """Give what the key can do: ``mac`` or ``seal``."""
        return self.name.rpartition(".")[2]


class WorkingKeys:
    """The working keys that are in the token now, of the session that they were unwrapped in."""

    def __init__(self, folder: KeyFolder) -> None:
        self._folder = folder
        self._unwrapped: OrderedDict[Place, tuple[Stamp, Handle]] = OrderedDict()
        self._standing: dict[str, Handle] = {}
        self._session: Session | None = None

    def get(self, session: Session, place: Place, *, make: bool) -> Handle:
        """Give a working key, unwrapping or making it; the folder says each time if it still is."""
        if session is not self._session:
            self._unwrapped.clear()
            self._standing.clear()
            self._session = session
        stamp = self._folder.stamp(place.root, place.name)
        known = self._unwrapped.get(place)
        if known is not None and known[0] == stamp:
            self._unwrapped.move_to_end(place)
            return known[1]
        ended = self._folder.has_ended(place.root) or self._folder.has_ended(place.wrapped_by)
        if known is not None:
            if stamp is None and not ended:
                raise _lost(place)
            self._drop(place)
        if ended:
            raise KeyDestroyed
        stamp, wrapped = self._wrapped(session, place, make=make)
        key = self._unwrap(session, place, wrapped)
        self._unwrapped[place] = (stamp, key)
        return key

    def _drop(self, place: Place) -> None:
        with suppress(PKCS11Error):
            self._unwrapped.pop(place)[1].destroy()

    def _wrapped(self, session: Session, place: Place, *, make: bool) -> tuple[Stamp, bytes]:
        content = self._folder.read(place.root, place.name)
        while content is None:
            if not make:
                raise Fault("key-missing")
            self._folder.write(place.root, place.name, self._made(session, place))
            content = self._folder.read(place.root, place.name)
        if self._folder.has_ended(place.root):  # while it was made: then it was never used
            self._folder.end(place.root)
            raise KeyDestroyed
        if content[1] == TOMBSTONE:
            raise KeyDestroyed
        return content

    def _made(self, session: Session, place: Place) -> bytes:
        """Make a key in the token and give it wrapped; for that moment only it can be wrapped."""
        wrapping = self._wrapping(session, place)
        kind, may = KEYS[place.kind]
        self._make_room()
        key = session.generate_key(kind, 256, capabilities=may, template=IN_TRANSIT)
        try:
            wrapped = bytes(wrapping.wrap_key(key, mechanism=Mechanism.AES_KEY_WRAP))
        finally:
            key.destroy()
        return _VERSION + wrapped + self._bound(session, place, wrapped)

    def _unwrap(self, session: Session, place: Place, content: bytes) -> Handle:
        wrapped, bound = content[1:-_MAC_BYTES], content[-_MAC_BYTES:]
        if content[:1] != _VERSION or len(content) <= 1 + _MAC_BYTES:
            raise _garbled(place)
        if not hmac.compare_digest(bound, self._bound(session, place, wrapped)):
            raise _garbled(place)
        self._make_room()
        try:
            return self._unwrapped_once(session, place, wrapped)
        except DeviceMemory:
            self._make_room(len(self._unwrapped) // 2)
            return self._unwrapped_once(session, place, wrapped)

    def _unwrapped_once(self, session: Session, place: Place, wrapped: bytes) -> Handle:
        kind, may = KEYS[place.kind]
        key = self._wrapping(session, place).unwrap_key(
            ObjectClass.SECRET_KEY,
            kind,
            wrapped,
            mechanism=Mechanism.AES_KEY_WRAP,
            capabilities=may,
            template=LOCKED_IN,
        )
        if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
            key.destroy()
            raise out_of_service(
                "token", "Deze token laat sleutels leesbaar: hij is niet geschikt."
            )
        return key

    def _wrapping(self, session: Session, place: Place) -> Handle:
        """Give the key round a working key; once it is destroyed, ``KeyDestroyed``."""
        if place.wrapped_by not in self._standing:
            found = wrapping_key(session, self._folder, place.wrapped_by)
            self._standing[place.wrapped_by] = found
        return self._standing[place.wrapped_by]

    def _bound(self, session: Session, place: Place, wrapped: bytes) -> bytes:
        if BINDING not in self._standing:
            found = find(session, ObjectClass.SECRET_KEY, BINDING)
            if found is None:
                raise vanished(BINDING)
            self._standing[BINDING] = found
        message = framed("wrapped", place.root, place.name, wrapped)
        binding = self._standing[BINDING]
        return bytes(binding.sign(message, mechanism=Mechanism.SHA256_HMAC))

    def _make_room(self, most: int | None = None) -> None:
        while len(self._unwrapped) > (_MOST_KEYS - 1 if most is None else most):
            self._drop(next(iter(self._unwrapped)))


def _garbled(place: Place) -> Unavailable:
    return out_of_service(f"sleutel {place.root}/{place.name}", _GARBLED)


def _lost(place: Place) -> Unavailable:
    return out_of_service(
        f"sleutel {place.root}/{place.name}",
        "De sleutel is verdwenen zonder vernietigd te zijn: zet het bestand terug.",
    )
