"""Media types: what a caller sends and wants, against what a route takes and gives (RFC 9110)."""

from __future__ import annotations

from collections.abc import Mapping

from exchange.errors import Code, Refused


def require_acceptable(headers: Mapping[str, str], *offered: str) -> str:
    """Give the first of ``offered`` that the Accept header takes; 406 when it takes none."""
    accept = headers.get("accept", "*/*")
    wanted = [part.strip() for part in accept.split(",") if part.strip()] or ["*/*"]
    for media_type in offered:
        if any(_matches(pattern, media_type) for pattern in wanted):
            return media_type
    raise Refused(Code.NIET_AANVAARDBAAR)


def _matches(pattern: str, media_type: str) -> bool:
    wanted, _, parameters = pattern.partition(";")
    wanted = wanted.strip().lower()
    if parameters.replace(" ", "").lower() in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
        return False
    kind = media_type.partition("/")[0]
    return wanted in {"*/*", f"{kind}/*", media_type}
