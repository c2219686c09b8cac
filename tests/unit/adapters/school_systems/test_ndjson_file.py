"""From NDJSON lines to messages: as they are, or not at all."""

from __future__ import annotations

import json

import pytest

from adapters.school_systems.entry import Entry
from adapters.school_systems.kinds import Kind
from adapters.school_systems.ndjson_file import NdjsonFile
from exchange.errors import Invalid
from tests.persons import bsn
from tests.unit.adapters.school_systems.conftest import Write

GOOD = json.dumps({"vestigingscode": "99BB00", "pgn": bsn(3).reveal(), "minuten": 60})


def read(write: Write, *lines: str, kind: Kind = Kind.VERZUIMREGISTRATIES) -> list[Entry]:
    file = NdjsonFile(write("\n".join(lines) + "\n"), kind)
    entries = list(file.entries())
    assert file.count() == len(entries)
    return entries


def test_a_line_travels_as_it_is(write: Write) -> None:
    (entry,) = read(write, GOOD)
    assert (entry.line, entry.body) == (1, GOOD.encode())


def test_blank_lines_count_and_are_skipped(write: Write) -> None:
    assert [entry.line for entry in read(write, "", GOOD, "  \r", GOOD)] == [2, 4]


def test_a_mark_before_the_first_line_is_no_part_of_it(write: Write) -> None:
    (entry,) = read(write, "\ufeff" + GOOD)
    assert entry.body == GOOD.encode()


@pytest.mark.parametrize(
    ("member", "pointer"),
    [
        ({"geboortedatum": "2010-01-01"}, "/geboortedatum"),
        ({"contact": {"rol": "mentor", "email": "a@b.example", "naam": "Jan"}}, "/contact/naam"),
        ({"Jan Jansen": 1}, ""),
    ],
)
def test_a_member_that_no_message_has_does_not_leave_the_school(
    write: Write, member: dict[str, object], pointer: str
) -> None:
    line = json.dumps({**json.loads(GOOD), **member})
    (entry,) = read(write, line, kind=Kind.SIGNALEN)
    assert entry.body == b""
    assert (pointer, "onbekend-veld") in [(r.pointer, r.code) for r in entry.refusals]
    assert "Jan" not in str(entry.refusals)


@pytest.mark.parametrize("line", ["{", "[]", '{"pgn": 1, "pgn": 2}', '{"minuten": NaN}'])
def test_a_line_that_is_no_object_does_not_leave_the_school(write: Write, line: str) -> None:
    _, entry = read(write, GOOD, line)
    assert [(r.line, r.code) for r in entry.refusals] == [(2, "ongeldige-json")]


def test_an_empty_file_stops(write: Write) -> None:
    with pytest.raises(Invalid):
        NdjsonFile(write("\n\n"), Kind.SIGNALEN).count()
