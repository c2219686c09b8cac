"""Writes a TOML document back: one value a line, enough for our data and no prettier."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any


def as_toml(document: Mapping[str, Any]) -> str:
    """Give TOML that reads as ``document`` again."""
    return "".join(f"{_quoted(name)} = {_value(value)}\n" for name, value in document.items())


def _value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case date():
            return value.isoformat()
        case str():
            return _quoted(value)
        case Mapping():
            return "{" + ", ".join(f"{_quoted(k)} = {_value(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(_value(v) for v in value) + "]"
        case _:
            raise TypeError(type(value).__name__)


def _quoted(text: str) -> str:
    """A JSON string is a TOML basic string."""
    return json.dumps(text, ensure_ascii=False)
