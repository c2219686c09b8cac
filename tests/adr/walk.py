"""Ways through an OpenAPI document: its operations, parameters, answers and properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

Document: TypeAlias = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch")
"""What the rules let an operation be; HEAD comes with GET and is described nowhere."""


class Operation(NamedTuple):
    """One method on one path."""

    path: str
    method: str
    content: Document

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(document: Document) -> Iterator[Operation]:
    """Give every operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(path, method, item[method])


def parameters(document: Document, operation: Operation) -> Iterator[Document]:
    """Give the parameters of an operation, those of its path included."""
    shared = document["paths"][operation.path].get("parameters", [])
    for parameter in (*shared, *operation.content.get("parameters", [])):
        yield resolved(document, parameter)


def answers(document: Document, operation: Operation) -> Iterator[tuple[str, Document]]:
    """Give the answers of an operation, by status."""
    for status, answer in operation.content["responses"].items():
        yield str(status), resolved(document, answer)


def properties(value: object, place: str = "") -> Iterator[tuple[str, str, Document]]:
    """Give every property that a schema in ``value`` describes: where, its name, its schema."""
    if isinstance(value, list):
        for number, child in enumerate(value):
            yield from properties(child, f"{place}/{number}")
    if not isinstance(value, dict):
        return
    for name, child in value.items():
        if name in {"example", "examples", "default", "const", "enum"}:
            continue  # a value, not its description
        if name == "properties" and isinstance(child, dict):
            for member, schema in child.items():
                yield place, member, schema
        yield from properties(child, f"{place}/{name}")


def references(value: object) -> Iterator[str]:
    """Give every ``$ref`` in ``value``."""
    if isinstance(value, list):
        for child in value:
            yield from references(child)
    if isinstance(value, dict):
        if isinstance(found := value.get("$ref"), str):
            yield found
        for child in value.values():
            yield from references(child)


def resolved(document: Document, value: Document) -> Document:
    """Follow the references of ``value`` to the end; raises ``KeyError`` when one leads nowhere."""
    while isinstance(value.get("$ref"), str):
        target: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[unquote(part).replace("~1", "/").replace("~0", "~")]
        value = target
    return value
