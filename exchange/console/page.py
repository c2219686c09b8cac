"""What every page is made with: who looks at it, how it is drawn, and what guards its forms."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from exchange.console.cookies import SESSION
from exchange.console.desk import desk_of
from exchange.console.drawing import draw
from exchange.console.navigation import menu_for
from exchange.console.policy import CONTENT_SECURITY_POLICY
from exchange.errors import Code, Refused
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.onlooker import Onlooker
from exchange.pipeline.sessions import resume
from exchange.policy.parties import Role

_FORM_BYTES = 64 * 1024
_FORM_FIELDS = 200
_FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in; ``csrf`` belongs in every form as the field ``csrf``."""

    onlooker: Onlooker
    label: str
    csrf: str = field(repr=False)
    gateway: Gateway
    by_link: bool = False

    @property
    def sees_all(self) -> bool:
        """Whether the whole log is in scope, or only what the own party takes part in."""
        return self.onlooker.party.has(Role.FG)


async def signed_in(request: Request) -> Visitor:
    """Give who is signed in; ``niet-aangemeld`` leads the browser to the sign-in page."""
    gateway = desk_of(request).gateway
    secret = request.cookies.get(SESSION)
    if secret is None:
        raise Refused(Code.NIET_AANGEMELD)
    session = await resume(secret, gateway)
    onlooker = Onlooker(session.party, request.state.trace, account=session.account)
    visitor = Visitor(onlooker, session.label, session.csrf, gateway, session.by_link)
    request.state.visitor = visitor
    return visitor


def render(
    request: Request, template: str, title: str, *, status: int = 200, **context: object
) -> Response:
    """Draw a page, or for htmx the part that it asked for.

    A template extends ``layout`` and fills the block ``inhoud``; the layout gives the one ``h1``.
    Where htmx aims at an element and the template has a block of that name (its id), that block
    goes out alone; else what stands in ``main``. ``csrf`` and ``visitor`` are in every template.
    """
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    filled = {
        "title": title,
        "visitor": visitor,
        "csrf": visitor.csrf if visitor else "",
        "current": request.scope["path"],
        "menu": menu_for(request.app.state.paths),
        **context,
    }
    text = draw(template, filled, part=_wanted_part(request))
    headers = {"content-security-policy": CONTENT_SECURITY_POLICY, "vary": "HX-Request"}
    return HTMLResponse(text, status, headers)


async def read_form(request: Request) -> Mapping[str, str]:
    """Read a small form; of a field given twice the last counts. Refuses what is no such form."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM_TYPE:
        raise Refused(Code.MEDIATYPE_NIET_ONDERSTEUND)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES:
            raise Refused(Code.TE_GROOT)
    try:
        text = body.decode("ascii")
        return dict(parse_qsl(text, True, errors="strict", max_num_fields=_FORM_FIELDS))
    except ValueError:
        raise Refused(Code.GEEN_RECHT) from None


def require_csrf(request: Request, form: Mapping[str, str]) -> None:
    """Refuse a form that another site, or another session's page, had the browser send."""
    require_own_site(request)
    visitor: Visitor = request.state.visitor
    if not hmac.compare_digest(form.get("csrf", "").encode(), visitor.csrf.encode()):
        raise Refused(Code.GEEN_RECHT, rule="csrf")


def require_own_site(request: Request) -> None:
    """Refuse a request that does not come from a page of ours; browsers cannot lie about it.

    ``Sec-Fetch-Site`` says so outright; a browser without it sends ``Origin``. Neither is no
    browser's form.
    """
    said = request.headers.get("sec-fetch-site")
    own = said == "same-origin" if said else request.headers.get("origin") == desk_of(request).url
    if not own:
        raise Refused(Code.GEEN_RECHT, rule="andere-site")


def _wanted_part(request: Request) -> str | None:
    """Say which part htmx asks for: an element's id, or empty for the whole of ``main``.

    None is a full page: for a browser without script, and for one that goes back in its history.
    """
    headers = request.headers
    if "hx-request" not in headers or "hx-history-restore-request" in headers:
        return None
    return headers.get("hx-target", "")
