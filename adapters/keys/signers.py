"""The signing keys of a store, numbered: the newest signs, of the others the public half is left.

Another process may rotate at any moment; what is newest is looked for again each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from adapters.keys.inventory import Standing
from adapters.keys.store import RootStore
from exchange.crypto.es256 import SigningKey
from exchange.crypto.keyring import signing_root
from exchange.errors import KeyDestroyed


class Signers:
    """The ES256 keys in one store, kept in memory as far as they were used."""

    def __init__(self, store: RootStore) -> None:
        self._store = store
        self._signing: dict[int, SigningKey] = {}
        self._retired: dict[int, dict[str, str]] = {}
        self._newest = 1

    def newest(self) -> SigningKey:
        """Give the key that signs now; the first one is made."""
        return self._newest_signer()[1]

    def public_keys(self) -> tuple[dict[str, str], ...]:
        """Give the public JWK of every key so far, newest first."""
        newest = self._newest_signer()[0]
        return tuple(dict(self._public(number)) for number in range(newest, 0, -1))

    def rotate(self) -> None:
        """Make a new key, then destroy the older ones; their public halves are kept."""
        newest = self._newest_signer()[0] + 1
        with suppress(KeyDestroyed):  # others have rotated twice meanwhile
            self._store.load(signing_root(newest), make=True)
        for number in range(1, newest):
            self._retire(number)

    def kids(self, standing: Iterable[Standing]) -> dict[str, str]:
        """Give the thumbprints of the keys by the names of their roots."""
        names = {one.name for one in standing}
        kids, number = {}, 1
        while (name := signing_root(number)) in names:
            kids[name] = self._public(number)["kid"]
            number += 1
        return kids

    def _newest_signer(self) -> tuple[int, SigningKey]:
        while True:
            number = self._find_newest()
            signer = self._signing.get(number)
            if signer is not None:
                return number, signer
            try:
                _, root = self._store.load(signing_root(number), make=True)
            except KeyDestroyed:
                if self._find_newest() == number:
                    raise
                continue  # rotated between looking and loading
            self._signing = {number: SigningKey(root)}

    def _find_newest(self) -> int:
        """Give the number of the newest signing key; another process may have rotated."""
        newest = self._newest
        while self._store.stamp(signing_root(newest + 1)) is not None:
            newest += 1
        self._newest = newest
        return newest

    def _public(self, number: int) -> dict[str, str]:
        signer = self._signing.get(number)
        if signer is not None:
            return signer.public_jwk
        if number not in self._retired:
            try:
                _, root = self._store.load(signing_root(number), make=False)
                return SigningKey(root).public_jwk
            except KeyDestroyed:
                self._retired[number] = self._store.noted(signing_root(number))
        return self._retired[number]

    def _retire(self, number: int) -> None:
        name = signing_root(number)
        try:
            _, root = self._store.load(name, make=False)
        except KeyDestroyed:
            return
        self._store.note(name, SigningKey(root).public_jwk)
        self._store.destroy(name)
