"""Answers the KeyProvider port from root secrets, wherever a store keeps those.

The store is asked before every use whether it is still what it was, so that a key destroyed by one
process is gone in all of them at their next use. As long as nothing in it changes, one question is
enough and what was found is at hand; after a change each root is looked after again. What was
derived is kept in memory between uses: one bounded cache, dropped per root.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import ClassVar

from adapters.keys.inventory import facts
from adapters.keys.signers import Signers
from adapters.keys.store import RootStore, Stamp
from exchange.crypto.ed25519 import CheckpointKey
from exchange.crypto.es256 import SigningKey
from exchange.crypto.keyring import (
    RootSecret,
    WorkingKey,
    checkpoint_root,
    pseudonym_root,
    root_name,
    vestiging_root,
)
from exchange.errors import Code, KeyDestroyed, Unavailable
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import KeyFact, KeyState, PseudonymKey, SymmetricKey

_MOST_ROOTS = 20_000  # two schooljaren of all vestigingen in the country, about 1.5 kB each
_MOST_KEYS_PER_ROOT = 1_000
_MOST_AT_HAND = 10_000


class _Loaded:
    """A root in memory and the working keys derived from it so far."""

    __slots__ = ("keys", "root", "stamp")

    def __init__(self, stamp: Stamp, root: RootSecret) -> None:
        self.stamp = stamp
        self.root = root
        self.keys: dict[SymmetricKey, WorkingKey] = {}

    def working(self, key: SymmetricKey) -> WorkingKey:
        working = self.keys.get(key)
        if working is None:
            if len(self.keys) >= _MOST_KEYS_PER_ROOT:
                self.keys.clear()
            working = self.keys[key] = WorkingKey(self.root, key)
        return working


class _Found:
    """What was looked after since the store last changed: good for as long as it does not."""

    __slots__ = ("signer", "state", "working")

    def __init__(self, state: Stamp | None) -> None:
        self.state = state
        self.working: dict[SymmetricKey, WorkingKey] = {}
        self.signer: SigningKey | None = None


class RootedKeys:
    """A ``KeyProvider`` whose roots are in this process's memory while it runs: for trial mode."""

    trial_only: ClassVar[bool] = True
    """Production refuses a provider that says so: its keys can be copied, those of a token not."""

    def __init__(self, store: RootStore) -> None:
        self._store = store
        self._signers = Signers(store)
        self._loaded: OrderedDict[str, _Loaded] = OrderedDict()
        self._found = _Found(None)
        self._generations: dict[tuple[Oin, Schooljaar], int] = {}
        self._lock = threading.Lock()

    def mac(self, key: SymmetricKey, message: bytes) -> bytes:
        """Give the 32-byte HMAC-SHA256 of ``message``."""
        return self._working(key).mac(message)

    def mac_of_pieces(self, key: SymmetricKey, pieces: Callable[[], Iterable[bytes]]) -> bytes:
        """Give the HMAC-SHA256 of a message that comes in pieces."""
        return self._working(key).mac_of_pieces(pieces())

    def macs(self, key: SymmetricKey, messages: Sequence[bytes]) -> list[bytes]:
        """Give the HMAC-SHA256 of each message."""
        return self._working(key).macs(messages)

    def seal(self, key: SymmetricKey, plaintext: bytes, context: bytes) -> bytes:
        """Encrypt with AES-256-GCM, fresh nonce; ``context`` is authenticated, not stored."""
        return self._working(key).seal(plaintext, context)

    def seals(self, key: SymmetricKey, values: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Encrypt each plaintext for its context, each under a fresh nonce."""
        return self._working(key).seals(values)

    def open(self, key: SymmetricKey, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what ``seal`` made for the same ``context``; ``Fault`` for anything else."""
        return self._working(key, make=False).open(sealed, context)

    def sign(self, message: bytes) -> bytes:
        """Sign with the newest ES256 key; 64 bytes, R then S."""
        return self._signer().sign(message)

    def sign_named(self, compose: Callable[[str], bytes]) -> tuple[str, bytes]:
        """Sign what ``compose`` makes of the key's name; give name and signature."""
        signer = self._signer()
        return signer.kid, signer.sign(compose(signer.kid))

    def signing_kid(self) -> str:
        """Name the key that ``sign`` uses now: its RFC 7638 thumbprint."""
        return self._signer().kid

    def public_keys(self) -> tuple[dict[str, str], ...]:
        """Give the public JWK of every signing key so far, newest first."""
        return self._signers.public_keys()

    def sign_checkpoint(self, message: bytes) -> bytes:
        """Sign with the log's Ed25519 key; 64 bytes."""
        return self._checkpointer().sign(message)

    def checkpoint_key(self) -> bytes:
        """Give the 32 bytes of its public half."""
        return self._checkpointer().public

    def rotate_signing(self) -> str:
        """Sign with a new key from now on, in every process; give its kid.

        The older private keys are destroyed, their public halves stay in ``public_keys``. Two
        rotations at the same moment make one new key.
        """
        self._signers.rotate()
        return self.signing_kid()

    def rotate_pseudonyms(self, owner: Oin, schooljaar: Schooljaar) -> int:
        """Make other pseudonyms for one recipient and schooljaar; give the new generation.

        The new root is there before the old one goes, so that no process is without. Two rotations
        at the same moment make one.
        """
        before = self._generation(owner, schooljaar)
        with suppress(KeyDestroyed):  # others have rotated twice meanwhile
            self._store.load(pseudonym_root(owner, schooljaar, before + 1), make=True)
        for own in range(2, before + 1):
            self._destroy(pseudonym_root(owner, schooljaar, own))
        return self._generation(owner, schooljaar)

    def inventory(self) -> tuple[KeyFact, ...]:
        """Say what stands in the store; makes nothing."""
        standing = tuple(self._store.standing())
        return facts(standing, self._signers.kids(standing))

    def destroy(self, vestiging: Vestigingscode, schooljaar: Schooljaar) -> None:
        """Destroy the keys of one vestiging and schooljaar, in every process, for good."""
        self._destroy(vestiging_root(vestiging, schooljaar))

    def end_schooljaar(self, schooljaar: Schooljaar) -> None:
        """Destroy every key of a vestiging of one schooljaar that is left."""
        for fact in facts(self._store.standing()):
            if fact.vestiging and fact.schooljaar == schooljaar and fact.state is KeyState.IN_USE:
                self.destroy(fact.vestiging, schooljaar)

    def _working(self, key: SymmetricKey, *, make: bool = True) -> WorkingKey:
        found = self._since_last_change()
        working = found.working.get(key)
        if working is None:
            working = self._looked_after(key, make=make)
            if len(found.working) >= _MOST_AT_HAND:
                found.working.clear()
            found.working[key] = working
        return working

    def _signer(self) -> SigningKey:
        found = self._since_last_change()
        if found.signer is None:
            found.signer = self._signers.newest()
        return found.signer

    def _since_last_change(self) -> _Found:
        """Give where to note what is looked after from here on; a store in motion notes nothing.

        The state comes first and the look after it, so a change between the two ends both.
        """
        state = self._store.resting_state()
        if state is None:
            return _Found(None)
        found = self._found
        if found.state != state:
            found = self._found = _Found(state)
        return found

    def _looked_after(self, key: SymmetricKey, *, make: bool) -> WorkingKey:
        if not isinstance(key, PseudonymKey):
            return self._root(root_name(key), make=make).working(key)
        while True:
            generation = self._generation(key.recipient, key.schooljaar)
            try:
                return self._root(root_name(key, generation), make=make).working(key)
            except KeyDestroyed:
                if self._generation(key.recipient, key.schooljaar) == generation:
                    raise  # else rotated between looking and loading

    def _generation(self, recipient: Oin, schooljaar: Schooljaar) -> int:
        """Give the newest generation of a recipient's pseudonyms; others may have rotated them."""
        known = generation = self._generations.get((recipient, schooljaar), 1)
        while self._store.stamp(pseudonym_root(recipient, schooljaar, generation + 1)) is not None:
            generation += 1
        if generation != known:
            self._generations[recipient, schooljaar] = generation
            self._forget(pseudonym_root(recipient, schooljaar, known))
        return generation

    def _root(self, name: str, *, make: bool = True) -> _Loaded:
        stamp = self._store.stamp(name)
        with self._lock:
            loaded = self._loaded.get(name)
            if loaded is not None and loaded.stamp == stamp:
                self._loaded.move_to_end(name)
                return loaded
        if loaded is not None:
            if stamp is None:
                raise _vanished(name)
            self._forget(name)
        loaded = _Loaded(*self._store.load(name, make=make))
        with self._lock:
            self._loaded[name] = loaded
            if len(self._loaded) > _MOST_ROOTS:
                self._loaded.popitem(last=False)
        return loaded

    def _destroy(self, name: str) -> None:
        self._store.destroy(name)
        self._forget(name)

    def _forget(self, name: str) -> None:
        with self._lock:
            self._loaded.pop(name, None)

    def _checkpointer(self) -> CheckpointKey:
        return CheckpointKey(self._root(checkpoint_root()).root)


def _vanished(name: str) -> Unavailable:
    """Say that a key was lost; never make another in its place: it would open nothing."""
    return Unavailable(
        Code.DIENST_ONBESCHIKBAAR,
        onderdeel=f"sleutel {name}",
        herstel="De sleutel is verdwenen zonder vernietigd te zijn: zet het bestand terug.",
    )
