"""``/console/regels/...``: one record of the log, and the file that proves its place."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.accountability.authenticity import is_authentic
from exchange.console.downloads import download
from exchange.console.ids import id_of
from exchange.console.page import Visitor, read_form, render, require_csrf, signed_in
from exchange.console.views.entry import entry_page
from exchange.pipeline.logbook import proof_of

_PATH = "/console/regels/{entry}"


async def show(request: Request) -> Response:
    """Show what was hashed."""
    visitor = await signed_in(request)
    bundle, gateway = await _proof(request, visitor), visitor.gateway
    entry, leaf = UUID(bundle["entry"]), base64.b64decode(bundle["blad"])
    unaltered = is_authentic(entry, leaf, gateway.keys)
    page = entry_page(bundle, gateway.directory(), unaltered=unaltered)
    return render(request, "pages/regel.html", page.title, page=page)


async def prove(request: Request) -> Response:
    """Give the proof as a file."""
    visitor = await signed_in(request)
    require_csrf(request, await read_form(request))
    bundle = await _proof(request, visitor)
    content = json.dumps(bundle, ensure_ascii=False, indent=1).encode()
    return download(content, f"logregel-{bundle['entry']}.json", "application/json")


async def _proof(request: Request, visitor: Visitor) -> dict[str, Any]:
    entry = id_of(request.path_params["entry"])
    return await proof_of(visitor.onlooker, entry, visitor.gateway)


ROUTES = [
    Route(_PATH, show, methods=["GET"]),
    Route(f"{_PATH}/bewijs", prove, methods=["POST"]),
]
