"""The canaries of one run: each a value of its own, so that a hit tells by name what leaked."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from exchange.messages.identifiers import Pgn
from tests.persons import bsn, onderwijsnummer
from tests.privacy.forms import Canary

_FIRST = 100
_SYLLABLES = ("QUAX", "ZWIL", "VLURP", "KNOEX", "JUBZ", "WROMP", "FYKS", "GLAZV", "XEMP", "DJORK")


class Aviary:
    """Hands out canaries and remembers them all."""

    def __init__(self) -> None:
        self.all: list[Canary] = []
        self._bsns: Iterator[Pgn] = map(bsn, itertools.count(_FIRST))
        self._onderwijsnummers: Iterator[Pgn] = map(onderwijsnummer, itertools.count(_FIRST))
        self._words = itertools.product(_SYLLABLES, repeat=3)

    def pgn(self, name: str) -> str:
        """Give a BSN that nobody else has."""
        return self._keep(f"pgn {name}", next(self._bsns).reveal())

    def onderwijsnummer(self, name: str) -> str:
        """Give an onderwijsnummer that nobody else has."""
        return self._keep(f"onderwijsnummer {name}", next(self._onderwijsnummers).reveal())

    def code(self, name: str) -> str:
        """Give a local code that no school has thought of."""
        return self._keep(f"code {name}", "_".join(("KNR", *next(self._words))))

    def key(self, name: str) -> str:
        """Give an idempotency key with no number in it."""
        return self._keep(f"key {name}", "-".join(("sleutel", *next(self._words))).lower())

    def email(self, name: str) -> str:
        """Give a mailbox of a school."""
        return self._keep(f"email {name}", ".".join(next(self._words)).lower() + "@school.example")

    def person(self, name: str) -> str:
        """Give the name of a person, with a letter outside ASCII in it."""
        first, middle, last = (part.title() for part in next(self._words))
        return self._keep(f"person {name}", f"{first}ë van {middle} {last}")

    def number(self, name: str, flock: str) -> Canary:
        """Give a BSN that is planted and not sent."""
        return Canary(name, next(self._bsns).reveal(), flock)

    def _keep(self, name: str, text: str) -> str:
        assert all(name != canary.name for canary in self.all), name
        self.all.append(Canary(name, text))
        return text
