"""Column types: an identifier is validated on its way in and again on its way out."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Column, Dialect, SmallInteger, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from exchange.messages.identifiers import (
    Gemeentecode,
    Identifier,
    Oin,
    Periode,
    Postcode4,
    Schooljaar,
    Vestigingscode,
)

Kind = TypeVar("Kind", bound=Identifier)
Value = TypeVar("Value")
_Impl: TypeAlias = TypeEngine[Any] | type[TypeEngine[Any]]


class IdentifierColumn(TypeDecorator[Kind]):
    """Text in the table, a type of its own in the code."""

    impl: _Impl = Text
    cache_ok: bool | None = True

    def __init__(self, kind: type[Kind]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Kind | None, dialect: Dialect) -> str | None:
        """Give the text to store."""
        return None if value is None else value.reveal()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Kind | None:
        """Give the identifier that was stored."""
        return None if value is None else self.kind(value)


class SchooljaarColumn(TypeDecorator[Schooljaar]):
    """A school year as the calendar year in which it starts."""

    impl: _Impl = SmallInteger
    cache_ok: bool | None = True

    def process_bind_param(self, value: Schooljaar | None, dialect: Dialect) -> int | None:
        """Give the year to store."""
        return None if value is None else value.start

    def process_result_value(self, value: int | None, dialect: Dialect) -> Schooljaar | None:
        """Give the school year that was stored."""
        return None if value is None else Schooljaar(value)


class PeriodeColumn(TypeDecorator[Periode]):
    """A month as ``2026-09``: it sorts, and people can read it."""

    impl: _Impl = Text
    cache_ok: bool | None = True

    def process_bind_param(self, value: Periode | None, dialect: Dialect) -> str | None:
        """Give the text to store."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Periode | None:
        """Give the month that was stored."""
        return None if value is None else Periode.parse(value)


OIN = IdentifierColumn(Oin)
VESTIGING = IdentifierColumn(Vestigingscode)
GEMEENTE = IdentifierColumn(Gemeentecode)
POSTCODE4 = IdentifierColumn(Postcode4)
SCHOOLJAAR = SchooljaarColumn()
PERIODE = PeriodeColumn()


def must(name: str, kind: TypeEngine[Value], *rules: object, **options: object) -> Column[Value]:
    """Declare a column that every row fills."""
    return Column(name, kind, *rules, nullable=False, **options)  # type: ignore[arg-type]  # passed on


def may(name: str, kind: TypeEngine[Value], *rules: object, **options: object) -> Column[Value]:
    """Declare a column that a row may leave empty."""
    return Column(name, kind, *rules, nullable=True, **options)  # type: ignore[arg-type]  # passed on
