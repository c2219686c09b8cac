"""``/console/overzicht``: how much happened on each day, what, how it ended, and who did most."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.console.page import render, signed_in
from exchange.console.views.overview import PATH, SPANS, USUAL_SPAN, State, overview_page
from exchange.console.views.spans import chosen_span
from exchange.pipeline.findings import findings
from exchange.pipeline.log_overview import overview


async def show(request: Request) -> Response:
    """Show the last days."""
    visitor = await signed_in(request)
    gateway, days = visitor.gateway, chosen_span(request.query_params, SPANS, USUAL_SPAN)
    counted = await overview(visitor.onlooker, days, gateway)
    found = await findings(visitor.onlooker, USUAL_SPAN, gateway)
    waiting = sum(one.review is None for one in found)
    state = State(gateway.sealing_lag(), waiting, USUAL_SPAN)
    page = overview_page(counted, state, days)
    return render(request, "pages/overzicht.html", "Overzicht", page=page)


ROUTES = [Route(PATH, show)]
