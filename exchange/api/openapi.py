"""The description of the API (OpenAPI 3.1), assembled from the same models that check the input."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Response
from pydantic import TypeAdapter

from exchange.api.problems import MEDIA_TYPE
from exchange.messages.contracts import CONTRACTS
from exchange.messages.soort import Soort

_SERVER = "https://localhost:8443/v1"
_CONTACT = {
    "name": "Verzuim Exchange",
    "url": "https://example.org/verzuim-exchange",
    "email": "verzuim-exchange@example.org",
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "fouten"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "code": {"type": "string"},
        "berichtId": {"type": "string", "format": "uuid"},
        "fouten": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def accepts_message(soort: Soort, summary: str, *, lines: str | None = None) -> dict[str, Any]:
    """Give the route options of a call that takes a message and answers with its receipt.

    ``lines`` is the media type in which the call takes many messages, one on each line.
    """
    options = accepts_body(CONTRACTS[soort].model, summary, status=202)
    if lines is not None:
        described = {"type": "string", "description": "Een registratie per regel."}
        options["openapi_extra"]["requestBody"]["content"][lines] = {"schema": described}
    return options


def accepts_body(model: type[Any], summary: str, *, status: int = 201) -> dict[str, Any]:
    """Give the route options of a call that takes a JSON body of ``model``."""
    options = answers(summary, status=status)
    schema = TypeAdapter(model).json_schema(
        by_alias=True, ref_template="#/components/schemas/{model}"
    )
    options["openapi_extra"] = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}
    }
    return options


def answers(
    summary: str, *, status: int = 200, media_type: str = "application/json"
) -> dict[str, Any]:
    """Give the route options of a call by its answer; every call may answer a problem."""
    return {
        "summary": summary,
        "status_code": status,
        "response_class": Response,  # FastAPI would describe JSON beside every other media type
        "responses": {
            status: {"description": summary, "content": {media_type: {}}},
            "default": {
                "description": "Een probleem; de ingestuurde waarde staat er nooit in.",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Probleem"}}},
            },
        },
    }


def answers_in_forms(summary: str, *media_types: str) -> dict[str, Any]:
    """Give the route options of a call that gives stored bytes, in whole or in part.

    Which of ``media_types`` it gives is for the Accept header to say.
    """
    options = answers(summary)
    content: dict[str, Any] = {media_type: {} for media_type in media_types}
    options["responses"] |= {
        200: {"description": summary, "content": content},
        206: {"description": "Het gevraagde deel (Range).", "content": content},
        304: {"description": "Ongewijzigd: u heeft deze bytes al (If-None-Match)."},
    }
    return options


def describe(app: FastAPI) -> None:
    """Make ``app.openapi()`` give the finished document, once."""
    generate = app.openapi

    def finished() -> dict[str, Any]:
        document = generate()
        if "Probleem" not in document.setdefault("components", {}).setdefault("schemas", {}):
            _finish(document)
        return document

    app.openapi = finished  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _finish(document: dict[str, Any]) -> None:
    document["servers"] = [{"url": _SERVER, "description": "Sandbox"}]
    document["info"]["contact"] = _CONTACT
    schemas = document["components"]["schemas"]
    schemas["Probleem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            schemas.update(body.get("schema", {}).pop("$defs", {}))
