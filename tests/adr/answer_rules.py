"""Rules for what an operation answers: its version header, its 400, its problem documents."""

from __future__ import annotations

from collections.abc import Iterator

from tests.adr.walk import Document, answers, operations, parameters, resolved

_PROBLEM = "application/problem+json"
_MEMBERS = {"status", "title", "detail"}


def api_version(document: Document) -> Iterator[str]:
    """Give every answer, of whatever status, that does not declare ``API-Version``."""
    for operation in operations(document):
        for status, answer in answers(document, operation):
            headers = {name.lower() for name in answer.get("headers", {})}
            if "api-version" not in headers:
                yield f"{operation} {status}"


def bad_input(document: Document) -> Iterator[str]:
    """Give every operation that takes input and does not declare 400."""
    for operation in operations(document):
        takes = any(parameters(document, operation)) or "requestBody" in operation.content
        if takes and "400" not in dict(answers(document, operation)):
            yield str(operation)


def unprocessable(document: Document) -> Iterator[str]:
    """Give every operation that declares 422."""
    for operation in operations(document):
        if "422" in dict(answers(document, operation)):
            yield str(operation)


def problem_documents(document: Document) -> Iterator[str]:
    """Give every error that is no problem document with at least status, title and detail."""
    for operation in operations(document):
        for status, answer in answers(document, operation):
            if status[0] in "12345" and status < "400":
                continue
            content = answer.get("content", {})
            schema = resolved(document, content.get(_PROBLEM, {}).get("schema", {}))
            required = _MEMBERS & set(schema.get("required", ()))
            if set(content) != {_PROBLEM} or required & set(schema["properties"]) != _MEMBERS:
                yield f"{operation} {status}"
