"""Somebody who stole the tables, knows our code, and guesses: does anything stored say "right"?

All BSNs can be tried in minutes, so a digest that anybody can compute again is as good as the
number itself. Tried is every digest of what a guess may have gone into, with everything in the
database as its salt or its key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from exchange.crypto.canonical import framed
from tests.privacy.dump import Value

_SHORTEST = 16
"""What is compared: a truncated digest counts too, down to 128 bits."""

_LONGEST_SALT = 64
_ALGORITHMS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    lambda data: hashlib.sha256(data).digest(),
    lambda data: hashlib.sha512(data).digest(),
    lambda data: hashlib.sha3_256(data).digest(),
    lambda data: hashlib.blake2b(data).digest(),
)
_SALTED = (_ALGORITHMS[2], _ALGORITHMS[3])
_BETWEEN = (b"", b"|", b":", b"-", b"/", b"_", b".", b" ", b"\0", b"\n")


@dataclass(frozen=True, slots=True)
class Guess:
    """What somebody thinks was sent, and all that stands around it in clear."""

    pgn: str
    vestigingscode: str
    schooljaar: str
    recipient: str
    purpose: str
    body: bytes = field(repr=False)
    labels: tuple[tuple[str, ...], ...] = ()

    def preimages(self) -> Iterator[bytes]:
        """Give whatever may have been digested."""
        pgn, code, year = self.pgn.encode(), self.vestigingscode.encode(), self.schooljaar.encode()
        yield self.body
        yield pgn
        yield int(self.pgn).to_bytes(4)
        yield int(self.pgn).to_bytes(8)
        for sign in _BETWEEN:
            for parts in ((code, pgn), (pgn, code), (code, year, pgn), (year, pgn), (pgn, year)):
                yield sign.join(parts)
        yield framed(self.pgn)
        yield framed("body/v1", self.body)
        yield framed("inzage/v1", self.pgn)
        yield framed("telling/v1", self.vestigingscode, self.pgn)
        yield framed("psn/v1", self.recipient, self.purpose, self.schooljaar, self.pgn)
        for label in self.labels:
            yield framed(*label)


class Thief:
    """The stolen values; asked for each guess whether anything among them confirms it."""

    def __init__(self, stolen: Iterable[Value]) -> None:
        values = list(stolen)
        self._places: dict[bytes, str] = {}
        for value in values:
            for start in range(len(value.data) - _SHORTEST + 1):
                self._places.setdefault(value.data[start : start + _SHORTEST], value.place)
        self._salts = {salt for value in values for salt in _salts(value.data)}

    def holds(self, value: bytes) -> bool:
        """Say whether a value lies somewhere among what was stolen."""
        return value[:_SHORTEST] in self._places

    def confirm(self, guess: Guess) -> set[str]:
        """Give the places that tell that a guess is right."""
        return {
            self._places[digest[:_SHORTEST]]
            for preimage in guess.preimages()
            for digest in self._digests(preimage)
            if digest[:_SHORTEST] in self._places
        }

    def _digests(self, preimage: bytes) -> Iterator[bytes]:
        for algorithm in _ALGORITHMS:
            yield algorithm(preimage)
            yield algorithm(algorithm(preimage))
        for salt in self._salts:
            yield hmac.digest(salt, preimage, "sha256")
            for algorithm in _SALTED:
                yield algorithm(salt + preimage)
                yield algorithm(preimage + salt)


def _salts(data: bytes) -> Iterator[bytes]:
    """Give what may have served as salt or key: a short value, with and without a first byte."""
    if len(data) <= _LONGEST_SALT:
        yield data
        yield data[1:]
    yield b""
    yield bytes(32)
