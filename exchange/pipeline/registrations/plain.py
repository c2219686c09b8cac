"""Reads lines that are written plainly, each distinct value once; others get the strict reading.

What is recognised here, the strict reading would give in the same way: all members are known and
stand there once, and every value was held against the type of its member, now or on an earlier
line. Whatever is less plain (an escape, an unknown member, a value that does not fit) is not judged
here at all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import product
from typing import Any, get_type_hints

from msgspec import UNSET, UnsetType
from msgspec.json import Decoder
from pydantic import TypeAdapter
from pydantic_core import to_json

from exchange.errors import ExchangeError
from exchange.messages.contracts import CONTRACTS
from exchange.messages.identifiers import LocalReason, Pgn, RegistratieId, Vestigingscode
from exchange.messages.judged import Judged, NotPlain
from exchange.messages.soort import Soort
from exchange.messages.wire import Categorie
from exchange.pipeline.registrations.known import Known
from exchange.pipeline.registrations.stages import Line, SchoolDay, ValidLine
from exchange.policy.necessity import Mode
from exchange.values import Value, field

_CONTRACT = CONTRACTS[Soort.VERZUIMREGISTRATIES]
_HINTS = get_type_hints(_CONTRACT.model, include_extras=True)
_MEMBERS = {wire: TypeAdapter(_HINTS[name]) for wire, name in _CONTRACT.members.items()}
_ESCAPE, _QUOTE = b"\\", b'"'


class _Written(Value, frozen=True, forbid_unknown_fields=True):
    """A line as it is written, each member of its kind; what was left out is ``UNSET``."""

    vestigingscode: str
    registratie_id: str = field(name="registratieId")
    pgn: str
    datum: str
    minuten: int | float
    reden: str | UnsetType | None = UNSET
    categorie: str | UnsetType | None = UNSET
    ingetrokken: bool | UnsetType | None = UNSET


_written = Decoder(_Written).decode
_OPTIONAL = ("reden", "categorie", "ingetrokken")
_ALWAYS = _MEMBERS.keys() - set(_OPTIONAL)
_TEXTS = len(_ALWAYS) - 1


def _shape(left_out: tuple[bool, ...]) -> tuple[frozenset[str], int]:
    """Give the members, and the quotes of their names and of the texts that always stand there."""
    there = {name for name, out in zip(_OPTIONAL, left_out, strict=True) if not out}
    members = frozenset(_ALWAYS | there)
    return members, 2 * (len(members) + _TEXTS)


_SHAPES = {out: _shape(out) for out in product((True, False), repeat=len(_OPTIONAL))}


class PlainReader:
    """Reads the lines of one delivery, as far as they are written plainly."""

    def __init__(self, known: Known, key: str, mode: Mode) -> None:
        """Begin with no value known; ``key`` is the idempotency key."""
        self._known = known
        self._days = Judged[SchoolDay](_days(known))
        self._pgns = Judged[Pgn](partial(_pgn, key, mode))
        self._minutes = Judged[int](lambda written: _value("minuten", written))
        self._reasons = Judged[LocalReason | None](lambda written: _value("reden", written))
        self._categories = Judged[Categorie | None](lambda written: _value("categorie", written))

    def read(self, line: Line) -> ValidLine | None:
        """Give a line that is valid for sure; None for any other."""
        if _ESCAPE in line.body:
            return None
        try:
            return self._read(line.number, line.body, _written(line.body))
        except (NotPlain, ValueError, ExchangeError):  # no JSON, or a value of no use here
            return None

    def _read(self, number: int, body: bytes, said: _Written) -> ValidLine:
        """Without an escape every quote is one end of a name or of a text.

        A name that stands there twice shows as quotes that no member has.
        """
        members, quotes = _SHAPES[
            said.reden is UNSET, said.categorie is UNSET, said.ingetrokken is UNSET
        ]
        coded = bool(said.reden) + bool(said.categorie)
        if not coded or body.count(_QUOTE) != quotes + 2 * coded or type(said.minuten) is not int:
            raise NotPlain  # among them a 60.0, which is no 60
        day = self._days[said.vestigingscode, said.datum]
        pgn = self._pgns[said.pgn]
        own = RegistratieId(said.registratie_id)
        if pgn.is_spelled_in(said.registratie_id):
            raise NotPlain
        line = ValidLine(
            number,
            members,
            day,
            own,
            pgn,
            self._minutes[said.minuten],
            self._reasons[said.reden or None],
            self._categories[said.categorie or None],
            said.ingetrokken is True,
        )
        self._known.note(number, day, pgn)
        return line


def _days(known: Known) -> Callable[[tuple[object, object]], SchoolDay]:
    """Judge a vestiging on a day, each of the two by what was written."""
    codes = Judged[Vestigingscode](Vestigingscode)
    dates = Judged[date](lambda written: _value("datum", written))

    def judge(written: tuple[object, object]) -> SchoolDay:
        code, datum = codes[written[0]], dates[written[1]]
        if known.allowed(code, datum) is None or any(known.moment_faults(datum)):
            raise NotPlain
        return known.day(code, datum)

    return judge


def _pgn(key: str, mode: Mode, written: Any) -> Pgn:  # noqa: ANN401  JSON
    pgn = Pgn(written)
    if pgn.is_spelled_in(key) or (mode is Mode.TRIAL and not pgn.is_test):
        raise NotPlain
    return pgn


def _value(member: str, written: object) -> Any:  # noqa: ANN401  of the type of the member
    """Hold one value against the type of its member."""
    return _MEMBERS[member].validate_json(to_json(written), by_alias=True, by_name=False)
