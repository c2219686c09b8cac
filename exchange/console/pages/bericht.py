"""``/console/berichten/...``: the chain of custody of one message, and the file that proves it."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.console.downloads import download
from exchange.console.ids import id_of
from exchange.console.page import read_form, render, require_csrf, signed_in
from exchange.console.views.message import message_page
from exchange.pipeline.custody import custody, custody_bundle

_PATH = "/console/berichten/{bericht_id}"


async def show(request: Request) -> Response:
    """Show everything about one message that the visitor may see."""
    visitor = await signed_in(request)
    found = await custody(visitor.onlooker, _bericht_id(request), visitor.gateway)
    page = message_page(found, visitor.gateway.directory())
    return render(request, "pages/bericht.html", "Wat er met een bericht gebeurde", page=page)


async def prove(request: Request) -> Response:
    """Give the file with which anybody verifies this chain; taking it along is logged."""
    visitor = await signed_in(request)
    require_csrf(request, await read_form(request))
    bericht_id = _bericht_id(request)
    content = await custody_bundle(visitor.onlooker, bericht_id, visitor.gateway)
    return download(content, f"bewaarketen-{bericht_id}.json", "application/json")


def _bericht_id(request: Request) -> UUID:
    return id_of(request.path_params["bericht_id"])


ROUTES = [
    Route(_PATH, show, methods=["GET"]),
    Route(f"{_PATH}/bewijs", prove, methods=["POST"]),
]
