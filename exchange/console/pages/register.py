"""``/console/register``: the register of processing, and each activity in full."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.accountability.register import Register, register
from exchange.console.page import Visitor, render, signed_in
from exchange.console.views.register import activity_page, register_page
from exchange.errors import Code, Refused


async def show_register(request: Request) -> Response:
    """Give what is in force today, what was, and what is announced."""
    visitor = await signed_in(request)
    page = register_page(_register(visitor), visitor.gateway.today())
    return render(request, "pages/register.html", "Register van verwerkingen", page=page)


async def show_activity(request: Request) -> Response:
    """Give one version of one activity."""
    visitor = await signed_in(request)
    name = f"{request.path_params['activiteit']}/{request.path_params['versie']}"
    found = _register(visitor).find(name)
    if found is None:
        raise Refused(Code.NIET_GEVONDEN)
    page = activity_page(found, visitor.gateway.today(), visitor.gateway.law)
    return render(request, "pages/verwerking.html", page.name, page=page)


def _register(visitor: Visitor) -> Register:
    gateway = visitor.gateway
    return register(gateway.necessity, gateway.activities, gateway.mode)


ROUTES = [
    Route("/console/register", show_register),
    Route("/console/register/{activiteit}/{versie}", show_activity),
]
