"""One byte form, and no second way to read it."""

from __future__ import annotations

import pytest

from exchange.crypto.canonical import b64url, canonical, framed, strict_json, unb64url
from exchange.errors import Fault


@pytest.mark.parametrize("value", [float("nan"), 2**53, "\ud800", {1: "a"}, object()])
def test_refuses_what_has_no_canonical_form(value: object) -> None:
    with pytest.raises(Fault):
        canonical({"a": value})


def test_the_refusal_does_not_repeat_the_value() -> None:
    with pytest.raises(Fault) as refusal:
        canonical({"a": 99999001900000000})
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


@pytest.mark.parametrize(
    "text",
    ["A", "AA=", "AA==", "A+8A", "A/8A", "AB", "AAB", "AA AA", "AAAA\n", "ÅAAA", "AAAAA"],
)
def test_reads_only_the_base64url_that_it_writes(text: str) -> None:
    with pytest.raises(ValueError, match="not base64url"):
        unb64url(text)


def test_base64url_has_no_padding() -> None:
    assert b64url(b"\xff\xef") == "_-8"
    assert unb64url("_-8") == b"\xff\xef"
    assert unb64url("") == b""


def test_framing_keeps_parts_apart() -> None:
    assert framed("ab", "c") != framed("a", "bc")
    assert framed("a") != framed("a", "")
    assert framed() == b""
    assert framed("é") == b"\x00\x00\x00\x02\xc3\xa9"


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"b":{"a":1,"a":2}}',
        "[NaN]",
        "[-Infinity]",
        "[" * 100_000,
        b'"\xff"',
        "{} {}",
        "",
    ],
)
def test_refuses_ambiguous_json(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="not strict JSON"):
        strict_json(text)


def test_reads_json_with_padding() -> None:
    assert strict_json(b'{"a":[1,"\xc3\xa9",null]}   ') == {"a": [1, "é", None]}
