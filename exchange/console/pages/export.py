"""``/console/export``: take records along as a signed file, and see what was taken along before."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.accountability.record import Action
from exchange.console.asking import asked_by, question_of
from exchange.console.downloads import download
from exchange.console.export_file import export_file
from exchange.console.page import Visitor, read_form, render, require_csrf, signed_in
from exchange.console.views.search import exports_table
from exchange.console.views.search_form import Asked
from exchange.pipeline.log_extract import export
from exchange.pipeline.logregels import Vraag, zoek

_PATH = "/console/export"
_SHOWN = 20


async def show(request: Request) -> Response:
    """Show the form, and the latest exports."""
    visitor = await signed_in(request)
    asked = asked_by(request.query_params, visitor)
    return await _page(request, visitor, asked, status=400 if asked.is_wrong else 200)


async def take(request: Request) -> Response:
    """Give the file; taking it along is a record, written before its first byte leaves."""
    visitor = await signed_in(request)
    form = await read_form(request)
    require_csrf(request, form)
    asked = asked_by(form, visitor)
    if asked.is_wrong:
        return await _page(request, visitor, asked, status=400)
    taken = await export(visitor.onlooker, question_of(asked), visitor.gateway)
    content = export_file(taken, visitor.gateway.clock.now())
    return download(content, "logregels.zip", "application/zip")


async def _page(request: Request, visitor: Visitor, asked: Asked, status: int) -> Response:
    earlier = Vraag(action=Action.LOGREGELS_UITGEVOERD.value)
    found = await zoek(visitor.onlooker, earlier, None, _SHOWN, visitor.gateway)
    return render(
        request,
        "pages/export.html",
        "Logregels meenemen",
        status=status,
        form=asked,
        earlier=exports_table(found.items),
    )


ROUTES = [
    Route(_PATH, show, methods=["GET"]),
    Route(_PATH, take, methods=["POST"]),
]
