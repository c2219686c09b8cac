"""Laws of the quick writer of JSON: it writes what the library for RFC 8785 writes, or nothing."""

from __future__ import annotations

import json
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
import pytest
import rfc8785
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from adapters.keys.memory import MemoryKeyProvider
from exchange.crypto.canonical import Prepared, canonical, json_bytes, list_of, quoted, unb64url
from exchange.crypto.sealing import SealContext, seal_document
from exchange.crypto.sealing_keys import (
    KeyType,
    RecipientPrivateKey,
    RecipientPublicKey,
    generate_recipient_key,
)
from exchange.errors import Fault
from exchange.messages.identifiers import Oin, Pgn
from exchange.policy.parties import Role

law = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])

KEYS, OIN = MemoryKeyProvider(), Oin("00000099000003610000")


def public_half(kind: KeyType) -> RecipientPublicKey:
    """Make a recipient and give the key that seals to it."""
    private = RecipientPrivateKey.parse(generate_recipient_key(kind))
    return RecipientPublicKey.parse(json.dumps(dict(private.public_jwk)))


RECIPIENTS = {kind.value: public_half(kind) for kind in KeyType}

# --- what has other forms too, and what has none ---


class Number(IntEnum):
    """A whole number that is an enumeration too."""

    TWO = 2


class Text(str):
    """A text of a type of its own."""

    __slots__ = ()


@dataclass
class Record:
    """Something with members that is no object of JSON."""

    naam: str = "x"


class Packed(msgspec.Struct):
    """The same, of another kind."""

    naam: str = "x"


STRANGERS: list[Any] = [
    *Role,
    Number.TWO,
    Text("é"),
    UUID(int=1),
    date(2026, 1, 1),
    datetime(2026, 1, 1, tzinfo=UTC),
    timedelta(1),
    Decimal(1),
    Record(),
    Packed(),
    Pgn("999970008"),
    {1, 2},
    frozenset("a"),
    b"x",
    bytearray(b"x"),
    memoryview(b"x"),
    MappingProxyType({"a": 1}),
    OrderedDict(b=1, a=2),
    range(2),
    0.0,
    1.5,
    1e16,
    float("nan"),
    float("inf"),
    2**53,
    -(2**53),
    2**64,
    "\ud800",
]
PLACES = (
    lambda value: {"a": value},
    lambda value: {"a": [1, value]},
    lambda value: {"a": {"b": (value,)}},
    lambda value: {"a": "b", "c": Prepared({"d": 1}), "e": [[value]]},
    lambda value: {"é": 1, "a": value},
)
NAMES = st.one_of(st.text(max_size=3), st.sampled_from([1, None, True, 0.5, Role.SWV, Text("a")]))
TEXTS = st.one_of(
    st.text(max_size=8), st.text('\x00\x1f\x7f"\\/é\uffff\ud800\U0001f600ab', max_size=4)
)
PLAIN = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-(2**53), 2**53)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(TEXTS, inner, max_size=6),
    ),
    max_leaves=30,
)
ANYTHING = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**53 - 1, 2**53, -(2**53) + 1, -(2**53), 1.0, 0.5, float("inf")]),
    st.floats(),
    st.sampled_from(list(Role)),
)
DOCUMENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        ANYTHING,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=4).map(tuple),
            st.dictionaries(st.one_of(TEXTS, st.integers(0, 3)), inner, max_size=4),
        ),
        max_leaves=12,
    ),
    max_size=5,
)


def by_the_library(value: Any) -> bytes | None:  # noqa: ANN401  what has no form is tried too
    """Give the form that the library for RFC 8785 gives, if there is one."""
    with suppress(rfc8785.CanonicalizationError, UnicodeEncodeError):
        found: bytes = rfc8785.dumps(value)
        return found
    return None


def by_us(value: Any) -> bytes | None:  # noqa: ANN401
    """Give our form, if there is one."""
    with suppress(Fault):
        return canonical(value)
    return None


@law
@given(PLAIN)
@example({"\U0001f600": 1, "\uffff": 2})
@example({"a": [{"\U0001f600": 1, "\uffff": 2}]})
@example([2**53 - 1, 1 - 2**53, True, 1, "1", None, {}, [], ()])
def test_what_is_plain_is_written_as_the_library_writes_it(value: object) -> None:
    assert by_us(value) == by_the_library(value)


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda value: type(value).__name__)
def test_a_value_of_another_type_is_written_as_the_slow_writers_write_it(stranger: object) -> None:
    for place in PLACES:
        document = place(stranger)
        assert by_us(document) == by_the_library(document)
        assert written_or_refused(document) == slowly_written_or_refused(document)


def written_or_refused(document: dict[str, Any]) -> bytes | None:
    with suppress(TypeError, ValueError):
        return json_bytes(document)
    return None


def slowly_written_or_refused(document: dict[str, Any]) -> bytes | None:
    with suppress(TypeError, ValueError):
        plain = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return plain.encode()
    return None


@law
@given(st.dictionaries(NAMES, st.just(1)))
def test_a_name_of_another_type_is_written_as_the_library_writes_it(
    document: dict[Any, int],
) -> None:
    assume(any(type(name) is not str for name in document))
    assert by_us({"a": document}) == by_the_library({"a": document})


def test_a_list_that_was_written_before_stands_in_a_document_as_it_was() -> None:
    lines: list[dict[str, Any]] = [{"b": 1, "a": "é"}, {"c": [None, {"e": 1.5}]}]
    document = {"z": 1, "a": list_of(map(Prepared, lines))}
    assert canonical(document) == by_the_library({"z": 1, "a": lines})
    with pytest.raises(Fault):
        canonical({**document, "x": 0.5})  # for the slow writer it is none


@law
@given(DOCUMENTS)
@example({"\U0001f600": 1, "\uffff": 2})
@example({"a": [True, 1, "1", None, {}, [], ()]})
@example({"é": "\x7f"})
@example({"a": [2**53 - 1, 1 - 2**53]})
@example({"a": 2**53})
@example({"a": -(2**53)})
def test_the_canonical_form_is_that_of_the_library(document: dict[str, Any]) -> None:
    assert by_us(document) == by_the_library(document)


@law
@given(DOCUMENTS)
def test_a_prepared_part_changes_no_byte(document: dict[str, Any]) -> None:
    if by_the_library(document) is None:
        with pytest.raises(Fault):
            Prepared(document)
        return
    part = Prepared(document)
    for around in ({"b": part, "a": 1}, {"b": [part, part], "é": 0.5}, {"b": {"c": (part,)}}):
        assert canonical(around) == by_the_library(around)
        plain = json.dumps(around, ensure_ascii=False, separators=(",", ":"))
        assert json_bytes(around).decode() == plain


@law
@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(list(RECIPIENTS)))
@example('"', "\\", "EC")
@example("\ud800", "", "RSA")
def test_the_header_of_a_seal_is_in_the_one_form(rid: str, purpose: str, kind: str) -> None:
    context = SealContext(OIN, rid, purpose, datetime(2026, 11, 20, 8, 30, tzinfo=UTC))
    try:
        (rid + purpose).encode()
    except UnicodeEncodeError:
        with pytest.raises(Fault):
            seal_document(b"{}", context, RECIPIENTS[kind], KEYS)
        return
    header = unb64url(seal_document(b"{}", context, RECIPIENTS[kind], KEYS).partition(".")[0])
    told = json.loads(header)
    assert header == rfc8785.dumps(told)
    assert (told["rid"], told["pur"], told["iat"]) == (rid, purpose, 1795163400)


def test_every_character_is_written_in_the_one_way() -> None:
    """In texts: 1.1 million of them, a thousand at once."""
    for first in range(0, 0x110000, 0x400):
        if 0xD800 <= first < 0xE000:
            continue
        text = "".join(map(chr, range(first, first + 0x400)))
        form: bytes = rfc8785.dumps(text)
        assert canonical(text) == quoted(text).encode() == form
        assert json_bytes({"a": text}) == b'{"a":' + form + b"}"
