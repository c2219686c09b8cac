"""The options of a route from which its part of the document is made: what comes in, what goes out.

Answers are described, never made or checked with these models: routes build their own bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from exchange.api.openapi.problem_answers import problem_answers
from exchange.api.openapi.refusals import Codes
from exchange.api.openapi.texts import header
from exchange.errors import Code
from exchange.messages.contracts import CONTRACTS
from exchange.messages.soort import Soort

JSON, NDJSON = "application/json", "application/x-ndjson"
SCHEMAS = "#/components/schemas/"
Answers = Mapping[int, Any]
"""By status the model of the answer, a union of models, or a ``Text``."""


@dataclass(frozen=True, slots=True)
class Text:
    """An answer that is not JSON: its media type, and what it is in words."""

    media_type: str
    description: str

    def schema(self) -> dict[str, Any]:
        """Describe it as OpenAPI 3.1 does: a string whose content is of a media type."""
        return {
            "type": "string",
            "contentMediaType": self.media_type,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class Other(Text):
    """An answer that is JSON of a form that others laid down."""

    def schema(self) -> dict[str, Any]:
        """Describe it as an object, and no further."""
        return {"type": "object", "description": self.description}


def accepts_message(
    soort: Soort, summary: str, given: Answers, refusals: Codes, *, lines: Codes = frozenset()
) -> dict[str, Any]:
    """Give the route options of a call that takes a message and answers with its receipt.

    ``lines`` are the codes that are 400 when they are a line's: then it takes many, one on each.
    """
    options = accepts_body(CONTRACTS[soort].model, summary, given, refusals, lines=lines)
    replayed = {"Idempotent-Replayed": header("Idempotent-Replayed")}
    options["responses"][202]["headers"] |= replayed
    if lines:
        content = options["openapi_extra"]["requestBody"]["content"]
        described = "Een registratie per regel: elke regel is een `Verzuimregistratie`."
        content[NDJSON] = {"schema": Text(NDJSON, described).schema()}
        options["openapi_extra"]["parameters"] = [_parameter("Content-Encoding")]
    return options


def accepts_body(
    model: Any,  # noqa: ANN401  a model or a union of models
    summary: str,
    given: Answers,
    refusals: Codes,
    *,
    lines: Codes = frozenset(),
) -> dict[str, Any]:
    """Give the route options of a call that takes a JSON body of ``model``."""
    options = answers(summary, given, refusals, lines=lines)
    content = {JSON: {"schema": schema_of(model)}}
    options["openapi_extra"] = {"requestBody": {"required": True, "content": content}}
    return options


def answers(
    summary: str, given: Answers, refusals: Codes, *, lines: Codes = frozenset()
) -> dict[str, Any]:
    """Give the route options of a call by what it gives, and by the problems it can give."""
    open_to_all = Code.NIET_AANGEMELD not in refusals
    responses: dict[Any, Any] = {
        status: _answer(summary, [shape], open_to_all=open_to_all)
        for status, shape in given.items()
    }
    return {
        "summary": summary,
        "generate_unique_id_function": _named_after_its_function,
        "status_code": max(given),
        "response_class": Response,  # FastAPI would describe JSON beside every other media type
        "responses": responses | problem_answers(refusals, lines),
    }


def answers_in_forms(summary: str, forms: Iterable[Any], refusals: Codes) -> dict[str, Any]:
    """Give the route options of a call that gives stored bytes, in whole or in part.

    Which of ``forms`` it gives is for the Accept header to say.
    """
    forms = tuple(forms)
    options = answers(summary, {200: forms[0]}, refusals)
    stored = {name: header(name) for name in ("ETag", "Accept-Ranges", "Vary")}
    whole = _answer(summary, forms, open_to_all=False)
    whole["headers"] |= stored | {"Content-Disposition": header("Content-Disposition")}
    if any(isinstance(form, Text) and form.media_type == "text/csv" for form in forms):
        whole["headers"] |= {"Link": header("Link")}
    part = {**whole, "description": "Het gevraagde deel (Range)."}
    part["headers"] = whole["headers"] | {"Content-Range": header("Content-Range")}
    part["content"] = {
        media_type: {"schema": Text(media_type, "Een deel van de bytes.").schema()}
        for media_type in whole["content"]
    }
    same = {
        "description": "Ongewijzigd: u heeft deze bytes al (If-None-Match).",
        "headers": _headers(open_to_all=False) | stored,
    }
    options["responses"] |= {200: whole, 206: part, 304: same}
    options["openapi_extra"] = {"parameters": _CONDITIONS}
    return options


def tagged(options: dict[str, Any]) -> dict[str, Any]:
    """Add to the route options that the answer has an entity tag, and that 304 is given for it."""
    tag = {"ETag": header("ETag")}
    options["responses"][200]["headers"] |= tag
    options["responses"][304] = {
        "description": "Ongewijzigd: u heeft deze versie al (If-None-Match).",
        "headers": _headers(open_to_all=True) | tag,
    }
    return options | {"openapi_extra": {"parameters": _CONDITIONS[:1]}}


def schema_of(shape: Any) -> dict[str, Any]:  # noqa: ANN401  a model or a union of models
    """Give the JSON Schema of what ``shape`` describes; its parts stand in ``$defs``."""
    if isinstance(shape, Text):
        return shape.schema()
    return TypeAdapter(shape).json_schema(
        by_alias=True, ref_template=SCHEMAS + "{model}", schema_generator=_InDutch
    )


def _named_after_its_function(route: APIRoute) -> str:
    return to_camel(route.name)


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}


_CONDITIONS = [_parameter(name) for name in ("If-None-Match", "Range", "If-Range")]


def _answer(summary: str, shapes: Iterable[Any], *, open_to_all: bool) -> dict[str, Any]:
    content = {
        shape.media_type if isinstance(shape, Text) else JSON: {"schema": schema_of(shape)}
        for shape in shapes
    }
    headers = _headers(open_to_all=open_to_all)
    return {"description": summary, "headers": headers, "content": content}


def _headers(*, open_to_all: bool) -> dict[str, Any]:
    counted = () if open_to_all else ("RateLimit", "RateLimit-Policy")
    return {name: header(name) for name in ("API-Version", *counted)}


class _InDutch(GenerateJsonSchema):
    """Leaves out the titles that repeat a name, and docstrings of models that are not for outside.

    What an ``Antwoord`` says of itself is in Dutch, as the whole document is.
    """

    def field_title_should_be_set(self, schema: object) -> bool:
        """Say no."""
        return False

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Give it without its docstring."""
        return _undocumented(super().dataclass_schema(schema))

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Say no default of null: a member that may be left out need not take it."""
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def _undocumented(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {name: value for name, value in schema.items() if name != "description"}
