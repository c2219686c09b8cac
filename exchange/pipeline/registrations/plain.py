"""Reads lines that are written plainly, each distinct value once; others get the strict reading.

What is recognised here, the strict reading would give in the same way: all members are known and
stand there once, and every value was held against the type of its member, now or on an earlier
line. Whatever is less plain (an escape, an unknown member, a value that does not fit) is not judged
here at all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from exchange.errors import ExchangeError
from exchange.messages.contracts import CONTRACTS
from exchange.messages.identifiers import LocalReason, Pgn, RegistratieId, Vestigingscode
from exchange.messages.soort import Soort
from exchange.messages.wire import Categorie
from exchange.pipeline.registrations.known import Known
from exchange.pipeline.registrations.stages import Line, SchoolDay, ValidLine
from exchange.policy.necessity import Mode

_CONTRACT = CONTRACTS[Soort.VERZUIMREGISTRATIES]
_HINTS = get_type_hints(_CONTRACT.model, include_extras=True)
_MEMBERS = {wire: TypeAdapter(_HINTS[name]) for wire, name in _CONTRACT.members.items()}
_ALWAYS = frozenset({"vestigingscode", "registratieId", "pgn", "datum", "minuten"})
_TEXTS = len(_ALWAYS) - 1
_ESCAPE, _QUOTE = b"\\", b'"'
_MOST_SHAPES = 64

_Value = TypeVar("_Value")


class _NotPlain(Exception):
    """The strict reading has to say what this is."""


class _Each(dict[Any, _Value], Generic[_Value]):
    """Values by how they are written; each is made once, or is not plain."""

    def __init__(self, make: Callable[[Any], _Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, written: object) -> _Value:
        try:
            value = self[written] = self._make(written)
        except (ValueError, ExchangeError):
            raise _NotPlain from None
        return value


class PlainReader:
    """Reads the lines of one delivery, as far as they are written plainly."""

    def __init__(self, known: Known, key: str, mode: Mode) -> None:
        """Begin with no value known; ``key`` is the idempotency key."""
        self._known = known
        self._key, self._mode = key, mode
        self._shapes: dict[tuple[str, ...], frozenset[str]] = {}
        self._codes = _Each[Vestigingscode](Vestigingscode)
        self._dates = _Each[date](lambda written: _value("datum", written))
        self._days = _Each[SchoolDay](self._day)
        self._pgns = _Each[Pgn](self._pgn)
        self._minutes = _Each[int](lambda written: _value("minuten", written))
        self._reasons = _Each[LocalReason | None](lambda written: _value("reden", written))
        self._categories = _Each[Categorie | None](lambda written: _value("categorie", written))

    def read(self, line: Line) -> ValidLine | None:
        """Give a line that is valid for sure; None for any other."""
        try:
            return self._read(line.number, *self._document(line.body))
        except (_NotPlain, ValueError, TypeError):  # no JSON; a list where a text should be
            return None

    def _document(self, body: bytes) -> tuple[dict[str, Any], frozenset[str]]:
        """Give the members and their names, if each stands there once.

        Without an escape every quote is one end of a name or of a text: a name that stands there
        twice shows as quotes that no member has.
        """
        if _ESCAPE in body:
            raise _NotPlain
        document = from_json(body)
        if type(document) is not dict:
            raise _NotPlain
        names = tuple(document)
        members = self._shapes.get(names) or self._shape(names)
        coded = (document.get("reden") is not None) + (document.get("categorie") is not None)
        if not coded or body.count(_QUOTE) != 2 * (len(names) + _TEXTS + coded):
            raise _NotPlain
        return document, members

    def _read(self, number: int, document: dict[str, Any], members: frozenset[str]) -> ValidLine:
        minuten, ingetrokken = document["minuten"], document.get("ingetrokken")
        if type(minuten) is not int or (ingetrokken is not None and type(ingetrokken) is not bool):
            raise _NotPlain  # True is a 1 elsewhere, and 60.0 a 60
        day = self._days[document["vestigingscode"], document["datum"]]
        pgn = self._pgns[document["pgn"]]
        own = RegistratieId(document["registratieId"])
        if pgn.is_spelled_in(own.reveal()):
            raise _NotPlain
        valid = ValidLine(
            number,
            members,
            day,
            own,
            pgn,
            self._minutes[minuten],
            self._reasons[document.get("reden")],
            self._categories[document.get("categorie")],
            bool(ingetrokken),
        )
        self._known.note(number, day, pgn)
        return valid

    def _shape(self, names: tuple[str, ...]) -> frozenset[str]:
        members = frozenset(names)
        if not _ALWAYS <= members <= _MEMBERS.keys():
            raise _NotPlain
        if len(self._shapes) < _MOST_SHAPES:
            self._shapes[names] = members
        return members

    def _day(self, written: tuple[object, object]) -> SchoolDay:
        code, datum = self._codes[written[0]], self._dates[written[1]]
        if self._known.allowed(code, datum) is None or any(self._known.moment_faults(datum)):
            raise _NotPlain
        return self._known.day(code, datum)

    def _pgn(self, written: object) -> Pgn:
        pgn = Pgn(written)
        if pgn.is_spelled_in(self._key) or (self._mode is Mode.TRIAL and not pgn.is_test):
            raise _NotPlain
        return pgn


def _value(member: str, written: object) -> Any:  # noqa: ANN401  of the type of the member
    """Hold one value against the type of its member."""
    return _MEMBERS[member].validate_json(to_json(written), by_alias=True, by_name=False)
