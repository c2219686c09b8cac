"""The Dutch words of the document: about the API, its tags, headers, parameters and statuses."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_TEXTS = tomllib.loads(files("exchange.api.openapi").joinpath("texts.toml").read_text("utf-8"))

INFO: Mapping[str, Any] = _TEXTS["info"]
SERVERS: list[dict[str, Any]] = _TEXTS["servers"]
TAGS: list[dict[str, Any]] = _TEXTS["tags"]
STATUSES: Mapping[str, str] = _TEXTS["statuses"]
SECURITY: Mapping[str, Any] = _TEXTS["securitySchemes"]
PARAMETERS: Mapping[str, dict[str, Any]] = _TEXTS["parameters"]
HEADERS: Mapping[str, dict[str, Any]] = _TEXTS["headers"]


def header(name: str) -> dict[str, str]:
    """Refer to the description of a header, which stands once in the document."""
    if name not in HEADERS:
        raise KeyError(name)
    return {"$ref": f"#/components/headers/{name}"}
