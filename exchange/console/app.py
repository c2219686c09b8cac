"""The console as one application under ``/console``; it is mounted beside the API."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exchange.console import statics
from exchange.console.cookies import SESSION, drop_cookie
from exchange.console.desk import Desk
from exchange.console.page import render, signed_in
from exchange.console.pages import all_routes
from exchange.console.policy import HEADERS
from exchange.console.refusals import (
    FAULT,
    RETRY_AFTER_SECONDS,
    Refusal,
    refusal_of,
    refusal_with,
)
from exchange.console.return_path import sign_in_path
from exchange.errors import Code, ExchangeError, Fault


def build_console(desk: Desk) -> ASGIApp:
    """Give the console for one listener."""
    routes = [*statics.ROUTES, *all_routes()]
    app = Starlette(
        routes=[_named(route) for route in routes],
        exception_handlers={
            ExchangeError: _refused,
            HTTPException: _not_served,
            Exception: _unforeseen,
        },
    )
    app.router.redirect_slashes = False
    app.state.desk = desk
    app.state.paths = frozenset(route.path for route in routes)
    return _Frame(app)


class _Frame:
    """Puts the headers of the console on every answer, and the route's name on the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message.get("headers", ())))
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                message = {**message, "headers": headers.raw}
            await send(message)

        await self._app(scope, receive, framed)


def _named(route: Route) -> Route:
    """Have the metrics count a page under its template: an address may hold an id or a secret."""
    fresh = Route(route.path, route.endpoint, methods=route.methods)
    page = fresh.app

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["route"] = route.path
        await page(scope, receive, send)

    fresh.app = app
    return fresh


async def _refused(request: Request, error: Exception) -> Response:
    """Answer an error of ours; who is not signed in goes to sign in, and then to what he asked.

    A fault is raised on: the edge around us answers it as an error nobody foresaw, and reports it.
    """
    if isinstance(error, Fault) or not isinstance(error, ExchangeError):
        raise error
    if error.code is Code.NIET_AANGEMELD:
        return _to_sign_in(request)
    return _page(request, refusal_of(error))


def _to_sign_in(request: Request) -> Response:
    headers = request.headers
    if "hx-request" in headers:
        path = _came_from(headers.get("hx-current-url", ""))
        return Response(status_code=204, headers={"hx-redirect": sign_in_path(path, over=True)})
    if request.method == "POST":
        return _page(request, refusal_of(ExchangeError(Code.NIET_AANGEMELD)))
    query = request.scope["query_string"].decode("latin-1")  # whatever bytes a stranger sends
    asked = request.scope["path"] + (f"?{query}" if query else "")
    over = SESSION in request.cookies
    response = RedirectResponse(sign_in_path(asked, over=over), 303)
    if over:
        drop_cookie(response, SESSION)
    return response


def _came_from(address: str) -> str:
    """Give path and query of a page that htmx says it is on; nothing of what is no address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


async def _not_served(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if "visitor" not in request.scope["state"]:
        with suppress(ExchangeError):
            await signed_in(request)  # so that the page has its menu
    response = _page(request, refusal_with(error.status_code))
    response.headers.update(error.headers or {})
    return response


async def _unforeseen(request: Request, _: Exception) -> Response:
    """Answer 500 in the layout; Starlette raises on, so that the edge reports the error."""
    return _page(request, FAULT)


def _page(request: Request, refusal: Refusal) -> Response:
    response = render(
        request,
        "refusal.html",
        refusal.title,
        status=refusal.status,
        refusal=refusal,
        kenmerk=request.state.trace.trace_id,
    )
    if refusal.status == 503:
        response.headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    return response
