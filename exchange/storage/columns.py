"""What tables are declared with: column types that validate both ways, rules and indexes."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    TextClause,
    text,
)
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


NAMING = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s",
}
"""What a constraint is called that nobody named."""

OIN = IdentifierColumn(Oin)
VESTIGING = IdentifierColumn(Vestigingscode)
GEMEENTE = IdentifierColumn(Gemeentecode)
POSTCODE4 = IdentifierColumn(Postcode4)
SCHOOLJAAR = SchooljaarColumn()
PERIODE = PeriodeColumn()
TIME = DateTime(timezone=True)
BYTES = LargeBinary()


def must(name: str, kind: TypeEngine[Value], *rules: object, **options: object) -> Column[Value]:
    """Declare a column that every row fills."""
    return Column(name, kind, *rules, nullable=False, **options)  # type: ignore[arg-type]  # passed on


def may(name: str, kind: TypeEngine[Value], *rules: object, **options: object) -> Column[Value]:
    """Declare a column that a row may leave empty."""
    return Column(name, kind, *rules, nullable=True, **options)  # type: ignore[arg-type]  # passed on


def rule(name: str, condition: str) -> CheckConstraint:
    """Name a condition that every row meets."""
    return CheckConstraint(condition, name=name)


def index(
    name: str, *columns: str | TextClause, where: str | None = None, **options: object
) -> Index:
    """Name an index; each one answers a question that a query asks."""
    partial = {} if where is None else {"postgresql_where": text(where)}
    return Index(name, *columns, **partial, **options)  # type: ignore[arg-type]  # passed on
