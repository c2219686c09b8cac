"""The last step of every way in: a fresh session in the browser, and no trace of an older one."""

from __future__ import annotations

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from exchange.console.cookies import SESSION, SIGN_IN, drop_cookie, put_cookie
from exchange.console.desk import desk_of
from exchange.errors import Refused
from exchange.pipeline.sessions import end_session


async def let_in(request: Request, secret: str, page: str) -> Response:
    """Lead on to ``page``, signed in; a session that came along ends (ASVS 5.0, 7.2.4)."""
    if brought := request.cookies.get(SESSION):
        gateway = desk_of(request).gateway
        with suppress(Refused):
            async with gateway.database.transaction() as conn:
                await end_session(conn, brought, gateway)
    response = RedirectResponse(page, 303)
    put_cookie(response, SESSION, secret)
    if SIGN_IN in request.cookies:
        drop_cookie(response, SIGN_IN)
    return response
