"""Gives every value exactly one byte form, so that it can be signed, keyed or compared."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from types import NoneType
from typing import Any, cast

import msgspec
import pybase64
import rfc8785

from exchange.errors import Fault

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_MOST = 2**53 - 1
_BARE = frozenset({str, bool, NoneType, msgspec.Raw})
_in_order = msgspec.json.Encoder(order="sorted").encode
_as_it_stands = msgspec.json.encode
_json_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


quoted = json.encoder.encode_basestring
"""Gives the canonical form of a text, for a document that is put together of forms."""


class Prepared(dict[str, Any]):
    """A document that stands in many others and is written once: nobody changes it afterwards.

    ``form`` is its canonical form, ``text`` its JSON with the members in their own order.
    """

    __slots__ = ("form", "text")

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(document)
        self.form = canonical(document).decode()
        self.text = _json_text(self)


def canonical(value: object) -> bytes:
    """Give the JSON Canonicalization Scheme form of ``value`` (RFC 8785), in UTF-8.

    Raises ``Fault`` for what has none: NaN, an integer beyond 2^53, a lone surrogate, a type that
    JSON does not know. The library's message quotes the value, so it is cut off here. What has but
    one form is written by a writer that is much faster, and far less strict: it sees nothing else.
    """
    plain = dict(value) if type(value) is not dict and isinstance(value, Mapping) else value
    try:
        if _has_one_form(plain):
            return _in_order(plain)
    except TypeError:  # a name that is no text
        pass
    except UnicodeEncodeError:
        raise Fault("not-canonical-json") from None
    return _by_library(plain)


def list_of(parts: Iterable[Prepared]) -> msgspec.Raw:
    """Give a list of them, to stand in a document of which only the canonical form is asked."""
    return msgspec.Raw(f"[{','.join([part.form for part in parts])}]".encode())


def in_utf8(form: str) -> bytes:
    """Give the bytes of a form that was put together; ``Fault`` for a lone surrogate."""
    try:
        return form.encode()
    except UnicodeEncodeError:
        raise Fault("not-canonical-json") from None


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Give the JSON of ``document``, members in their own order, without white space, in UTF-8.

    Raises ``TypeError`` or ``ValueError``, which may quote it, for what JSON does not know.
    """
    plain = document if type(document) is dict else dict(document)
    return _as_it_stands(plain) if _has_one_form(plain) else _json_text(plain).encode()


def _has_one_form(value: Any) -> bool:  # noqa: ANN401  its type is what is asked
    """Say whether all of ``value`` is what two writers of JSON can only write in one way.

    Names of ASCII sort by code point as they do by UTF-16 unit (section 3.2.3). Types are asked
    exactly: an enumeration, a date or a float has other forms. Raw is what ``list_of`` wrote.
    ``TypeError`` for a name of another type.
    """
    kind = type(value)
    parts: Iterable[Any]
    if kind is dict or kind is Prepared:
        parts = value.values()
        if not "".join(value).isascii():
            return False
    elif kind is list or kind is tuple:
        parts = value
    else:
        return kind in _BARE or (kind is int and -_MOST <= value <= _MOST)
    for part in parts:
        if type(part) in _BARE:  # most are: they need no call
            continue
        if not _has_one_form(part):
            return False
    return True


def _by_library(plain: object) -> bytes:
    try:
        return rfc8785.dumps(cast(Any, plain))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        raise Fault("not-canonical-json") from None


def framed(*parts: str | bytes) -> bytes:
    """Join ``parts`` so that no two lists of parts give the same bytes: each after its length.

    Text counts as UTF-8; a length is four bytes, big-endian. Under a MAC or as ``info`` of a key
    derivation the first part names the use (domain separation).
    """
    joined = b""
    for part in parts:
        encoded = part.encode() if isinstance(part, str) else part
        joined += len(encoded).to_bytes(4) + encoded
    return joined


def framed_in_pieces(label: str, size: int, part: Iterable[bytes]) -> Iterator[bytes]:
    """Give ``framed(label, part)`` piece by piece, for a part of ``size`` bytes."""
    yield framed(label) + size.to_bytes(4)
    yield from part


def b64url(value: bytes) -> str:
    """Give ``value`` in base64url without padding (RFC 7515 section 2)."""
    return pybase64.b64encode_as_string(value, b"-_").rstrip("=")


def unb64url(text: str) -> bytes:
    """Read base64url; raise ``ValueError`` for every text that ``b64url`` would not have made."""
    if _BASE64URL.fullmatch(text) is None or len(text) % 4 == 1:
        raise ValueError("not base64url")
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64url(value) != text:
        raise ValueError("not base64url: the last character carries unused bits")
    return value


def strict_json(data: bytes | str) -> object:
    """Read JSON; raise ``ValueError``, which repeats nothing of it, for anything ambiguous.

    Ambiguous is what two parsers may read in two ways: a name twice in one object, NaN, Infinity, a
    number beyond a double, half a surrogate pair, bytes that are not UTF-8; so is nesting deeper
    than the parser goes.
    """
    try:
        text = data.decode() if isinstance(data, bytes) else data
        value: object = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("not strict JSON") from None
    return value


def _unique(members: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(members)
    if len(read) != len(members):
        raise ValueError
    return read


def _no_constant(_: str) -> object:
    raise ValueError


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError
    return number
