"""Reads ``mapping.toml``: for each name of ours that of DUO's register, or why there is none."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from exchange.errors import Fault

_NO_NAME = ("bestaat niet bij DUO: ", "vult DUO aan: ")


@dataclass(frozen=True, slots=True)
class Row:
    """One name of ours: ``duo`` is DUO's, or None and ``geen`` says why."""

    duo: str | None
    geen: str
    bron: str
    let_op: str


Table = Mapping[str, Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuoMapping:
    """Everything of ours by its wire name; fields by message, a part as ``contact.rol``.

    ``soorten`` has the signaal beside the verzuimsoorten, as DUO sees them. ``bekend`` is all that
    is known of DUO, and ``niet_door_ons`` what of it we never make, with the reason.
    """

    berichten: Table
    soorten: Table
    behandelingen: Table
    statussen: Table
    afsluitredenen: Table
    weigeringsredenen: Table
    intrekkingsredenen: Table
    velden: Mapping[str, Table]
    bekend: Mapping[str, tuple[str, ...]]
    niet_door_ons: Mapping[str, Mapping[str, str]]


def duo_mapping() -> DuoMapping:
    """Give the mapping of this package."""
    return read_mapping(files("adapters.duo").joinpath("mapping.toml").read_text("utf-8"))


def read_mapping(text: str) -> DuoMapping:
    """Read a mapping from TOML; a row that does not say what it means is a fault."""
    try:
        document = tomllib.loads(text)
        sources = document.pop("bronnen")
        fields = {
            message: _table(rows, sources) for message, rows in document.pop("velden").items()
        }
        known = {kind: tuple(names) for kind, names in document.pop("bekend").items()}
        never = document.pop("niet_door_ons")
        tables = {name: _table(rows, sources) for name, rows in document.items()}
        return DuoMapping(velden=fields, bekend=known, niet_door_ons=never, **tables)
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise Fault(f"onleesbare afbeelding op DUO: {error}") from error


def _table(rows: Mapping[str, Mapping[str, str]], sources: Mapping[str, str]) -> Table:
    return {name: _row(name, row, sources) for name, row in rows.items()}


def _row(name: str, row: Mapping[str, Any], sources: Mapping[str, str]) -> Row:
    if row.keys() - {"duo", "geen", "bron", "let_op"} or row["bron"] not in sources:
        raise ValueError(f"{name} heeft een onbekend onderdeel of geen bekende bron")
    found = Row(row.get("duo"), row.get("geen", ""), row["bron"], row.get("let_op", ""))
    if (found.duo is None) is not found.geen.startswith(_NO_NAME):
        raise ValueError(f"{name} heeft geen naam bij DUO of reden, of allebei")
    return found
