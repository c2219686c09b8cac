"""``/console/overzicht``: how much happened on each day, what, how it ended, and who did most."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.console.page import render, signed_in
from exchange.console.views.overview import PATH, SPANS, USUAL_SPAN, overview_page
from exchange.console.views.spans import chosen_span
from exchange.pipeline.log_overview import overview


async def show(request: Request) -> Response:
    """Show the last days."""
    visitor = await signed_in(request)
    gateway, days = visitor.gateway, chosen_span(request.query_params, SPANS, USUAL_SPAN)
    counted = await overview(visitor.onlooker, days, gateway)
    page = overview_page(counted, gateway.sealing_lag(), days)
    return render(request, "pages/overzicht.html", "Overzicht", page=page)


ROUTES = [Route(PATH, show)]
