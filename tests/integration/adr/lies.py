"""A description that lies: each operation in it says something else than the gateway does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from types import MappingProxyType

from tests.adr.walk import Document

Lie = Callable[[Document], None]
"""Changes one path item."""


def _answer(item: Document, status: str = "200") -> Document:
    found: Document = item["get"]["responses"][status]
    return found


def _other_members(item: Document) -> None:
    schema = {"type": "object", "required": ["nergens"]}
    _answer(item)["content"] = {"application/json": {"schema": schema}}


def _other_type(item: Document) -> None:
    _answer(item)["content"] = {"text/csv": {"schema": {"type": "string"}}}


def _other_header(item: Document) -> None:
    header = {"required": True, "schema": {"type": "string"}}
    _answer(item)["headers"] = {"X-Nergens": header}


def _other_status(item: Document) -> None:
    item["get"]["responses"] = {"204": {"description": "Niets."}}


def _ignored_rule(item: Document) -> None:
    schema = {"type": "integer", "minimum": 1, "maximum": 9}
    wanted = {"in": "query", "name": "aantal", "required": True, "schema": schema}
    item["get"]["parameters"] = [wanted]


def _untold_method(item: Document) -> None:
    del item["put"]


_PUT = "/vestigingen/{vestigingscode}/verzuimbeleid"

LIES: Mapping[str, tuple[str, Lie]] = MappingProxyType(
    {
        "/sleutels": ("JsonSchemaError", _other_members),
        "/codelijsten": ("UndefinedContentType", _other_type),
        "/noodzaak": ("MissingHeaders", _other_header),
        "/logboek/checkpoint": ("UndefinedStatusCode", _other_status),
        "/verwerkingsactiviteiten": ("AcceptedNegativeData", _ignored_rule),
        "/vestigingen/{vestigingscode}/verzuimbeleid": (
            "UnsupportedMethodResponse",
            _untold_method,
        ),
    }
)
"""By path what Schemathesis must call it."""


def lying(document: Document) -> Document:
    """Give the description with every lie in it, and with nothing else."""
    copy = deepcopy(document)
    copy["paths"] = {path: copy["paths"][path] for path in LIES}
    for path, (_, lie) in LIES.items():
        lie(copy["paths"][path])
    return copy
