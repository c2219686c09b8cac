"""``/console/aanmelden``: where signing in starts, leaves for the provider, and comes back."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from exchange.console.cookies import SIGN_IN as UNDER_WAY
from exchange.console.cookies import drop_cookie, put_cookie
from exchange.console.desk import desk_of
from exchange.console.entering import let_in
from exchange.console.navigation import RETURN, SIGN_IN
from exchange.console.page import render
from exchange.console.return_path import safe_path
from exchange.errors import Code, Refused
from exchange.pipeline.sign_in import NoAccount
from exchange.pipeline.sign_in_trip import TRIP_TERM, arrive, depart
from exchange.policy.necessity import Mode
from exchange.ports import SignInProvider

_NOTICES = {
    "voorbij": "Uw sessie is voorbij. Meld u opnieuw aan.",
    "afgemeld": "U bent afgemeld.",
}


async def show(request: Request) -> Response:
    """Show how to sign in."""
    asked, desk = request.query_params, desk_of(request)
    return render(
        request,
        "aanmelden.html",
        "Aanmelden",
        naar=safe_path(asked.get("naar", "")),
        notice=_NOTICES.get(asked.get("sessie", "")),
        by_provider=desk.provider is not None,
        by_link=desk.gateway.mode is Mode.TRIAL,
    )


async def leave(request: Request) -> Response:
    """Send the browser to the provider; only a link on a page of ours begins that."""
    provider = _provider(request)
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return RedirectResponse(SIGN_IN, 303)
    desk = desk_of(request)
    desk.attempts.take(request)
    departure = await depart(
        safe_path(request.query_params.get("naar", "")), provider, desk.gateway
    )
    response = RedirectResponse(departure.address, 303)
    put_cookie(response, UNDER_WAY, departure.state, int(TRIP_TERM.total_seconds()))
    return response


async def come_back(request: Request) -> Response:
    """Sign in who comes back to the browser that left; the address bar is cleared at once."""
    provider, desk = _provider(request), desk_of(request)
    desk.attempts.take(request)
    try:
        state = _own_state(request)
        code = request.query_params.get("code")
        arrival = await arrive(state, code, provider, request.state.trace, desk.gateway)
    except NoAccount as error:
        return _turned_away(request, "geen_account.html", "U heeft geen toegang", error)
    except Refused as error:
        return _turned_away(request, "aanmelden_mislukt.html", "Aanmelden is niet gelukt", error)
    return await let_in(request, arrival.secret, arrival.page)


def _provider(request: Request) -> SignInProvider:
    if (provider := desk_of(request).provider) is None:
        raise Refused(Code.NIET_GEVONDEN)
    return provider


def _own_state(request: Request) -> str:
    """Give the ``state`` of a sign-in that this very browser began."""
    state, kept = request.query_params.get("state", ""), request.cookies.get(UNDER_WAY, "")
    if not kept or not hmac.compare_digest(state.encode(), kept.encode()):
        raise Refused(Code.GEEN_RECHT, rule="andere-browser")
    return state


def _turned_away(request: Request, template: str, title: str, error: Refused) -> Response:
    if error.code is not Code.GEEN_RECHT:
        raise error
    identity = error.identity if isinstance(error, NoAccount) else None
    response = render(request, template, title, status=403, identity=identity)
    drop_cookie(response, UNDER_WAY)
    return response


ROUTES = [
    Route(SIGN_IN, show),
    Route(f"{SIGN_IN}/begin", leave),
    Route(RETURN, come_back),
]
