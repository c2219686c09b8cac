"""Rules for what a document says of values: names, dates, times, and examples that are true."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jsonschema import Draft202012Validator

from tests.adr.walk import Document, answers, operations, parameters, properties, resolved

_CAMEL = re.compile(r"(_links|[a-z][a-z\d]*([A-Z][a-z\d]*)*)")
_DATE = re.compile(
    r"[dD]atum|(^|_)date($|[A-Z_])|[a-z]Date($|[A-Z_])|^(start|begin|end|birth|due)date$"
)
_MOMENT = re.compile(r"[a-z](Op|Vanaf|OpTijdstip|At)$|^(tijd|tijdstip)$")
_MOMENT_OR_DAY = frozenset({"peildatum"})
"""Fixed by the contract: of a receipt it is the moment at which its statuses held."""

_FORMATS = Draft202012Validator.FORMAT_CHECKER
_FOREIGN = frozenset({"trace_id", "span_id", "parent_span_id"})


def schema_names(document: Document) -> Iterator[str]:
    """Give every schema whose name is no UpperCamelCase."""
    for name in document.get("components", {}).get("schemas", {}):
        if not re.fullmatch(r"([A-Z][a-z\d]*)+", name):
            yield name


def member_names(document: Document) -> Iterator[str]:
    """Give every property whose name is no lowerCamelCase; ``_links`` is the rules' own."""
    for place, name, _ in properties(document):
        if not _CAMEL.fullmatch(name) and name not in _FOREIGN:
            yield f"{place} {name}"


def date_formats(document: Document) -> Iterator[str]:
    """Give every date that is not described as one, and every moment that is neither."""
    for place, name, schema in properties(document):
        formats = set(_formats(document, schema))
        if name in _MOMENT_OR_DAY or _MOMENT.search(name):
            wrong = not formats or not formats <= {"date", "date-time"}
        else:
            wrong = bool(_DATE.search(name)) and formats != {"date"}
        if wrong:
            yield f"{place} {name}"


def time_formats(document: Document) -> Iterator[str]:
    """Give every time that could be read in two zones: ``time``, or a moment without one."""
    for place, name, schema in properties(document):
        if set(_formats(document, schema)) & {"time", "date-time-local"}:
            yield f"{place} {name}"


def examples(document: Document) -> Iterator[str]:
    """Give every example that is not as its schema says."""
    for place, value, schema in (*_examples(document), *_in_schemas(document)):
        whole = {**document, "allOf": [schema]}  # so that its references begin at the document
        if not Draft202012Validator(whole, format_checker=_FORMATS).is_valid(value):
            yield place


def _in_schemas(value: object, place: str = "") -> Iterator[tuple[str, object, Document]]:
    if isinstance(value, list):
        for number, child in enumerate(value):
            yield from _in_schemas(child, f"{place}/{number}")
    if isinstance(value, dict):
        if isinstance(value.get("type"), str | list):
            given = [value[name] for name in ("default", "example") if name in value]
            for example in (*given, *value.get("examples", ())):
                yield place, example, value
        for name, child in value.items():
            yield from _in_schemas(child, f"{place}/{name}")


def _examples(document: Document) -> Iterator[tuple[str, object, Document]]:
    for operation in operations(document):
        body = resolved(document, operation.content.get("requestBody", {}))
        yield from _of(document, f"{operation} body", body.get("content", {}))
        for status, answer in answers(document, operation):
            yield from _of(document, f"{operation} {status}", answer.get("content", {}))
        for parameter in parameters(document, operation):
            place = f"{operation} {parameter['name']}"
            yield from _of(document, place, {parameter["in"]: parameter})


def _of(
    document: Document, place: str, content: Document
) -> Iterator[tuple[str, object, Document]]:
    for kind, described in content.items():
        schema = described.get("schema", {})
        if "example" in described:
            yield f"{place} {kind}", described["example"], schema
        for name, example in described.get("examples", {}).items():
            given = resolved(document, example)
            if "value" in given:
                yield f"{place} {kind} {name}", given["value"], schema


def _formats(document: Document, schema: Document) -> Iterator[str]:
    schema = resolved(document, schema)
    if "format" in schema:
        yield schema["format"]
        return
    for name in ("anyOf", "oneOf", "allOf"):
        for child in schema.get(name, ()):
            yield from _formats(document, child)
    if isinstance(items := schema.get("items"), dict):
        yield from _formats(document, items)
