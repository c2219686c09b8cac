"""Identifiers as types: checked when made, compared as wholes, hidden when printed.

Sources: BSN elfproef and test range (reference of the register onderwijsdeelnemers), WOT art. 24a
(PGN = burgerservicenummer or onderwijsnummer), OIN-Stelsel chapter 6, CBS (gemeentecode).
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from operator import mul
from typing import Any, ClassVar
from urllib.parse import unquote
from uuid import UUID

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from exchange.errors import Code
from exchange.values import Value

_ELFPROEF_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_ELFPROEF_OF_ZEROS = sum(_ELFPROEF_WEIGHTS) * ord("0")
_BSN_REMAINDER = 0
_ONDERWIJSNUMMER_REMAINDER = 5
_AUGUST = 8
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_NINE_DIGITS = re.compile(r"(?=([0-9]{9}))")
_NINE_IN_A_ROW = re.compile(r"[0-9]{9}")


class Identifier(Value, frozen=True, cache_hash=True, gc=False):
    """A validated text with its own type; subclasses name the pattern and the error code.

    A Value, because it is compared and looked up dozens of times a message (ADR 0027).
    """

    _text: str
    pattern: ClassVar[re.Pattern[str]]
    code: ClassVar[Code] = Code.WAARDE_ONGELDIG
    detail: ClassVar[str]
    secret: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Take the text as this identifier, or raise ``ValueError`` without repeating it."""
        text: object = self._text
        if not isinstance(text, str) or not self.pattern.fullmatch(text) or not self._valid(text):
            raise ValueError(self.detail)

    @staticmethod
    def _valid(text: str) -> bool:
        return bool(text)

    def __str__(self) -> str:
        if self.secret:
            return "***"
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def parse(value: Any) -> Identifier:  # noqa: ANN401  whatever was sent
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


class Pgn(Identifier, frozen=True):
    """Persoonsgebonden nummer (pupil number): a BSN, or in its absence an onderwijsnummer."""

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
        if self._text.startswith("9999"):  # no onderwijsnummer begins so
            return True
        if not self._text.startswith("10999"):
            return False
        return _elfproef(self._text) == _ONDERWIJSNUMMER_REMAINDER

    def is_spelled_in(self, text: str) -> bool:
        """Whether ``text`` holds this number, whatever stands between its digits.

        Without its leading zeros it still names the pupil; a percent-encoded separator brings
        digits of its own, so such a text is read decoded too.
        """
        number = self._text.lstrip("0").encode()
        if len(text) < len(number):
            return False
        return number in _digits_of(text) or ("%" in text and number in _digits_of(unquote(text)))


def _digits_of(text: str) -> bytes:
    """Give the digits 0 to 9 of ``text``, in a row."""
    return text.encode(errors="replace").translate(None, _NO_DIGITS)


def _elfproef(digits: str) -> int:
    weighed: int = sum(map(mul, _ELFPROEF_WEIGHTS, digits.encode()))
    return (weighed - _ELFPROEF_OF_ZEROS) % 11


def spells_a_pgn(text: str) -> bool:
    """Whether nine digits in a row of ``text`` make a PGN; one in ten such rows does."""
    first = _NINE_IN_A_ROW.search(text)
    if first is None:
        return False
    rows = _NINE_DIGITS.finditer(text, first.start())
    return any(Pgn._valid(row[1]) for row in rows)  # noqa: SLF001  their form is known


def spells_a_pgn_as_id(identifier: UUID) -> bool:
    """Whether a PGN can be read in an id, with its hyphens or without: these only part digits."""
    return spells_a_pgn(identifier.hex)


class Vestigingscode(Identifier, frozen=True):
    """Code of one school location: BRIN (four) and location number (two)."""

    pattern = re.compile(r"[0-9]{2}[A-Z]{2}[0-9]{2}")
    code = Code.VESTIGINGSCODE_ONGELDIG
    detail = "Een vestigingscode bestaat uit twee cijfers, twee hoofdletters en twee cijfers."

    @property
    def brin(self) -> str:
        """The four characters that name the institution."""
        return self._text[:4]


class Oin(Identifier, frozen=True):
    """Organisatie-identificatienummer: 20 characters; prefix 00000099 marks a test party."""

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


class Gemeentecode(Identifier, frozen=True):
    """CBS code of a municipality: four digits, leading zeros included."""

    pattern = re.compile(r"[0-9]{4}")
    detail = "Een gemeentecode heeft vier cijfers (CBS)."


class Postcode4(Identifier, frozen=True):
    """The four digits of a Dutch postcode: an area, not an address."""

    pattern = re.compile(r"[1-9][0-9]{3}")
    detail = "De cijfers van een postcode zijn er vier, en de eerste is geen nul."


class SwvNummer(Identifier, frozen=True):
    """Number of a samenwerkingsverband passend onderwijs (regional partnership for support)."""

    pattern = re.compile(r"(?:PO|VO)(?:2[0-9]|3[01])[0-9]{2}")
    detail = "Een SWV-nummer is PO of VO met vier cijfers."


class LocalCode(Identifier, frozen=True):
    """A school's own code for a reason or a criterion; only its shape is ours."""

    pattern = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
    detail = "Een eigen code begint met een hoofdletter en heeft 2 tot 40 tekens A-Z, 0-9 of _."


class LocalReason(LocalCode, frozen=True):
    """A school's own reason for an absence: used in memory, then forgotten (promise P3)."""

    secret = True


class RegistratieId(Identifier, frozen=True):
    """A school's own number of a registration; stored keyed or sealed (promise P4)."""

    pattern = re.compile(r"[\x21-\x7e]{1,64}")
    detail = "Een registratieId heeft 1 tot 64 zichtbare tekens."
    secret = True


class Schooljaar(Value, frozen=True, order=True):
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


class Periode(Value, frozen=True, order=True):
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
