"""Copies of the document, each broken in one way: what our rules and the linter must notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tests.adr import breaking
from tests.adr.breaking import Change


@dataclass(frozen=True, slots=True)
class Broken:
    """One way to break it: the rule of ours that notices, and the linter's, if that has one."""

    change: Change
    ours: str
    linter: str | None = None


_CASING = "nlgov:query-keys-camel-case"
_VERSION = "nlgov:include-major-version-in-uri"
_KEBAB = "nlgov:paths-kebab-case"

BROKEN: Mapping[str, Broken] = MappingProxyType(
    {
        "no OpenAPI 3": Broken(breaking.openapi("2.0.0"), "doc-openapi", "nlgov:openapi3"),
        "no OpenAPI": Broken(breaking.no_openapi, "doc-openapi", "nlgov:openapi-root-exists"),
        "OpenAPI 3.2": Broken(breaking.openapi("3.2.0"), "doc-openapi"),
        "answer without a description": Broken(
            breaking.answer_without_words, "form", "oas3-schema"
        ),
        "no contact": Broken(breaking.without_contact, "doc-openapi-contact", "info-contact"),
        "half a contact": Broken(
            breaking.half_a_contact, "doc-openapi-contact", "nlgov:info-contact-fields-exist"
        ),
        "version of two parts": Broken(breaking.info("version", "1.0"), "semver", "nlgov:semver"),
        "no server": Broken(breaking.without_servers, "uri-version", "oas3-api-servers"),
        "plain http": Broken(
            breaking.server("http://example.org/v1"), "uri-version", "nlgov:servers-use-https"
        ),
        "relative server": Broken(breaking.server("/v1"), "uri-version", "nlgov:servers-use-https"),
        "server without a version": Broken(
            breaking.server("https://example.org/api"), "uri-version", _VERSION
        ),
        "server of a minor version": Broken(
            breaking.server("https://example.org/v1.2"), "uri-version"
        ),
        "server of another version": Broken(
            breaking.server("https://example.org/v2"), "uri-version"
        ),
        "server variable unknown": Broken(
            breaking.server("https://{host}/v1"), "server-variables", "oas3-server-variables"
        ),
        "version in a path": Broken(breaking.moved("/v1/regels"), "version-once"),
        "slash at the end": Broken(
            breaking.moved("/regels/"), "no-trailing-slash", "path-keys-no-trailing-slash"
        ),
        "camelCase path": Broken(breaking.moved("/oudeRegels"), "path-segments-kebab-case", _KEBAB),
        "file extension": Broken(
            breaking.moved("/regels/oude-regels.csv"), "path-segments-kebab-case"
        ),
        "Dutch verb": Broken(breaking.moved("/regels-ophalen"), "naming-resources"),
        "English verb": Broken(breaking.moved("/get-regels"), "naming-resources"),
        "singular collection": Broken(breaking.moved("/regel"), "naming-collections"),
        "trace": Broken(breaking.trace, "http-methods"),
        "snake query key": Broken(breaking.asked("van_dag"), "query-keys-camel-case", _CASING),
        "PGN asked in the query": Broken(breaking.asked("pgn"), "no-sensitive-uris"),
        "BSN asked in a header": Broken(
            breaking.asked("x-bsn", **{"in": "header"}), "no-sensitive-uris"
        ),
        "key asked in the query": Broken(breaking.secret_scheme, "no-sensitive-uris"),
        "path parameter undeclared": Broken(
            breaking.unnamed_path_parameter, "path-parameters", "path-params"
        ),
        "two of one name": Broken(breaking.twin, "operation-ids", "operation-operationId-unique"),
        "two tags of one name": Broken(breaking.twin_tags, "tags", "openapi-tags-uniqueness"),
        "remote reference": Broken(breaking.remote_reference, "references-local", "invalid-ref"),
        "reference to nothing": Broken(breaking.lost_reference, "references-local", "invalid-ref"),
        "no version on a success": Broken(
            breaking.without_version, "version-header", "nlgov:missing-version-header"
        ),
        "no header at all": Broken(
            breaking.without_headers, "version-header", "nlgov:missing-header"
        ),
        "no version on a refusal": Broken(breaking.refusal_without_version, "version-header"),
        "no version on a fault": Broken(breaking.fault_without_version, "version-header"),
        "no 400": Broken(breaking.without_400, "invalid-input", "nlgov:problem-invalid-input"),
        "no 400 on a GET": Broken(
            breaking.without_400_on_a_get, "invalid-input", "nlgov:problem-invalid-input"
        ),
        "422 beside 400": Broken(breaking.with_422, "invalid-input-not-422"),
        "refusal as plain JSON": Broken(
            breaking.plain_json_refusal, "problem-details", "nlgov:use-problem-schema"
        ),
        "refusal as a page too": Broken(breaking.html_beside_the_problem, "problem-details"),
        "problem without detail": Broken(
            breaking.problem_without_detail, "problem-details", "nlgov:problem-schema-members"
        ),
        "problem that may leave out detail": Broken(
            breaking.problem_with_free_detail, "problem-details"
        ),
        "snake schema": Broken(breaking.snake_schema, "schema-names", "nlgov:schema-camel-case"),
        "snake property": Broken(breaking.member("begin_dag"), "property-names"),
        "datum without a format": Broken(
            breaking.member("datum"), "date-format", "nlgov:specify-format-for-date-and-time"
        ),
        "eindDatum as a moment": Broken(
            breaking.member("eindDatum", type="string", format="date-time"),
            "date-format",
            "nlgov:use-date-instead-of-datetime",
        ),
        "begindatum as a moment": Broken(
            breaking.member("begindatum", type="string", format="date-time"), "date-format"
        ),
        "begindatum without a format": Broken(breaking.member("begindatum"), "date-format"),
        "a moment without a format": Broken(breaking.member("ontvangenOp"), "date-format"),
        "a time of day with a zone": Broken(
            breaking.member("begin", type="string", format="time"),
            "time-format",
            "nlgov:time-without-timezone",
        ),
        "a moment without a zone": Broken(
            breaking.member("begin", type="string", format="date-time-local"),
            "time-format",
            "nlgov:date-time-ensure-timezone",
        ),
        "false example": Broken(breaking.false_example, "examples", "oas3-valid-media-example"),
        "false example in a schema": Broken(
            breaking.in_a_schema(example=5), "examples", "oas3-valid-schema-example"
        ),
        "false examples in a schema": Broken(breaking.in_a_schema(examples=[5]), "examples"),
    }
)
"""What has no ``linter`` is a blind spot of it: only our own rules stand there."""
