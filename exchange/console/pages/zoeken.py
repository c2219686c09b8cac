"""``/console/zoeken``: search the log by time, organisation, act, activity, message or outcome.

A form is sent in a POST and then stands in the address, but for what was refused: a pupil's number
that was typed in the wrong field ends there.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from exchange.console.asking import asked_by, question_of
from exchange.console.page import read_form, render, require_csrf, signed_in
from exchange.console.views.search import ALL, NOTHING_ASKED, PATH, WRONG, Found, address, found
from exchange.console.views.search_form import Asked
from exchange.errors import Code, Refused
from exchange.pipeline.logregels import zoek
from exchange.storage.cursors import decode

_LIMIT = 50


async def show(request: Request) -> Response:
    """Show the form, and what the address asks for."""
    visitor = await signed_in(request)
    given = request.query_params
    asked = asked_by(given, visitor)
    if asked.is_wrong:
        return _page(request, asked, WRONG, status=400)
    if not asked.answers and ALL not in given:
        return _page(request, asked, NOTHING_ASKED)
    cursor = _cursor(given.get("cursor"))
    page = await zoek(visitor.onlooker, question_of(asked), cursor, _LIMIT, visitor.gateway)
    return _page(request, asked, found(asked, page, cursor))


async def ask(request: Request) -> Response:
    """Read the form; lead on to its answers, or show it again with what is wrong."""
    visitor = await signed_in(request)
    form = await read_form(request)
    require_csrf(request, form)
    asked = asked_by(form, visitor)
    if asked.is_wrong:
        return _page(request, asked, WRONG, status=400)
    return RedirectResponse(address(asked), 303)


def _page(request: Request, asked: Asked, answer: Found, status: int = 200) -> Response:
    return render(
        request,
        "pages/zoeken.html",
        "Zoeken in het logboek",
        status=status,
        form=asked,
        found=answer,
        swapped="hx-request" in request.headers,
    )


def _cursor(text: str | None) -> str | None:
    """Give a cursor of ours; any other leads nowhere."""
    if text is not None:
        try:
            decode(text)
        except ValueError:
            raise Refused(Code.NIET_GEVONDEN) from None
    return text


ROUTES = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, ask, methods=["POST"]),
]
