"""Style and script from the package, under names that change with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_NAMES = ("tokens.css", "console.css", "pages.css", "htmx.min.js")
_FOREVER = "public, max-age=31536000, immutable"
_HASH_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Static:
    """One file and the name under which it is served."""

    name: str
    content: bytes
    media_type: str


def _read(name: str) -> Static:
    content = files("exchange.console").joinpath("static", name).read_bytes()
    stem, _, ending = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]
    return Static(f"{stem}.{digest}.{ending}", content, _TYPES[ending])


STATICS: Mapping[str, Static] = MappingProxyType({name: _read(name) for name in _NAMES})
_SERVED = {static.name: static for static in STATICS.values()}


def address(name: str) -> str:
    """Give the address of a file, for a template."""
    return f"/console/static/{STATICS[name].name}"


async def _serve(request: Request) -> Response:
    static = _SERVED.get(request.path_params["name"])
    if static is None:
        raise HTTPException(404)
    return Response(
        static.content, headers={"cache-control": _FOREVER}, media_type=static.media_type
    )


ROUTES = [Route("/console/static/{name}", _serve)]
