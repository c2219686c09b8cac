"""Every form in which a value could lie about: spelled, encoded, armoured, hashed without a key.

A form is looked for wherever at least `SHORTEST` bytes are the value's own. Shorter binary forms (a
pupil number as a 4-byte integer, as packed decimals) happen by chance: 100 MB of ciphertext hold
some 4-byte number out of forty about once. One of them proves nothing, a crowd does: see `short`.

Not looked for: encryption, a keyed hash (that is what should be there), base64 broken over lines,
raw deflate outside a ZIP or gzip member, and forms within forms beyond those composed here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote

SHORTEST = 7

_PREFIXES = ("BSN:", "bsn:", "PGN:", "pgn:")


@dataclass(frozen=True, slots=True)
class Canary:
    """A value that may be nowhere; ``name`` says which, so that a report need not repeat it.

    A crowd (see `ShortForm`) is one of the same ``flock``: those that would leak together.
    """

    name: str
    text: str
    flock: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it is a pupil number, which has more spellings than a word."""
        return len(self.text) == 9 and self.text.isdecimal()


class Reading(Enum):
    """How a form is compared with what lies somewhere."""

    TEXT = "capitals do not count"
    BASE64 = "capitals count, which of the two alphabets was used does not"
    BYTES = "byte for byte"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a canary."""

    canary: str
    label: str
    pattern: bytes
    reading: Reading

    def is_in(self, data: bytes, begin: int) -> bool:
        """Whether ``data``, which folded is the same as this, really has this form there."""
        if self.reading is Reading.TEXT:
            return True
        there = data[begin : begin + len(self.pattern)]
        if self.reading is Reading.BASE64:
            there = there.translate(_ONE_BASE64)
        return there == self.pattern


@dataclass(frozen=True, slots=True)
class ShortForm:
    """A binary form of fewer than `SHORTEST` bytes: found for many canaries, or it is chance."""

    canary: str
    flock: str
    label: str
    pattern: bytes


_ONE_BASE64 = bytes.maketrans(b"-_", b"+/")
_FOLD = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in _ONE_BASE64)


def fold(data: bytes) -> bytes:
    """Give ``data`` without capitals and with one base64 alphabet: every form is sought in this."""
    return data.translate(_FOLD)


def forms(canary: Canary) -> Iterator[Form]:
    """Give every form of at least `SHORTEST` bytes."""
    for spelling, text in _spellings(canary):
        for charset, data in _encoded(text):
            yield from _armoured(canary, f"{spelling} {charset}", data, Reading.TEXT)
    for label, digest in _digests(canary):
        yield from _armoured(canary, label, digest, Reading.BYTES)
    if canary.is_number:
        number = int(canary.text)
        yield Form(canary.name, "int64 big-endian", number.to_bytes(8, "big"), Reading.BYTES)
        yield Form(canary.name, "int64 little-endian", number.to_bytes(8, "little"), Reading.BYTES)


def short_forms(canary: Canary) -> Iterator[ShortForm]:
    """Give the binary forms that are too short to prove anything alone."""
    if not canary.is_number:
        return
    number, digits = int(canary.text), canary.text
    groups = (number // 10**8, number // 10**4 % 10**4, number % 10**4)
    for label, pattern in (
        ("int32 big-endian", number.to_bytes(4, "big")),
        ("int32 little-endian", number.to_bytes(4, "little")),
        ("packed decimals, zero first", bytes.fromhex("0" + digits)),
        *((f"packed decimals, {sign} last", bytes.fromhex(digits + sign)) for sign in "0cdf"),
        ("PostgreSQL numeric", b"".join(group.to_bytes(2, "little") for group in groups)),
    ):
        yield ShortForm(canary.name, canary.flock, label, pattern)


def _spellings(canary: Canary) -> Iterator[tuple[str, str]]:
    text = canary.text
    yield "plain", text
    yield "reversed", text[::-1]
    yield "url-escaped", "".join(f"%{byte:02x}" for byte in text.encode())
    yield "json-escaped", "".join(f"\\u{ord(sign):04x}" for sign in text)
    yield "html-escaped", "".join(f"&#{ord(sign)};" for sign in text)
    yield "html-escaped in hex", "".join(f"&#x{ord(sign):x};" for sign in text)
    if canary.is_number:
        for sign in ".- ":
            yield f"4{sign}2{sign}3", sign.join((text[:4], text[4:6], text[6:]))
            yield f"3{sign}3{sign}3", sign.join((text[:3], text[3:6], text[6:]))
    for label, other in (
        ("as in a URL", quote(text, safe="")),
        ("as in JSON", json.dumps(text)[1:-1]),
        ("in capitals", text if text.isascii() else text.upper()),  # ASCII is folded anyway
    ):
        if other != text:
            yield label, other


def _encoded(text: str) -> Iterator[tuple[str, bytes]]:
    utf8 = text.encode()
    yield "utf-8", utf8
    yield "utf-16-le", text.encode("utf-16-le")
    yield "utf-16-be", text.encode("utf-16-be")
    latin1 = text.encode("latin-1", "replace")
    if latin1 != utf8:
        yield "latin-1", latin1


def _armoured(canary: Canary, label: str, data: bytes, reading: Reading) -> Iterator[Form]:
    yield Form(canary.name, label, data, reading)
    yield Form(canary.name, f"{label} in hex", data.hex().encode(), Reading.TEXT)
    for alignment in range(3):
        core = base64_core(data, alignment)
        yield Form(canary.name, f"{label} in base64 at {alignment}", core, Reading.BASE64)


def base64_core(data: bytes, alignment: int) -> bytes:
    """Give the characters that base64 writes for ``data`` after ``alignment`` other bytes.

    The first and the last character also carry bits of the neighbours, so they are cut off.
    """
    core = base64.b64encode(bytes(alignment) + data).rstrip(b"=")
    if (alignment + len(data)) % 3:
        core = core[:-1]
    return core[(0, 2, 3)[alignment] :]


def _digests(canary: Canary) -> Iterator[tuple[str, bytes]]:
    """Give what anybody can compute who guesses the value: no key, no salt."""
    for label, preimage in _preimages(canary):
        for name, digest in _ALGORITHMS.items():
            yield f"{name} of {label}", digest(preimage)


def _preimages(canary: Canary) -> Iterator[tuple[str, bytes]]:
    text = canary.text
    yield "it", text.encode()
    yield "it and a newline", f"{text}\n".encode()
    yield "it in quotes", f'"{text}"'.encode()
    yield "it in utf-16-le", text.encode("utf-16-le")
    if canary.is_number:
        yield from ((f"{prefix} and it", f"{prefix}{text}".encode()) for prefix in _PREFIXES)
        yield "it as int64 big-endian", int(text).to_bytes(8, "big")
        yield "it as int64 little-endian", int(text).to_bytes(8, "little")


def _unkeyed(name: str) -> Callable[[bytes], bytes]:
    return lambda data: hashlib.new(name, data, usedforsecurity=False).digest()


def _empty_key(name: str) -> Callable[[bytes], bytes]:
    return lambda data: hmac.digest(b"", data, name)


_ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    **{
        name: _unkeyed(name)
        for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b")
    },
    "hmac-sha256 with an empty key": _empty_key("sha256"),
    "double sha256": lambda data: hashlib.sha256(hashlib.sha256(data).digest()).digest(),
}
