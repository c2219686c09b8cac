"""Gives every value exactly one byte form, so that it can be signed, keyed or compared."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from typing import Any, cast

import rfc8785

from exchange.errors import Fault

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_MOST = 2**53 - 1
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_quoted = json.encoder.encode_basestring
_json_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class Prepared(dict[str, Any]):
    """A document that stands in many others and is written once: nobody changes it afterwards.

    ``form`` is its canonical form, ``text`` its JSON with the members in their own order.
    """

    __slots__ = ("form", "text")

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(document)
        self.form = canonical(document).decode()
        self.text = _json_text(self)


_WRITTEN_HERE = frozenset({str, dict, Prepared, list, tuple})


class _NotSimple(Exception):
    """A value whose form two writers might give in two ways: one of them must be the library."""


def canonical(value: object) -> bytes:
    """Give the JSON Canonicalization Scheme form of ``value`` (RFC 8785), in UTF-8.

    Raises ``Fault`` for what has none: NaN, an integer beyond 2^53, a lone surrogate, a type that
    JSON does not know. The library's message quotes the value, so it is cut off here. Texts, whole
    numbers and members of ASCII names are written here, in the same bytes and much faster.
    """
    known = type(value) in _WRITTEN_HERE
    plain = value if known or not isinstance(value, Mapping) else dict(value)
    try:
        return _written(plain).encode()
    except _NotSimple:
        return _by_library(plain)
    except UnicodeEncodeError:
        raise Fault("not-canonical-json") from None


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Give the JSON of ``document``, members in their own order, without white space, in UTF-8.

    Raises ``TypeError`` or ``ValueError``, which may quote it, for what JSON does not know.
    """
    return _members_in_own_order(document).encode()


def _members_in_own_order(document: Mapping[str, Any]) -> str:
    members = [f"{_quoted(name)}:{_in_own_order(value)}" for name, value in document.items()]
    return f"{{{','.join(members)}}}"


def _in_own_order(value: object) -> str:
    if type(value) is str:
        return _quoted(value)
    if type(value) is dict:
        return _members_in_own_order(value)
    if type(value) is Prepared:
        return value.text
    if type(value) is list:
        return f"[{','.join([_in_own_order(part) for part in value])}]"
    return _json_text(value)


def _by_library(plain: object) -> bytes:
    try:
        return rfc8785.dumps(cast(Any, plain))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        raise Fault("not-canonical-json") from None


def _written(value: Any) -> str:  # noqa: ANN401  its type is what is asked
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if kind is dict:
        return _written_members(value)
    if kind is Prepared:
        form: str = value.form
        return form
    if kind is list or kind is tuple:
        return f"[{','.join(map(_written, value))}]"
    return _written_bare(value)


def _written_members(document: dict[Any, Any]) -> str:
    """Names of ASCII sort by code point, as here, as they do by UTF-16 unit (section 3.2.3)."""
    try:
        simple = "".join(document).isascii()
    except TypeError:
        simple = False
    if not simple:
        raise _NotSimple
    members = [
        f"{_quoted(name)}:{_quoted(value) if type(value) is str else _written(value)}"
        for name, value in sorted(document.items())
    ]
    return f"{{{','.join(members)}}}"


def _written_bare(value: object) -> str:
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if type(value) is int and -_MOST <= value <= _MOST:
        return str(value)
    raise _NotSimple


def framed(*parts: str | bytes) -> bytes:
    """Join ``parts`` so that no two lists of parts give the same bytes: each after its length.

    Text counts as UTF-8; a length is four bytes, big-endian. Under a MAC or as ``info`` of a key
    derivation the first part names the use (domain separation).
    """
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join([len(part).to_bytes(4) + part for part in encoded])


def b64url(value: bytes) -> str:
    """Give ``value`` in base64url without padding (RFC 7515 section 2)."""
    text = binascii.b2a_base64(value, newline=False).translate(_URL_SAFE)
    return text.rstrip(b"=").decode("ascii")


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
