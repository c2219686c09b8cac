"""Examples of what comes in and goes out: one file for each, named after its operation.

``<operation>.<status>[.<name>].<ending>`` is an answer, ``<operation>.verzoek.<name>.<ending>`` a
request. Every message that a school sends has its examples beside its schema besides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from exchange.messages.soort import Soort

_ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        "json": "application/json",
        "ndjson": "application/x-ndjson",
        "jose": "application/jose",
        "csv": "text/csv",
        "csvm": "application/csvm+json",
        "html": "text/html",
        "txt": "text/plain",
        "parquet": "application/vnd.apache.parquet",
        "bin": "application/octet-stream",
    }
)
_SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
_STRUCTURED = frozenset({"json", "csvm"})
_UNNAMED = "voorbeeld"
REQUEST = "verzoek"


Examples = Mapping[str, tuple[str, object]]
"""By name, each under which it stands in the document once, and what it is."""


def examples_of(operation: str, part: str, media_type: str) -> Examples:
    """Give the examples of one part of an operation: a status, or ``verzoek``."""
    return _all().get((operation, part, media_type), {})


def message_examples(soort: Soort) -> Examples:
    """Give the published examples of a message, which lie beside its schema."""
    folder = _SCHEMAS / soort.value / "v1" / "examples"
    return {
        path.stem: (f"{soort.value}.{path.stem}", json.loads(path.read_text("utf-8")))
        for path in sorted(folder.glob("*.json"))
    }


@cache
def _all() -> Mapping[tuple[str, str, str], Examples]:
    found: dict[tuple[str, str, str], dict[str, tuple[str, object]]] = {}
    folder = files("exchange.api.openapi").joinpath("examples")
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        operation, part, *name, ending = file.name.split(".")
        text = file.read_text("utf-8")
        value = json.loads(text) if ending in _STRUCTURED else text
        known = found.setdefault((operation, part, _ENDINGS[ending]), {})
        known[name[0] if name else _UNNAMED] = (file.name, value)
    return found
