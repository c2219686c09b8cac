"""Where a visitor goes after signing in: a page of the console, and nowhere else."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from exchange.console.navigation import HOME, SIGN_IN

_LONGEST = 600
_NO_PAGES = (SIGN_IN, "/console/afmelden", "/console/link", "/console/static")
_PAGE = re.compile(
    r"/console(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*(?:\?[A-Za-z0-9._~%&=+:,@-]*)?", re.ASCII
)


def safe_path(asked: str) -> str:
    """Give ``asked`` if it is the address of one of our pages, else the start page.

    Only a path: no host, no scheme, no backslash, no dots as a segment, nothing a browser mends.
    """
    if len(asked) > _LONGEST or not _PAGE.fullmatch(asked) or asked.startswith(_NO_PAGES):
        return HOME
    return asked


def sign_in_path(asked: str, *, over: bool) -> str:
    """Give the address of the sign-in page; ``over`` says that there was a session before."""
    query = {"naar": path} if (path := safe_path(asked)) != HOME else {}
    if over:
        query["sessie"] = "voorbij"
    return f"{SIGN_IN}?{urlencode(query)}" if query else SIGN_IN
