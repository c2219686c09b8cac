"""Identifiers as types: checked when made, compared as wholes, hidden when printed.

Sources: BSN elfproef and test range (reference of the register onderwijsdeelnemers), WOT art. 24a
(PGN = burgerservicenummer or onderwijsnummer), OIN-Stelsel chapter 6, CBS (gemeentecode).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from operator import mul
from typing import Any, ClassVar
from urllib.parse import unquote
from uuid import UUID

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from exchange.errors import Code

_ELFPROEF_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_BSN_REMAINDER = 0
_ONDERWIJSNUMMER_REMAINDER = 5
_AUGUST = 8
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_NINE_DIGITS = re.compile(r"(?=([0-9]{9}))")
_NINE_IN_A_ROW = re.compile(r"[0-9]{9}")


class Identifier:
    """A validated text with its own type; subclasses name the pattern and the error code."""

    __slots__ = ("_text",)

    pattern: ClassVar[re.Pattern[str]]
    code: ClassVar[Code] = Code.WAARDE_ONGELDIG
    detail: ClassVar[str]
    secret: ClassVar[bool] = False

    def __init__(self, text: object) -> None:
        """Take ``text`` as this identifier, or raise ``ValueError`` without repeating it."""
        if not isinstance(text, str) or not self.pattern.fullmatch(text) or not self._valid(text):
            raise ValueError(self.detail)
        self._text = text

    @staticmethod
    def _valid(text: str) -> bool:
        return bool(text)

    def __str__(self) -> str:
        if self.secret:
            return "***"
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def parse(value: object) -> Identifier:
            if isinstance(value, cls):
                return value
            try:
                return cls(value)
            except ValueError as error:
                raise PydanticCustomError(cls.code.value, cls.detail) from error

        return core_schema.no_info_plain_validator_function(
            parse,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: value.reveal(), return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{cls.pattern.pattern}$", "description": cls.detail}

    def reveal(self) -> str:
        """Give the text itself: for sealing, keyed digests and its own columns, nothing else."""
        return self._text


class Pgn(Identifier):
    """Persoonsgebonden nummer (pupil number): a BSN, or in its absence an onderwijsnummer."""

    __slots__ = ()
    pattern = re.compile(r"[0-9]{9}")
    code = Code.PGN_ONGELDIG
    detail = "Een PGN heeft negen cijfers en voldoet aan de elfproef (BSN of onderwijsnummer)."
    secret = True

    @staticmethod
    def _valid(text: str) -> bool:
        remainder = _elfproef(text)
        if remainder == _ONDERWIJSNUMMER_REMAINDER:
            return text.startswith("10")
        return remainder == _BSN_REMAINDER and text != "000000000"

    @property
    def is_test(self) -> bool:
        """Whether this number lies in the ranges that no real pupil has."""
        if _elfproef(self._text) == _ONDERWIJSNUMMER_REMAINDER:
            return self._text.startswith("10999")
        return self._text.startswith("9999")

    def is_spelled_in(self, text: str) -> bool:
        """Whether ``text`` holds this number, whatever stands between its digits.

        Without its leading zeros it still names the pupil; a percent-encoded separator brings
        digits of its own, so such a text is read decoded too.
        """
        number = self._text.lstrip("0")
        return number in _digits_of(text) or ("%" in text and number in _digits_of(unquote(text)))


def _digits_of(text: str) -> str:
    """Give the digits 0 to 9 of ``text``, in a row."""
    return text.encode(errors="replace").translate(None, _NO_DIGITS).decode("ascii")


def _elfproef(digits: str) -> int:
    weighed: int = sum(map(mul, _ELFPROEF_WEIGHTS, map(int, digits)))
    return weighed % 11


def spells_a_pgn(text: str) -> bool:
    """Whether nine digits in a row of ``text`` make a PGN; one in ten such rows does."""
    if _NINE_IN_A_ROW.search(text) is None:
        return False
    return any(_may_be_pgn(match[1]) for match in _NINE_DIGITS.finditer(text))


def spells_a_pgn_as_id(identifier: UUID) -> bool:
    """Whether a PGN can be read in an id, with its hyphens or without: these only part digits."""
    return spells_a_pgn(identifier.hex)


def _may_be_pgn(digits: str) -> bool:
    try:
        Pgn(digits)
    except ValueError:
        return False
    return True


class Vestigingscode(Identifier):
    """Code of one school location: BRIN (four) and location number (two)."""

    __slots__ = ()
    pattern = re.compile(r"[0-9]{2}[A-Z]{2}[0-9]{2}")
    code = Code.VESTIGINGSCODE_ONGELDIG
    detail = "Een vestigingscode bestaat uit twee cijfers, twee hoofdletters en twee cijfers."

    @property
    def brin(self) -> str:
        """The four characters that name the institution."""
        return self._text[:4]


class Oin(Identifier):
    """Organisatie-identificatienummer: 20 characters; prefix 00000099 marks a test party."""

    __slots__ = ()
    # Prefix 5 is unassigned. A main number of nine ends in 000, one of eight in 0000: one pattern.
    pattern = re.compile(r"0000(?:000[1-4]|000[6-9]|001[01]|0099)[0-9A-Z]{9}000")
    detail = "Een OIN heeft 20 posities en een bekend voorvoegsel."

    @staticmethod
    def _valid(text: str) -> bool:
        """Letters stand in a BRIN alone, and in a test OIN that may be like any."""
        return text.isdigit() or text.startswith(("00000007", "00000099"))

    @property
    def is_test(self) -> bool:
        """Whether the prefix says that this is a test party."""
        return self._text.startswith("00000099")


class Gemeentecode(Identifier):
    """CBS code of a municipality: four digits, leading zeros included."""

    __slots__ = ()
    pattern = re.compile(r"[0-9]{4}")
    detail = "Een gemeentecode heeft vier cijfers (CBS)."


class Postcode4(Identifier):
    """The four digits of a Dutch postcode: an area, not an address."""

    __slots__ = ()
    pattern = re.compile(r"[1-9][0-9]{3}")
    detail = "De cijfers van een postcode zijn er vier, en de eerste is geen nul."


class SwvNummer(Identifier):
    """Number of a samenwerkingsverband passend onderwijs (regional partnership for support)."""

    __slots__ = ()
    pattern = re.compile(r"(?:PO|VO)(?:2[0-9]|3[01])[0-9]{2}")
    detail = "Een SWV-nummer is PO of VO met vier cijfers."


class LocalCode(Identifier):
    """A school's own code for a reason or a criterion; only its shape is ours."""

    __slots__ = ()
    pattern = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
    detail = "Een eigen code begint met een hoofdletter en heeft 2 tot 40 tekens A-Z, 0-9 of _."


class LocalReason(LocalCode):
    """A school's own reason for an absence: used in memory, then forgotten (promise P3)."""

    __slots__ = ()
    secret = True


class RegistratieId(Identifier):
    """A school's own number of a registration; stored keyed or sealed (promise P4)."""

    __slots__ = ()
    pattern = re.compile(r"[\x21-\x7e]{1,64}")
    detail = "Een registratieId heeft 1 tot 64 zichtbare tekens."
    secret = True


@dataclass(frozen=True, slots=True, order=True)
class Schooljaar:
    """School year: 1 August of ``start`` up to and including 31 July of the next year."""

    start: int

    @classmethod
    def of(cls, day: date) -> Schooljaar:
        """Give the school year in which ``day`` lies."""
        return cls(_began(day))

    @classmethod
    def parse(cls, text: str) -> Schooljaar:
        """Read ``2026-2027``; raise ``ValueError`` for anything else."""
        match = re.fullmatch(r"(2[0-9]{3})-([0-9]{4})", text)
        if match is None or int(match[2]) != int(match[1]) + 1:
            raise ValueError("Een schooljaar is twee opeenvolgende jaren: 2026-2027.")
        return cls(int(match[1]))

    @property
    def first_day(self) -> date:
        """1 August."""
        return date(self.start, 8, 1)

    @property
    def last_day(self) -> date:
        """31 July of the next calendar year."""
        return date(self.start + 1, 7, 31)

    def __contains__(self, day: date) -> bool:
        return _began(day) == self.start

    def __str__(self) -> str:
        return f"{self.start}-{self.start + 1}"


def _began(day: date) -> int:
    return day.year if day.month >= _AUGUST else day.year - 1


@dataclass(frozen=True, slots=True, order=True)
class Periode:
    """A calendar month, the unit in which figures are counted: ``2026-09``."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> Periode:
        """Give the month in which ``day`` lies."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Periode:
        """Read ``2026-09``; raise ``ValueError`` for anything else."""
        match = re.fullmatch(r"(2[0-9]{3})-(0[1-9]|1[0-2])", text)
        if match is None:
            raise ValueError("Een periode is een maand: 2026-09.")
        return cls(int(match[1]), int(match[2]))

    def plus(self, months: int) -> Periode:
        """Give the month that lies ``months`` later."""
        years, month = divmod(self.month - 1 + months, 12)
        return Periode(self.year + years, month + 1)

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
