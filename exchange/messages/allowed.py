"""Says in Dutch what a member may hold, from the published schema alone: never what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

Schema = Mapping[str, Any]

NOT_AS_THE_SCHEMA = "De waarde heeft niet de vorm die het schema voorschrijft."


def what_is_allowed(adapter: TypeAdapter[Any], path: Sequence[int | str]) -> str:
    """Give the bounds, the list or the form of the member at ``path``, as far as a schema can."""
    found = _at(_schema_of(adapter), path)
    return (_said(found) if found is not None else None) or NOT_AS_THE_SCHEMA


@lru_cache(maxsize=64)
def _schema_of(adapter: TypeAdapter[Any]) -> Schema:
    return adapter.json_schema(by_alias=True)


def _at(root: Schema, path: Sequence[int | str]) -> Schema | None:
    found: Schema | None = _resolved(root, root)
    for part in path:
        if found is None:
            return None
        inner = found.get("items") if isinstance(part, int) else _member(found, part)
        found = _resolved(root, inner) if isinstance(inner, Mapping) else None
    return found


def _member(schema: Schema, name: str) -> object:
    return schema.get("properties", {}).get(name)


def _resolved(root: Schema, schema: Schema) -> Schema:
    """Follow a reference, and leave the ``null`` of an optional member out."""
    if "$ref" in schema:
        return _resolved(root, root["$defs"][schema["$ref"].rpartition("/")[2]])
    given = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return _resolved(root, given[0]) if len(given) == 1 else schema


def _said(schema: Schema) -> str | None:
    if "enum" in schema:
        return f"Toegestaan: {_either(schema['enum'])}."
    if "pattern" in schema:
        described: str | None = schema.get("description")
        return described
    if schema.get("format") == "uuid":
        return "Dit is een UUID."
    return _bounded(schema)


def _bounded(schema: Schema) -> str | None:
    match schema.get("type"):
        case "integer":
            return f"Dit is een geheel getal{_range(schema, 'minimum', 'maximum')}."
        case "string":
            bounds = _range(schema, "minLength", "maxLength")
            return f"Dit is een tekst{bounds and f'{bounds} tekens'}."
        case "array":
            bounds = _range(schema, "minItems", "maxItems")
            return f"Dit is een lijst{bounds and f'{bounds} onderdelen'}."
        case "boolean":
            return "Toegestaan: true of false."
        case kind:
            return "Dit is een object." if kind == "object" else None


def _range(schema: Schema, least: str, most: str) -> str:
    if least in schema and most in schema:
        return f" van {schema[least]} tot en met {schema[most]}"
    if least in schema:
        return f" van ten minste {schema[least]}"
    return f" van ten hoogste {schema[most]}" if most in schema else ""


def _either(values: Sequence[object]) -> str:
    *others, last = (str(value) for value in values)
    return f"{', '.join(others)} of {last}" if others else last
