"""``/console``: who is signed in, what is in scope, and where to go."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.console.navigation import HOME
from exchange.console.page import render, signed_in
from exchange.console.scope import roles_of, scope_of


async def start(request: Request) -> Response:
    """Show the start page."""
    visitor = await signed_in(request)
    return render(
        request,
        "start.html",
        "Toezicht op de verwerking",
        scope=scope_of(visitor),
        roles=roles_of(visitor),
    )


ROUTES = [Route(HOME, start)]
