"""Finishes the document that FastAPI assembles: names, words, examples, and what is shared once."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from exchange.api.openapi.answers.parts import Probleem
from exchange.api.openapi.example_files import REQUEST, examples_of, message_examples
from exchange.api.openapi.options import JSON, SCHEMAS, schema_of
from exchange.api.openapi.problem_answers import (
    problem_answers,
    problem_example,
    response_name,
)
from exchange.api.openapi.texts import HEADERS, INFO, PARAMETERS, SECURITY, SERVERS, TAGS
from exchange.api.problems import MEDIA_TYPE
from exchange.errors import Code
from exchange.messages.contracts import CONTRACTS

Document = dict[str, Any]
_MESSAGES = {contract.model.__name__: soort for soort, contract in CONTRACTS.items()}
_FIRST_ERROR = "400"
_MOST_NAMES = 4
"""An answer with more codes than this is told at its operation: its name would say nothing."""


def describe(app: FastAPI) -> None:
    """Make ``app.openapi()`` give the finished document, once."""
    generate = app.openapi

    def finished() -> Document:
        document = generate()
        if "tags" not in document:
            _finish(document)
        return document

    app.openapi = finished  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _finish(document: Document) -> None:
    document["info"] |= {name: INFO[name] for name in ("summary", "description")}
    document["info"] |= {"contact": dict(INFO["contact"]), "license": dict(INFO["license"])}
    document["servers"] = SERVERS
    document["security"] = [{name: []} for name in SECURITY]
    shared = _Shared()
    shared.schema("Probleem", schema_of(Probleem))
    for item in document["paths"].values():
        for operation in item.values():
            _finish_operation(operation, shared)
    shared.answer(
        problem_answers(frozenset({Code.METHODE_NIET_TOEGESTAAN}))[405], open_to_all=False
    )
    document["components"] = shared.components()
    document["tags"] = TAGS


def _finish_operation(operation: Document, shared: _Shared) -> None:
    operation["responses"].pop("422", None)
    if parameters := operation.get("parameters"):
        operation["parameters"] = [shared.parameter(_parameter(one)) for one in parameters]
    name, answers = operation["operationId"], operation["responses"]
    open_to_all = "401" not in answers
    if open_to_all:
        operation["security"] = []
    if body := operation.get("requestBody"):
        _fill(body["content"], name, REQUEST, shared)
    for status, answer in answers.items():
        if status >= _FIRST_ERROR:
            answers[status] = shared.answer(answer, open_to_all=open_to_all)
        else:
            _fill(answer.get("content", {}), name, status, shared)
    operation["responses"] = dict(sorted(answers.items()))


def _fill(content: Document, operation: str, part: str, shared: _Shared) -> None:
    """Give what is described its examples, and put its schema where all can refer to it."""
    for media_type, described in content.items():
        model = described["schema"].get("title", "")
        described["schema"] = shared.reference(described["schema"])
        examples = dict(examples_of(operation, part, media_type))
        if part == REQUEST and model in _MESSAGES and media_type == JSON:
            examples |= message_examples(_MESSAGES[model])
        if examples:
            described["examples"] = {
                name: shared.example(key, {"value": value})
                for name, (key, value) in examples.items()
            }


def _parameter(given: Document) -> Document:
    """Give one parameter in the words of ``texts.toml``; what is not sent has no null."""
    name = next(known for known in PARAMETERS if known.lower() == given["name"].lower())
    schema = given["schema"]
    for one in schema.pop("anyOf", ()):
        if one != {"type": "null"}:
            schema = {**one, **schema}
    schema.pop("title", None)
    schema.pop("description", None)
    said = PARAMETERS[name]
    return {**given, "name": name, "schema": schema, **said}


class _Shared:
    """What stands once in the document and is referred to."""

    def __init__(self) -> None:
        self._schemas: Document = {}
        self._answers: Document = {}
        self._examples: Document = {}
        self._parameters: Document = {}

    def reference(self, schema: Document) -> Document:
        """Keep a schema under its name, and the parts of it; one without a name stays in place."""
        for name, part in schema.pop("$defs", {}).items():
            self.schema(name, part)
        if "title" not in schema:
            return schema
        name = schema["title"]
        self.schema(name, schema)
        return {"$ref": f"{SCHEMAS}{name}"}

    def schema(self, name: str, schema: Document) -> None:
        """Keep a schema; two of one name must be the same."""
        for part, described in schema.pop("$defs", {}).items():
            self.schema(part, described)
        if "enum" in schema:  # its docstring, which is for those who read the code
            schema.pop("description", None)
        if self._schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two schemas are called {name}")

    def answer(self, answer: Document, *, open_to_all: bool) -> Document:
        """Keep the answer of an error, unless it is too much one operation's own."""
        names = list(answer["content"][MEDIA_TYPE]["examples"])
        for name in names:
            self.example(name, problem_example(name))
        if len(names) > _MOST_NAMES:
            return answer
        name = response_name(names, open_to_all=open_to_all)
        self._answers[name] = answer
        return {"$ref": f"#/components/responses/{name}"}

    def example(self, name: str, example: Document) -> Document:
        """Keep an example, and refer to it."""
        self._examples[name] = example
        return {"$ref": f"#/components/examples/{name}"}

    def parameter(self, parameter: Document) -> Document:
        """Keep a parameter, and refer to it; the path and the query may each have one of a name."""
        for name in (parameter["name"], f"{parameter['name']}.{parameter['in']}"):
            if self._parameters.setdefault(name, parameter) == parameter:
                return {"$ref": f"#/components/parameters/{name}"}
        return parameter

    def components(self) -> Document:
        """Give everything that was kept, by name."""
        return {
            "schemas": dict(sorted(self._schemas.items())),
            "responses": dict(sorted(self._answers.items())),
            "parameters": dict(sorted(self._parameters.items())),
            "examples": dict(sorted(self._examples.items())),
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        }
