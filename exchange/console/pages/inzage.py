"""``/console/inzage``: everything that is still linked to one pupil, from a number typed in a form.

The number comes in the body of a POST and goes nowhere from there: not into an address, not into
the page. An answer is never stored (``no-store``), so that going back asks again.
"""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exchange.console.downloads import download
from exchange.console.page import Visitor, read_form, render, require_csrf, signed_in
from exchange.console.views.inzage import inzage_report
from exchange.console.views.inzage_form import InzageForm, read_inzage_form
from exchange.pipeline.inzage import inzage
from exchange.policy.inspection import inspector

_PATH, _TEMPLATE, _TITLE = "/console/inzage", "pages/inzage.html", "Inzage in één leerling"


async def ask(request: Request) -> Response:
    """Give the empty form."""
    visitor = await signed_in(request)
    _require_right(visitor)
    return render(request, _TEMPLATE, _TITLE, form=InzageForm(), report=None)


async def answer(request: Request) -> Response:
    """Give the report, as a page or as JSON; or the form again with what is wrong."""
    visitor = await signed_in(request)
    given = await read_form(request)
    require_csrf(request, given)
    _require_right(visitor)
    form = read_inzage_form(given, visitor.gateway.mode)
    if form.verzoek is None:
        return render(request, _TEMPLATE, _TITLE, status=400, form=form, report=None)
    found = await inzage(visitor.onlooker, form.verzoek, visitor.gateway)
    if given.get("vorm") == "json":
        content = json.dumps(found.as_json(), ensure_ascii=False, indent=2).encode()
        return download(content, "inzage.json", "application/json")
    at = visitor.gateway.clock.now()
    report = inzage_report(found, form.verzoek.reden, _asker(visitor), at)
    return render(request, _TEMPLATE, _TITLE, form=InzageForm(), report=report)


def _require_right(visitor: Visitor) -> None:
    """Say no before a number is typed, not after; raises ``geen-recht``."""
    gateway = visitor.gateway
    inspector(visitor.onlooker.party, None, gateway.directory(), gateway.today())


def _asker(visitor: Visitor) -> str:
    return f"{visitor.label}, {visitor.onlooker.party.name}"


ROUTES = [
    Route(_PATH, ask, methods=["GET"]),
    Route(_PATH, answer, methods=["POST"]),
]
