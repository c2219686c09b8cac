"""``/console/link/...``: signs in with a one-time link, in the trial only."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.console.desk import desk_of
from exchange.console.entering import let_in
from exchange.console.navigation import HOME
from exchange.console.page import render
from exchange.errors import Code, Refused
from exchange.pipeline.sign_in import sign_in_by_link


async def enter(request: Request) -> Response:
    """Open a session; a look ahead (HEAD, prefetch) does not use the link up."""
    if request.state.head or "sec-purpose" in request.headers:
        return Response(status_code=204)
    desk = desk_of(request)
    desk.attempts.take(request)
    try:
        secret = await sign_in_by_link(
            request.path_params["secret"], request.state.trace, desk.gateway
        )
    except Refused as error:
        if error.code is not Code.GEEN_RECHT:
            raise
        return render(request, "link_used.html", "Deze link werkt niet meer", status=403)
    return await let_in(request, secret, HOME)


ROUTES = [Route("/console/link/{secret}", enter)]
