"""A rotation by another process between looking for the newest key and loading it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from adapters.keys.inventory import Standing
from adapters.keys.memory import _MemoryRoots
from adapters.keys.rooted import RootedKeys
from adapters.keys.store import Stamp
from exchange.crypto.keyring import RootSecret
from exchange.messages.identifiers import Oin, Schooljaar
from exchange.ports import PseudonymKey

OFFICER, YEAR = Oin("00000099000003610000"), Schooljaar(2026)
PSEUDONYM = PseudonymKey(OFFICER, "leerplicht", YEAR)


@dataclass
class Interrupted:
    """A store of which a root is loaded just after something else took place, once."""

    roots: _MemoryRoots = field(default_factory=_MemoryRoots)
    before_load: dict[str, Callable[[], object]] = field(default_factory=dict)

    def resting_state(self) -> Stamp:
        return self.roots.resting_state()

    def stamp(self, name: str) -> Stamp | None:
        return self.roots.stamp(name)

    def load(self, name: str, *, make: bool) -> tuple[Stamp, RootSecret]:
        self.before_load.pop(name, lambda: None)()
        return self.roots.load(name, make=make)

    def destroy(self, name: str) -> None:
        self.roots.destroy(name)

    def note(self, name: str, jwk: dict[str, str]) -> None:
        self.roots.note(name, jwk)

    def noted(self, name: str) -> dict[str, str]:
        return self.roots.noted(name)

    def standing(self) -> Iterable[Standing]:
        return self.roots.standing()


def test_a_pseudonym_is_made_with_the_newest_generation_all_the_same() -> None:
    store = Interrupted()
    other = RootedKeys(store)
    other.rotate_pseudonyms(OFFICER, YEAR)
    rotate = partial(other.rotate_pseudonyms, OFFICER, YEAR)
    store.before_load[f"pseudonym.{OFFICER}.{YEAR}.0002"] = rotate
    assert RootedKeys(store).mac(PSEUDONYM, b"m") == other.mac(PSEUDONYM, b"m")
    assert not store.before_load


def test_a_signature_is_made_with_the_newest_key_all_the_same() -> None:
    store = Interrupted()
    other = RootedKeys(store)
    other.signing_kid()
    store.before_load["signing.0001"] = other.rotate_signing
    assert RootedKeys(store).signing_kid() == other.signing_kid()
    assert not store.before_load


def test_who_is_overtaken_by_two_rotations_has_rotated() -> None:
    store = Interrupted()
    other, late = RootedKeys(store), RootedKeys(store)
    first = late.signing_kid()

    def twice() -> None:
        other.rotate_signing()
        other.rotate_signing()

    store.before_load["signing.0002"] = twice
    assert late.rotate_signing() == other.signing_kid() != first

    def both() -> None:
        other.rotate_pseudonyms(OFFICER, YEAR)
        other.rotate_pseudonyms(OFFICER, YEAR)

    store.before_load[f"pseudonym.{OFFICER}.{YEAR}.0002"] = both
    assert late.rotate_pseudonyms(OFFICER, YEAR) == 3
