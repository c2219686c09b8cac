"""Media types: what a caller sends and wants, against what a route takes and gives (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from exchange.errors import Code, Refused

_ANYTHING = "*/*"


def require_acceptable(headers: Mapping[str, str], *offered: str) -> str:
    """Give the one of ``offered`` that the Accept header likes best; 406 when it takes none.

    What it likes equally well is given in the order in which it is offered.
    """
    accept = headers.get("accept", _ANYTHING)
    if len(offered) == 1 and accept in {_ANYTHING, *offered}:
        return offered[0]  # as nearly everybody asks
    wanted = [part.strip() for part in accept.split(",") if part.strip()] or [_ANYTHING]
    weights = {media_type: _weight(wanted, media_type) for media_type in offered}
    best = max(offered, key=lambda media_type: weights[media_type])
    if not weights[best]:
        raise Refused(Code.NIET_AANVAARDBAAR)
    return best


_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def _weight(wanted: list[str], media_type: str) -> float:
    """Give the weight of the most specific range that the type is in (RFC 9110 section 12.5.1)."""
    kind = media_type.partition("/")[0]
    found = {media_type: 0.0, f"{kind}/*": 0.0, _ANYTHING: 0.0}
    named = []
    for pattern in wanted:
        name, *parameters = (part.replace(" ", "").lower() for part in pattern.split(";"))
        if name in found:
            given = [match[1] for part in parameters if (match := _WEIGHT.fullmatch(part))]
            found[name] = max(found[name], float(given[0]) if given else 1.0)
            named.append(name)
    return next((weight for name, weight in found.items() if name in named), 0.0)
