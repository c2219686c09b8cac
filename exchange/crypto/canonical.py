"""Gives every value exactly one byte form, so that it can be signed, keyed or compared."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from typing import Any, cast

import rfc8785

from exchange.errors import Fault

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def canonical(value: object) -> bytes:
    """Give the JSON Canonicalization Scheme form of ``value`` (RFC 8785), in UTF-8.

    Raises ``Fault`` for what has none: NaN, an integer beyond 2^53, a lone surrogate, a type that
    JSON does not know. The library's message quotes the value, so it is cut off here.
    """
    plain = dict(value) if isinstance(value, Mapping) else value
    try:
        return rfc8785.dumps(cast(Any, plain))
    except rfc8785.CanonicalizationError:
        raise Fault("not-canonical-json") from None


def framed(*parts: str | bytes) -> bytes:
    """Join ``parts`` so that no two lists of parts give the same bytes: each after its length.

    Text counts as UTF-8; a length is four bytes, big-endian. Under a MAC or as ``info`` of a key
    derivation the first part names the use (domain separation).
    """
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4) + part for part in encoded)


def b64url(value: bytes) -> str:
    """Give ``value`` in base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


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
