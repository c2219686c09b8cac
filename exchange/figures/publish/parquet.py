"""Writes a levering as Parquet, for who analyses figures: typed, with its header in the file."""

from __future__ import annotations

import json

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from exchange.figures.levering import Levering
from exchange.figures.publish.cells import hidden, number
from exchange.figures.publish.columns import COLUMNS, Kind, numbers_of, place_of
from exchange.figures.publish.json_form import header

_ALWAYS = frozenset({"niveau", "code", "periode", "sector"})
_SCHEMA = pa.schema(
    [
        pa.field(
            column.name,
            pa.int64() if column.kind is Kind.NUMBER else pa.string(),
            nullable=column.name not in _ALWAYS,
            metadata={"title": column.title, "description": column.description},
        )
        for column in COLUMNS
    ]
    + [
        pa.field("onderdrukt", pa.list_(pa.string()), nullable=False),
        pa.field("ontbreekt", pa.bool_(), nullable=False),
    ]
)


def as_parquet(levering: Levering) -> bytes:
    """Give the rows as one typed table, the same bytes for the same levering.

    A number that is not there is null: hidden if ``onderdrukt`` names its column, not delivered if
    ``ontbreekt``, and else its column does not exist at that level. Facts of the header stand in
    the file's metadata under their names on the wire.
    """
    rows = [
        {
            **place_of(regel, levering),
            **{name: number(found) for name, found in numbers_of(regel).items()},
            "onderdrukt": [measure.value for measure in hidden(regel)],
            "ontbreekt": regel.ontbreekt,
        }
        for regel in levering.regels
    ]
    facts = {name: _text(value) for name, value in header(levering).items()}
    table = pa.Table.from_pylist(rows, schema=_SCHEMA.with_metadata(facts))
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
