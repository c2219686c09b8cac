"""Ways to break an OpenAPI document, each in one place."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from tests.adr.walk import Document, Operation, operations, references, resolved

Change = Callable[[Document], None]


def reduced(document: Document) -> Document:
    """Give a part of the document with an operation of every kind: it is read much faster."""
    copy = deepcopy(document)
    copy["paths"] = {path: copy["paths"][path] for path in _KEPT}
    for operation in operations(copy):
        given = operation.content["responses"]
        operation.content["responses"] = {
            status: given[status] for status in given if status < "300" or status == "400"
        }
    parts = copy.pop("components")
    kept: Document = {"schemas": {}, "securitySchemes": parts.get("securitySchemes", {})}
    waiting, met = set(references(copy)), set[str]()
    while waiting:
        reference = waiting.pop()
        kind, name = reference.split("/")[2:]
        kept.setdefault(kind, {})[name] = parts[kind][name]
        met.add(reference)
        waiting |= set(references(parts[kind][name])) - met
    return {**copy, "components": kept}


_KEPT = ("/berichten", "/berichten/{berichtId}", "/berichten/{berichtId}/bevestigingen", "/sleutel")


def first(document: Document, method: str, *having: str) -> Operation:
    return next(
        one
        for one in operations(document)
        if one.method == method and all(one.content.get(name) for name in having)
    )


def ok(document: Document, method: str = "get") -> Document:
    """Give an answer of its own to change, to the first operation of a method."""
    responses = first(document, method)[2]["responses"]
    status = next(name for name in responses if name.startswith("2"))
    responses[status] = {
        "description": "Gelukt.",
        "headers": {"API-Version": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": {"type": "object"}, "example": {}}},
    }
    found: Document = responses[status]
    return found


def refused(document: Document, status: str = "404") -> Document:
    """Give a refusal of its own to change, to the first operation."""
    found: Document = {
        "description": "Geweigerd.",
        "headers": {"API-Version": {"schema": {"type": "string"}}},
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "required": ["status", "title", "detail"],
                    "properties": {
                        "status": {"type": "integer"},
                        "title": {"type": "string"},
                        "detail": {"type": "string"},
                    },
                }
            }
        },
    }
    first(document, "get")[2]["responses"][status] = found
    return found


def moved(path: str) -> Change:
    """Move the first path without parameters to another one."""

    def change(document: Document) -> None:
        old = next(name for name in document["paths"] if "{" not in name)
        document["paths"][path] = document["paths"].pop(old)

    return change


def asked(name: str, **described: object) -> Change:
    """Have the first operation that has parameters ask one more."""

    def change(document: Document) -> None:
        wanted = {"in": "query", "name": name, "schema": {"type": "string"}, **described}
        first(document, "get", "parameters").content["parameters"].append(wanted)

    return change


def member(name: str, **schema: object) -> Change:
    """Describe one more member in an answer."""

    def change(document: Document) -> None:
        described = {"type": "object", "properties": {name: schema or {"type": "string"}}}
        ok(document)["content"]["application/json"]["schema"] = described

    return change


def info(name: str, value: object) -> Change:
    def change(document: Document) -> None:
        document["info"][name] = value

    return change


def server(url: str, **variables: Document) -> Change:
    def change(document: Document) -> None:
        document["servers"] = [{"url": url, **({"variables": variables} if variables else {})}]

    return change


def without_servers(document: Document) -> None:
    document["servers"] = []


def openapi(version: str) -> Change:
    def change(document: Document) -> None:
        document["openapi"] = version

    return change


def no_openapi(document: Document) -> None:
    del document["openapi"]


def answer_without_words(document: Document) -> None:
    del ok(document)["description"]


def without_contact(document: Document) -> None:
    del document["info"]["contact"]


def half_a_contact(document: Document) -> None:
    del document["info"]["contact"]["email"]


def trace(document: Document) -> None:
    operation = first(document, "get")
    content = {**operation.content, "operationId": "traceIt"}
    document["paths"][operation.path]["trace"] = content


def remote_reference(document: Document) -> None:
    schema = {"$ref": "https://127.0.0.1:1/schema.json"}
    document["components"]["schemas"]["Elders"] = schema


def lost_reference(document: Document) -> None:
    lost = {"schema": {"$ref": "#/components/schemas/Verdwenen"}}
    ok(document)["content"]["application/json"] = lost


def without_400(document: Document) -> None:
    del first(document, "post").content["responses"]["400"]


def without_400_on_a_get(document: Document) -> None:
    del first(document, "get", "parameters").content["responses"]["400"]


def with_422(document: Document) -> None:
    refused(document, "422")


def without_version(document: Document) -> None:
    ok(document)["headers"] = {"ETag": {"schema": {"type": "string"}}}


def without_headers(document: Document) -> None:
    del ok(document)["headers"]


def refusal_without_version(document: Document) -> None:
    refused(document)["headers"] = {"Retry-After": {"schema": {"type": "string"}}}


def fault_without_version(document: Document) -> None:
    del refused(document, "500")["headers"]


def plain_json_refusal(document: Document) -> None:
    content = refused(document)["content"]
    content["application/json"] = content.pop("application/problem+json")


def html_beside_the_problem(document: Document) -> None:
    refused(document)["content"]["text/html"] = {"schema": {"type": "string"}}


def problem_without_detail(document: Document) -> None:
    schema = refused(document)["content"]["application/problem+json"]["schema"]
    del schema["properties"]["detail"]


def problem_with_free_detail(document: Document) -> None:
    schema = refused(document)["content"]["application/problem+json"]["schema"]
    schema["required"] = ["status", "title"]


def snake_schema(document: Document) -> None:
    document["components"]["schemas"]["een_schema"] = {"type": "object"}


def twin(document: Document) -> None:
    first, second, *_ = operations(document)
    second.content["operationId"] = first.content["operationId"]


def twin_tags(document: Document) -> None:
    document["tags"] = [{"name": "Scholen"}, {"name": "Scholen"}]


def unnamed_path_parameter(document: Document) -> None:
    operation = next(one for one in operations(document) if "{" in one.path)
    given = operation.content["parameters"]
    rest = [p for p in given if resolved(document, p)["in"] != "path"]
    operation.content["parameters"] = rest


def false_example(document: Document) -> None:
    described = ok(document)["content"]["application/json"]
    described["schema"] = {"type": "object", "required": ["minuten"]}


def in_a_schema(**described: object) -> Change:
    def change(document: Document) -> None:
        document["components"]["schemas"]["Dag"] = {"type": "string", **described}

    return change


def secret_scheme(document: Document) -> None:
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes["sleutelInAdres"] = {"type": "apiKey", "in": "query", "name": "sleutel"}
