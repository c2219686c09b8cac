"""Describes the CSV form for machines: W3C "Metadata Vocabulary for Tabular Data" (CSVW)."""

from __future__ import annotations

import json
from typing import Any

from exchange.figures.levering import Levering
from exchange.figures.measures import Niveau
from exchange.figures.publish.cells import Mark
from exchange.figures.publish.columns import COLUMNS, LEERLINGEN, MARKS, Column, Kind
from exchange.figures.publish.csv_form import DELIMITER, LINE_END
from exchange.figures.publish.json_form import header

_LANGUAGE = "nl"
_BASES = {Kind.TEXT: "string", Kind.MONTH: "gYearMonth", Kind.NUMBER: "nonNegativeInteger"}
_REQUIRED = frozenset({"niveau", "code", "periode", "sector"})


def as_csvw(levering: Levering, csv_url: str) -> bytes:
    """Give the sidecar of the CSV that stands at ``csv_url``, absolute or relative to this one."""
    document = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": _LANGUAGE}],
        "url": csv_url,
        **_about(levering),
        "dialect": {
            "encoding": "utf-8",
            "delimiter": DELIMITER,
            "lineTerminators": [LINE_END],
            "header": True,
        },
        "tableSchema": {
            "columns": [_column(column) for column in COLUMNS],
            "primaryKey": ["niveau", "code", "sector"],
        },
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _about(levering: Levering) -> dict[str, Any]:
    facts = header(levering)
    found = levering.dekking
    return {
        "dc:title": f"Verzuimcijfers {facts['periode']}, levering {levering.nummer}",
        "dc:description": (
            f"Stand: {facts['stand']}. {found.geleverd} van de {found.vestigingen} vestigingen "
            f"leverden. Aantallen van 1 tot en met {levering.drempel - 1} zijn niet af te leiden."
        ),
        "dc:identifier": str(levering.nummer),
        "dc:issued": {"@value": facts["vrijgegevenOp"], "@type": "xsd:dateTime"},
        "dc:temporal": facts["periode"],
        "dc:language": _LANGUAGE,
        "dc:provenance": f"SHA-256 (base64url) van het controlecertificaat: {levering.certificaat}",
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "titles": {_LANGUAGE: [column.name, column.title]},
        "dc:description": column.description,
        "datatype": _datatype(column),
        "null": _nulls(column),
        "required": column.name in _REQUIRED,
    }


def _datatype(column: Column) -> str | dict[str, str]:
    if column.name == "niveau":
        return {"base": "string", "format": "|".join(Niveau)}
    return _BASES[column.kind]


def _nulls(column: Column) -> str | list[str]:
    if column is LEERLINGEN:
        return MARKS[Mark.ONTBREEKT]
    return list(MARKS.values()) if column.kind is Kind.NUMBER else ""
