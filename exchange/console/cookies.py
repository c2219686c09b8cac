"""The two cookies of the console: of a session, and of a sign-in that is under way."""

from __future__ import annotations

from starlette.responses import Response

SESSION = "__Host-vx-sessie"
SIGN_IN = "__Host-vx-aanmelden"


def put_cookie(response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie that no script reads and no other site's form sends.

    Not ``Strict``: the provider sends the browser back from another site, and a link to a page in a
    mail must find who is signed in. Nothing changes on a GET, and every POST is checked.
    """
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax"
    )


def drop_cookie(response: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
