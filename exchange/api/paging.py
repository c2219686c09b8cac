"""Lists in pages: an opaque cursor, a limit, and a link to the next page."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request
from pydantic import AfterValidator

from exchange.storage.cursors import decode
from exchange.storage.rows import Page


def _ours(cursor: str) -> str:
    """Refuse, with ``ValueError``, a cursor that we did not make."""
    decode(cursor)
    return cursor


Cursor = Annotated[
    Annotated[str, AfterValidator(_ours)] | None,
    Query(max_length=200, description="Uit `_links.next`."),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Aantal per bladzijde.")]


def page_links(request: Request, page: Page[Any], *asked: str) -> dict[str, dict[str, str]]:
    """Give ``_links``: the next page with the same question, or nothing on the last.

    ``asked`` names the route's own parameters, which were validated; no other is echoed.
    """
    if page.next_cursor is None:
        return {}
    given = request.query_params
    same = {name: given[name] for name in (*asked, "limit") if name in given}
    query = urlencode({**same, "cursor": page.next_cursor})
    return {"next": {"href": f"{request.scope['path']}?{query}"}}
