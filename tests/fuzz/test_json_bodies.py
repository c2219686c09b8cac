"""What we take for JSON is JSON, by a reader of our own making, and means the same to both."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from exchange.crypto.canonical import strict_json
from exchange.errors import Code, Invalid, Violation
from exchange.messages.contracts import CONTRACTS
from exchange.messages.document import parse_object, read_body, read_message
from exchange.messages.inzage import Inzageverzoek
from exchange.messages.logregels import LogregelsVraag
from exchange.messages.soort import Soort
from tests import pure
from tests.fuzz import strict
from tests.fuzz.effort import fuzzed
from tests.fuzz.hard import MARK, ODD_BODIES, bodies

GOOD: dict[Soort, dict[str, Any]] = {
    Soort.SIGNAAL: pure.signaal(),
    Soort.VERZUIMMELDING: pure.verzuimmelding(),
    Soort.INTREKKING: {"reden": "onjuist"},
}


def same(ours: object, theirs: object) -> bool:
    """Whether two readings mean the same; a float is the nearest one there is."""
    if isinstance(theirs, Decimal):
        return isinstance(ours, float) and ours == float(theirs)
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[k], theirs[k]) for k in ours)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and ours == theirs


def strictly(body: bytes) -> object:
    """Give what the reader of our own making makes of it; it holds for objects only."""
    try:
        return strict.read(body)
    except strict.NotStrict:
        return None


@fuzzed(200)
@given(bodies(tuple(GOOD.values())))
@example(b'{"a":"\\ud800"}')
@example(b'{"a":1e400}')
def test_what_is_read_is_what_a_reader_by_the_letter_reads(body: bytes) -> None:
    expected = strictly(body)
    try:
        found = parse_object(body)
    except Invalid:
        assert not isinstance(expected, dict)
        return
    assert isinstance(expected, dict), body
    assert same(found, expected), body


@pytest.mark.parametrize("number", range(len(ODD_BODIES)))
def test_every_odd_body_is_read_as_by_the_letter_or_refused(number: int) -> None:
    body = ODD_BODIES[number]
    expected = strictly(body)
    try:
        found: object = parse_object(body)
    except Invalid:
        found = None
    assert found is None or same(found, expected)


@fuzzed(200)
@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_message_is_read_whole_or_its_faults_are_named_without_their_values(
    soort: Soort, data: st.DataObject
) -> None:
    body = data.draw(bodies((GOOD[soort],)))
    try:
        document = parse_object(body)
    except Invalid:
        return
    values, faults = read_message(CONTRACTS[soort], body, document)
    assert MARK not in "".join(f"{f.pointer}{f.code}{f.detail}" for f in faults)
    assert {fault.code for fault in faults} <= set(Code)
    if not faults:
        written = {n: v for n, v in document.items() if v is not None}
        assert set(written) == {w for w, n in CONTRACTS[soort].members.items() if n in values}
        assert all(map(_plain, values.values()))


@fuzzed(100)
@given(st.sampled_from([TypeAdapter(Inzageverzoek), TypeAdapter(LogregelsVraag)]), st.data())
def test_a_small_body_is_read_or_refused_without_its_values(
    adapter: TypeAdapter[Any], data: st.DataObject
) -> None:
    good = {"pgn": "999970008", "reden": "CONTROLE", "van": "2026-11-01", "tot": "2026-11-02"}
    faults: tuple[Violation, ...] = ()
    try:
        read_body(adapter, data.draw(bodies((good,))))
    except Invalid as refused:
        faults = tuple(refused.violations)
    assert MARK not in repr([(fault.pointer, fault.detail) for fault in faults])


@fuzzed(150)
@given(bodies(tuple(GOOD.values())))
def test_what_others_answer_is_read_as_strictly(body: bytes) -> None:
    expected: object = strictly(body)
    try:
        found = strict_json(body)
    except ValueError:
        assert expected is None
        return
    assert found is None or expected is None or same(found, expected)


def _plain(value: object) -> bool:
    """Whether no text in a value has characters that a reader does not see, or sees as others."""
    if isinstance(value, tuple):
        return all(map(_plain, value))
    if is_dataclass(value):
        return all(_plain(getattr(value, one.name)) for one in fields(value))
    reveal: Callable[[], str] | None = getattr(value, "reveal", None)
    text = reveal() if reveal else value
    return not isinstance(text, str) or (text.isascii() and text.isprintable())


def test_the_reader_by_the_letter_reads_what_json_writes() -> None:
    for document in (*GOOD.values(), {"a": [1, 2.5, None, True, "é\n\U0001f600"]}):
        assert same(json.loads(json.dumps(document)), strict.read(json.dumps(document).encode()))
