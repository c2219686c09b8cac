"""A line that is read the quick way is read as the strict way reads it, however it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.keys.memory import MemoryKeyProvider
from exchange.errors import ExchangeError
from exchange.pipeline.concerned import Concerned
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.registrations.known import Known, School
from exchange.pipeline.registrations.plain import PlainReader
from exchange.pipeline.registrations.pupils import Pupils
from exchange.pipeline.registrations.stages import Line, ValidLine
from exchange.pipeline.registrations.validate import validate_line
from exchange.pipeline.stages import Authenticated
from exchange.policy.necessity import Mode
from tests import pure
from tests.persons import bsn

KEYS, DIRECTORY = MemoryKeyProvider(), pure.directory()
KEY = f"levering-{bsn(3).reveal()}"
GOOD: dict[str, tuple[object, ...]] = {
    "vestigingscode": ("99BB00", "99AA00"),
    "registratieId": ("R-1", "{[:,]}", f"{bsn(4).reveal()[:8]}"),
    "pgn": (bsn(1).reveal(), bsn(2).reveal()),
    "datum": ("2026-11-10", "2026-09-01"),
    "minuten": (1, 60, 720),
    "reden": ("ZIEK", "SPIJBEL", None),
    "categorie": ("geoorloofd", "ongeoorloofd", None),
    "ingetrokken": (True, False, None),
}
BAD: dict[str, tuple[object, ...]] = {
    "vestigingscode": ("99CC00", "99ZZ99", "99bb00", 99, None, ["99BB00"]),
    "registratieId": ("", "a b", "x" * 65, "é", f"R{bsn(1).reveal()}", 7, None),
    "pgn": ("123456782", "111111111", bsn(3).reveal(), int(bsn(1).reveal()), None, {}),
    "datum": ("2026-02-30", "2026-11-19", "2026-08-31", "2026-1-1", 20261110, None),
    "minuten": (0, 721, -1, 60.0, True, "60", 10**400, None, [60]),
    "reden": ("ziek", 5, "Z", ["ZIEK"]),
    "categorie": ("anders", "GEOORLOOFD", 1, {}),
    "ingetrokken": (1, 0, "true"),
    "onbekend": (1, None),
}
REQUIRED = tuple(GOOD)[:5]


def _member(name: str) -> st.SearchStrategy[tuple[str, object]]:
    good = st.sampled_from(GOOD.get(name, (1,)))
    value = st.one_of(good, good, good, st.sampled_from(BAD[name]))
    return st.tuples(st.just(name), value)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Draw a line with members in some order, some twice, some missing, spelled in some way."""
    extra = st.sampled_from([*tuple(GOOD)[5:], *tuple(BAD)])
    names = [*REQUIRED, *draw(st.lists(extra, min_size=1, max_size=3))]
    names = [name for name in draw(st.permutations(names)) if draw(st.integers(0, 30))]
    members = [draw(_member(name)) for name in names]
    ways: list[Callable[[object], str]] = [json.dumps, json.dumps, _escaped, _spaced]
    spelled = draw(st.sampled_from(ways))
    text = ",".join(f"{spelled(name)}:{spelled(value)}" for name, value in members)
    return (
        draw(st.sampled_from(["{%s}", "{%s}", " {%s}\r", "[{%s}]", "{%s", "\ufeff{%s}"]))
        .replace("%s", text)
        .encode()
    )


def _escaped(value: object) -> str:
    if isinstance(value, str) and value.isascii() and value:
        return f'"\\u{ord(value[0]):04x}{json.dumps(value)[1:][len(json.dumps(value[0])) - 2 :]}'
    return json.dumps(value, ensure_ascii=False)


def _spaced(value: object) -> str:
    return f" {json.dumps(value)}\t"


class NeverPlain(PlainReader):
    """Leaves every line to the strict reading."""

    def read(self, line: Line) -> ValidLine | None:
        """Give none."""


def readers(reader: type[PlainReader]) -> tuple[PlainReader, Known]:
    """Give what one delivery has."""
    received = SimpleNamespace(today=pure.TODAY, concerned=Concerned())
    caller = SimpleNamespace(party=pure.SUPPLIER, received=received)
    gateway = SimpleNamespace(directory=lambda: DIRECTORY, law=pure.LAW, mode=Mode.TRIAL)
    known = Known(cast("Authenticated", caller), cast("Gateway", gateway), Pupils(KEYS))
    for vestiging in (pure.VO, pure.PO):
        known.schools[vestiging.code] = School((), frozenset())
    return reader(known, KEY, Mode.TRIAL), known


def read(line: Line, plain: PlainReader, known: Known) -> tuple[object, ...]:
    """Give all that is read in a line, and whom it is noted to be about; or why it is refused."""
    concerned = known.caller.received.concerned
    found: tuple[object, ...]
    try:
        valid = validate_line(line, plain, known, KEY, Mode.TRIAL)
        day = (valid.day.vestigingscode, valid.day.datum, valid.day.month.periode)
        found = (*day, *(getattr(valid, name) for name in VALUES))
    except ExchangeError as error:
        found = (error.code, getattr(error, "violations", ()))
    finally:
        known.name_noted()
    noted = {number: (s.vestigingscode, s.periode) for number, s in concerned.by_line.items()}
    concerned.by_line.clear()
    return *found, noted


VALUES = (
    "number", "members", "registratie_id", "pgn", "minuten", "reden", "categorie", "ingetrokken",
)  # fmt: skip
PLAIN = json.dumps({n: GOOD[n][0] for n in (*REQUIRED, "reden")}).encode()
NO_CATEGORY = json.dumps({n: GOOD[n][0] for n in REQUIRED}).encode()
SPELLED = PLAIN.replace(b"R-1", f"R{bsn(1).reveal()}".encode())
DOUBLE = PLAIN.replace(b'"pgn":', b'"pgn": "999990019", "pgn":')


@given(st.lists(lines(), min_size=1, max_size=6))
@example([PLAIN, SPELLED, NO_CATEGORY])
@example([PLAIN, DOUBLE, PLAIN.replace(b"1,", b"true,")])
@example([PLAIN.replace(b'"ZIEK"', b'"ZIEK","x":{"a":"b"}'), PLAIN[:-1] + b',"minuten":1}'])
@settings(deadline=None, max_examples=100)
def test_what_is_plainly_written_is_read_as_strictly(bodies: list[bytes]) -> None:
    quick, strict = readers(PlainReader), readers(NeverPlain)
    for number, body in enumerate(bodies, start=1):
        line = Line(number, body)
        assert read(line, *quick) == read(line, *strict)


def test_an_ordinary_line_is_plain_and_one_that_says_a_thing_twice_is_not() -> None:
    plain, _ = readers(PlainReader)
    whole: Any = plain.read(Line(1, PLAIN))
    assert whole.pgn == bsn(1)
    assert plain.read(Line(2, DOUBLE)) is None
    assert plain.read(Line(3, PLAIN.replace(b"Z", b"\\u005a"))) is None
