"""What is kept until when, of every table: the dated rules of promise P9 as data, read strictly."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from exchange.errors import Fault


@dataclass(frozen=True, slots=True)
class Store:
    """One table and its rule: ``term`` names a parameter, counted from ``begins``.

    ``until`` says what in the row ends it, ``goes_with`` whose rows take these along, ``stays`` why
    nothing does. What has an end of its own has who brings it about, and the tests that show it.
    """

    table: str
    holds: str
    term: str | None
    begins: str | None
    until: str | None
    goes_with: str | None
    stays: str | None
    deleted_by: str | None
    proved_by: tuple[str, ...]

    @property
    def ends(self) -> bool:
        """Whether a worker ends it, and not another table or nobody."""
        return self.deleted_by is not None


def read_stores(text: str, terms: Collection[str]) -> tuple[Store, ...]:
    """Read the rules from TOML; ``terms`` are the parameters there are. A half rule is refused."""
    try:
        stores = tuple(_store(table, row) for table, row in tomllib.loads(text).items())
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Fault(f"onleesbare bewaartermijnen: {error}") from error
    tables = {store.table for store in stores}
    for store in stores:
        _require_whole(store, terms, tables)
    return stores


def watched(stores: Collection[Store]) -> tuple[str, ...]:
    """Name the tables that must be emptied on time by a worker."""
    return tuple(store.table for store in stores if store.ends)


_NAMES = {"from": "begins", "with": "goes_with"}
_FIELDS = {field.name for field in fields(Store)} - {"table"}


def _store(table: str, row: Mapping[str, Any]) -> Store:
    said = {_NAMES.get(name, name): value for name, value in row.items()}
    if said.keys() - _FIELDS:
        raise ValueError(f"{table}: {min(said.keys() - _FIELDS)}")
    proved_by = tuple(said.pop("proved_by", ()))
    given = {name: said.get(name) for name in _FIELDS - {"proved_by", "holds"}}
    return Store(table=table, holds=row["holds"], proved_by=proved_by, **given)


def _require_whole(store: Store, terms: Collection[str], tables: Collection[str]) -> None:
    has_end = bool(store.term or store.until)
    whole = (
        not (store.term and store.until)
        and bool(store.term) is bool(store.begins)
        and has_end is store.ends is bool(store.proved_by)
        and bool(store.stays) is not (has_end or bool(store.goes_with))
        and store.term in {None, *terms}
        and store.goes_with in {None, *tables} - {store.table}
    )
    if not whole:
        raise Fault(f"de bewaartermijn van {store.table} is niet heel")
