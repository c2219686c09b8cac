"""Strict JSON by the letter of RFC 8259, RFC 7493 and our limits, written from the grammar.

It shares nothing with the parsers that the product uses: what both read, they read alike.
"""

from __future__ import annotations

import re
import sys
from decimal import Decimal, InvalidOperation
from typing import Final

MAX_DEPTH: Final = 32
_LONGEST_INTEGER: Final = 4300
"""Digits; Python reads no more, because its reading takes quadratic time."""

_SPACE: Final = " \t\n\r"
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ESCAPES: Final = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
}  # fmt: skip

Value = dict[str, "Value"] | list["Value"] | str | int | Decimal | bool | None


class NotStrict(Exception):
    """It is no JSON, or it means two things."""


def read(body: bytes) -> Value:
    """Give the value of a whole body, or raise ``NotStrict``."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotStrict from None
    value, end = _value(text, _skip(text, 0), 1)
    if _skip(text, end) != len(text):
        raise NotStrict
    return value


def _value(text: str, at: int, depth: int) -> tuple[Value, int]:
    match text[at : at + 1]:
        case "{":
            return _object(text, at + 1, depth)
        case "[":
            return _array(text, at + 1, depth)
        case '"':
            return _string(text, at + 1)
        case _:
            return _word_or_number(text, at)


def _word_or_number(text: str, at: int) -> tuple[Value, int]:
    for word, value in (("true", True), ("false", False), ("null", None)):
        if text.startswith(word, at):
            return value, at + len(word)
    found = _NUMBER.match(text, at)
    if found is None:
        raise NotStrict
    whole = found[1] is None and found[2] is None
    return (_integer(found[0]) if whole else _fraction(found[0])), found.end()


def _fraction(digits: str) -> Decimal:
    try:
        value = Decimal(digits)
    except InvalidOperation:  # an exponent that even this does not hold
        raise NotStrict from None
    if abs(value) > Decimal(sys.float_info.max):
        raise NotStrict
    return value


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _LONGEST_INTEGER:
        raise NotStrict
    return int(digits)


def _object(text: str, at: int, depth: int) -> tuple[Value, int]:
    if depth > MAX_DEPTH:
        raise NotStrict
    members: dict[str, Value] = {}
    at = _skip(text, at)
    if text[at : at + 1] == "}":
        return members, at + 1
    while True:
        if text[at : at + 1] != '"':
            raise NotStrict
        name, at = _string(text, at + 1)
        at = _expected(text, at, ":")
        if name in members:
            raise NotStrict
        members[name], at = _value(text, at, depth + 1)
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            return members, at + 1
        at = _expected(text, at, ",")


def _array(text: str, at: int, depth: int) -> tuple[Value, int]:
    if depth > MAX_DEPTH:
        raise NotStrict
    items: list[Value] = []
    at = _skip(text, at)
    if text[at : at + 1] == "]":
        return items, at + 1
    while True:
        item, at = _value(text, at, depth + 1)
        items.append(item)
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            return items, at + 1
        at = _expected(text, at, ",")


def _string(text: str, at: int) -> tuple[str, int]:
    units: list[str] = []
    while at < len(text) and text[at] != '"':
        if text[at] < " ":
            raise NotStrict
        if text[at] != "\\":
            units.append(text[at])
            at += 1
            continue
        sign = text[at + 1 : at + 2]
        if sign == "u" and re.fullmatch(r"[0-9A-Fa-f]{4}", text[at + 2 : at + 6]):
            units.append(chr(int(text[at + 2 : at + 6], 16)))
            at += 6
        elif sign in _ESCAPES:
            units.append(_ESCAPES[sign])
            at += 2
        else:
            raise NotStrict
    if at >= len(text):
        raise NotStrict
    try:  # pairs of surrogates become one character; a lone one is none (RFC 7493 section 2.1)
        whole = "".join(units).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise NotStrict from None
    return whole, at + 1


def _expected(text: str, at: int, sign: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != sign:
        raise NotStrict
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
