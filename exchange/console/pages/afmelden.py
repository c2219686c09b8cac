"""``/console/afmelden``: ends a session for good."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from exchange.console.cookies import SESSION, drop_cookie
from exchange.console.navigation import SIGN_IN
from exchange.console.page import read_form, require_csrf, signed_in
from exchange.pipeline.sign_in import sign_out


async def leave(request: Request) -> Response:
    """End the session and have the browser forget it, with what it kept of the pages."""
    visitor = await signed_in(request)
    require_csrf(request, await read_form(request))
    await sign_out(request.cookies[SESSION], visitor.onlooker, visitor.gateway)
    response = RedirectResponse(f"{SIGN_IN}?sessie=afgemeld", 303)
    response.headers["clear-site-data"] = '"cache", "storage"'
    drop_cookie(response, SESSION)
    return response


ROUTES = [Route("/console/afmelden", leave, methods=["POST"])]
