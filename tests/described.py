"""Holds a real answer against the description of the API: what is not described, is an error.

An error names the operation, the status and the place, never what stood there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from exchange.api.edge import SECURITY_HEADERS
from tests.generate import openapi

PROBLEM = "application/problem+json"
_BASE, _ITSELF = "/v1", "/v1/openapi.json"
_EVERYWHERE = {*SECURITY_HEADERS, "content-type", "content-length"} - {"api-version"}
_NOWHERE = {404, 405}
"""What a path or a method that does not exist is answered with."""

_METHOD_NOT_ALLOWED = 405
_NO_BODY = {206, 304}
"""Of these there is no document to check: nothing was given, or some bytes of it."""


@dataclass(frozen=True)
class Answer:
    """What was asked and what came back, as the wire had it."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, response: httpx.Response) -> Answer:
        """Read it off a response of the client."""
        url, method = response.request.url, response.request.method
        return cls(method, url.path, response.status_code, response.headers, response.content)


def require_described(answer: Answer) -> None:
    """Raise ``AssertionError`` unless the document has a place for this answer."""
    if answer.path.startswith(f"{_BASE}/") and answer.path != _ITSELF:
        for fault in faults_of(answer, description()):
            raise AssertionError(f"not as openapi.json says: {fault}")


@cache
def description() -> Description:
    """Give the description of the application as it is, read once."""
    return Description(openapi())


class Description:
    """A document, ready to be asked about many answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Prepare the paths; each schema is prepared when it is first asked for."""
        self._document = document
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", _part, re.escape(path))), path)
            for path in sorted(document["paths"], key=lambda path: path.count("{"))
        ]
        self._validators: dict[str, Draft202012Validator] = {}

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """Give the operation that serves this, if there is one."""
        method = "get" if method == "HEAD" else method.lower()
        for form, name in self._paths:
            operation = self._document["paths"][name].get(method)
            if operation and form.fullmatch(path.removeprefix(_BASE)):
                found: dict[str, Any] = operation
                return found
        return None

    def resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        """Follow a reference to a component."""
        if "$ref" not in value:
            return value
        _, _, kind, name = value["$ref"].split("/")
        found: dict[str, Any] = self._document["components"][kind][name]
        return found

    def fault(self, schema: dict[str, Any], value: object) -> str | None:
        """Give where and by which rule ``value`` is not as ``schema`` says, but not the value."""
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(
                self._inlined(schema), format_checker=Draft202012Validator.FORMAT_CHECKER
            )
        validator = self._validators[key]
        if validator.is_valid(value):
            return None
        error = best_match(validator.iter_errors(value))
        return f"{error.json_path} breaks {error.validator}"

    def _inlined(self, value: Any) -> Any:  # noqa: ANN401  JSON
        """Give a schema with its references followed: none leads back, and it is far quicker."""
        if isinstance(value, list):
            return [self._inlined(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            rest = {name: one for name, one in value.items() if name != "$ref"}
            return self._inlined({**self.resolved(value), **rest})
        return {name: self._inlined(one) for name, one in value.items()}


def faults_of(answer: Answer, description: Description) -> Iterator[str]:
    """Give all that is wrong with an answer, by operation, status and place."""
    operation = description.operation(answer.method, answer.path)
    if operation is None or answer.status == _METHOD_NOT_ALLOWED:
        if answer.status not in _NOWHERE or answer.headers.get("content-type") != PROBLEM:
            yield f"{answer.method} is no operation on this path, and gave {answer.status}"
        return
    place = f"{operation['operationId']} {answer.status}"
    if str(answer.status) not in operation["responses"]:
        yield f"{place}: status not described"
        return
    described = description.resolved(operation["responses"][str(answer.status)])
    for fault in (
        *_headers(answer, described, description),
        *_content(answer, described, description),
    ):
        yield f"{place}: {fault}"


def _headers(answer: Answer, described: dict[str, Any], description: Description) -> Iterator[str]:
    known = {
        name.lower(): description.resolved(header)
        for name, header in described.get("headers", {}).items()
    }
    for name, header in known.items():
        if header.get("required") and name not in answer.headers:
            yield f"header {name} is missing"
        elif name in answer.headers and description.fault(header["schema"], answer.headers[name]):
            yield f"header {name} is not as described"
    for name in {name.lower() for name in answer.headers} - _EVERYWHERE - set(known):
        yield f"header {name} not described"


def _content(answer: Answer, described: dict[str, Any], description: Description) -> Iterator[str]:
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    content = described.get("content", {})
    if media_type not in content and (media_type or content):
        yield f"media type {media_type} not described"
        return
    if answer.method == "HEAD" or answer.status in _NO_BODY or not media_type.endswith("json"):
        return
    document = json.loads(answer.body)
    if fault := description.fault(content[media_type]["schema"], document):
        yield fault
    elif media_type == PROBLEM:
        yield from _code(answer, document, content[PROBLEM], description)


def _code(
    answer: Answer, problem: dict[str, Any], content: dict[str, Any], description: Description
) -> Iterator[str]:
    """A problem is one of those that are told as examples."""
    if problem["status"] != answer.status:
        yield "status of the problem is another"
    examples = (description.resolved(one)["value"] for one in content["examples"].values())
    if problem["code"] not in {one["code"] for one in examples}:
        yield f"code {problem['code']} not described"


def _part(name: re.Match[str]) -> str:
    return ".+" if name[0] == r"\{tegel\}" else "[^/]+"
