"""``/console/bevindingen``: what stood out, by which rule, and the officer's decision about it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from exchange.console.page import read_form, render, require_csrf, signed_in
from exchange.console.views.findings import PATH, SPANS, FindingsPage, findings_page
from exchange.console.views.spans import chosen_span
from exchange.pipeline.findings import DAYS, ReviewOutcome, findings, review


async def show(request: Request) -> Response:
    """Give the findings of the last days."""
    visitor = await signed_in(request)
    days = chosen_span(request.query_params, SPANS, DAYS)
    found = await findings(visitor.onlooker, days, visitor.gateway)
    told = "vastgelegd" in request.query_params
    return _page(request, findings_page(found, days, told=told))


async def decide(request: Request) -> Response:
    """Keep a decision, and show the findings again; without one, say so at its form."""
    visitor = await signed_in(request)
    form = await read_form(request)
    require_csrf(request, form)
    days, key = chosen_span(form, SPANS, DAYS), form.get("bevinding", "")
    outcome = _outcome(form.get("oordeel", ""))
    if outcome is None:
        found = await findings(visitor.onlooker, days, visitor.gateway)
        return _page(request, findings_page(found, days, unanswered=key), status=400)
    await review(visitor.onlooker, key, outcome, visitor.gateway, days=days)
    return RedirectResponse(f"{PATH}?dagen={days}&vastgelegd", 303)


def _outcome(text: str) -> ReviewOutcome | None:
    try:
        return ReviewOutcome(text)
    except ValueError:
        return None


def _page(request: Request, page: FindingsPage, status: int = 200) -> Response:
    return render(request, "pages/bevindingen.html", "Bevindingen", status=status, page=page)


ROUTES = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, decide, methods=["POST"]),
]
