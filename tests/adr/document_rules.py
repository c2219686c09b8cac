"""Our own rules for the OpenAPI document: those of the NL API Design Rules 2.2 that it can show.

The official linter knows about half of them, and some of those only in part.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from tests.adr.answer_rules import api_version, bad_input, problem_documents, unprocessable
from tests.adr.schema_rules import date_formats, examples, member_names, schema_names, time_formats
from tests.adr.walk import (
    METHODS,
    Document,
    answers,
    operations,
    parameters,
    references,
    resolved,
)
from tests.adr.words import SINGULAR, VERBS, is_plural

Rule = Callable[[Document], Iterator[str]]
"""Gives every place that breaks it."""

_SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
_SEGMENT = r"[a-z0-9]+(-[a-z0-9]+)*"
_SECRET = re.compile(
    r"pgn|bsn|burgerservice|onderwijsnummer|persoonsgebonden|eck|leerling|geboorte|naam$|email|adres",
    re.IGNORECASE,
)


def findings(document: Document) -> set[tuple[str, str]]:
    """Give every breach of a rule: its name, and where."""
    return {(name, place) for name, rule in RULES.items() for place in rule(document)}


def _openapi_version(document: Document) -> Iterator[str]:
    if not re.fullmatch(r"3\.1\.\d+", document.get("openapi", "")):
        yield "openapi"


def _form(document: Document) -> Iterator[str]:
    if not document["info"].get("title"):
        yield "info.title"
    for operation in operations(document):
        for status, answer in answers(document, operation):
            if not answer.get("description"):
                yield f"{operation} {status}"


def _semver(document: Document) -> Iterator[str]:
    if not re.fullmatch(_SEMVER, document["info"]["version"]):
        yield "info.version"


def _contact(document: Document) -> Iterator[str]:
    contact = document["info"].get("contact", {})
    for name, form in (("name", r".+"), ("url", r"https://.+"), ("email", r"[^@\s]+@[^@\s]+")):
        if not re.fullmatch(form, contact.get(name, "")):
            yield f"info.contact.{name}"


def _servers(document: Document) -> Iterator[str]:
    major = document["info"]["version"].partition(".")[0]
    addresses = [server["url"] for server in document.get("servers", [])]
    for path in document["paths"].values():
        addresses += [server["url"] for server in path.get("servers", [])]
    if not addresses:
        yield "servers"
    for address in addresses:
        if not re.fullmatch(rf"https://[^/\s]+(/[^/\s]+)*/v{major}", address):
            yield address


def _server_variables(document: Document) -> Iterator[str]:
    for server in document.get("servers", []):
        used = re.findall(r"\{(\w+)\}", server["url"])
        declared = server.get("variables", {})
        yield from set(used) ^ set(declared)
        yield from (name for name in declared if not declared[name].get("default"))


def _trailing_slash(document: Document) -> Iterator[str]:
    yield from (path for path in document["paths"] if path.endswith("/"))


def _kebab(document: Document) -> Iterator[str]:
    """An operation may be a last segment that begins with ``_``."""
    form = rf"(/({_SEGMENT}|\{{\w+\}}))*/(_?{_SEGMENT}|\{{\w+\}})/?"
    yield from (path for path in document["paths"] if not re.fullmatch(form, path))


def _nouns(document: Document) -> Iterator[str]:
    """A segment that begins with ``_`` names an operation, so may be a verb."""
    for path in document["paths"]:
        words = {word for part in path.lower().split("/") for word in re.split(r"[-.]", part)}
        if words & VERBS:
            yield path


def _plural(document: Document) -> Iterator[str]:
    for path in document["paths"]:
        for part in re.sub(r"/v\d+/", "/", path.lower()).split("/"):
            name = part.partition(".")[0]
            if re.match(r"[a-z]", name) and not (is_plural(name) or name in SINGULAR):
                yield path


def _version_in_path(document: Document) -> Iterator[str]:
    yield from (path for path in document["paths"] if re.search(r"/v\d+(/|$)", path))


def _methods(document: Document) -> Iterator[str]:
    known = {*METHODS, "parameters", "summary", "description", "servers"}
    for path, item in document["paths"].items():
        yield from (f"{name} {path}" for name in item if name not in known)


def _query_keys(document: Document) -> Iterator[str]:
    for operation in operations(document):
        for parameter in parameters(document, operation):
            if parameter["in"] in {"query", "path"} and not re.fullmatch(
                r"[a-z][a-z\d]*([A-Z][a-z\d]*)*", parameter["name"]
            ):
                yield f"{operation} {parameter['name']}"


def _no_secrets(document: Document) -> Iterator[str]:
    for operation in operations(document):
        for parameter in parameters(document, operation):
            if _SECRET.search(parameter["name"]):
                yield f"{operation} {parameter['name']}"
    for name, scheme in document.get("components", {}).get("securitySchemes", {}).items():
        if scheme.get("in") == "query":
            yield name


def _path_parameters(document: Document) -> Iterator[str]:
    for operation in operations(document):
        found = [p["name"] for p in parameters(document, operation) if p["in"] == "path"]
        if Counter(found) != Counter(re.findall(r"\{(\w+)\}", operation.path)):
            yield str(operation)


def _operation_ids(document: Document) -> Iterator[str]:
    found = Counter(one.content.get("operationId") for one in operations(document))
    yield from (str(name) for name, times in found.items() if times > 1 or not name)


def _tags(document: Document) -> Iterator[str]:
    found = Counter(tag["name"] for tag in document.get("tags", []))
    yield from (name for name, times in found.items() if times > 1)


def _local_references(document: Document) -> Iterator[str]:
    for reference in references(document):
        try:
            resolved(document, {"$ref": reference if reference.startswith("#/") else ""})
        except KeyError:
            yield reference


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "doc-openapi": _openapi_version,
        "form": _form,
        "references-local": _local_references,
        "doc-openapi-contact": _contact,
        "semver": _semver,
        "uri-version": _servers,
        "server-variables": _server_variables,
        "version-once": _version_in_path,
        "no-trailing-slash": _trailing_slash,
        "path-segments-kebab-case": _kebab,
        "naming-resources": _nouns,
        "naming-collections": _plural,
        "http-methods": _methods,
        "query-keys-camel-case": _query_keys,
        "no-sensitive-uris": _no_secrets,
        "path-parameters": _path_parameters,
        "operation-ids": _operation_ids,
        "tags": _tags,
        "version-header": api_version,
        "invalid-input": bad_input,
        "invalid-input-not-422": unprocessable,
        "problem-details": problem_documents,
        "schema-names": schema_names,
        "property-names": member_names,
        "date-format": date_formats,
        "time-format": time_formats,
        "examples": examples,
    }
)
