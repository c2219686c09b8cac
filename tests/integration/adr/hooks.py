"""What Schemathesis must be told: how lines are sent, and what no schema can say of a rehearsal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import schemathesis  # type: ignore[import-not-found]  # it lives beside the environment of the tests

_numbers = count()
_KNOWN = {
    "pgn": "999990019",
    "vestigingscode": "99BB00",
    "woongemeente": "0361",
    "criterium": "OPLOPEND",
    "datum": (datetime.now(UTC) - timedelta(days=7)).date().isoformat(),
}


@schemathesis.serializer("application/x-ndjson")  # type: ignore[untyped-decorator]
def lines(_: object, value: object) -> bytes:
    """Send lines as they are."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.hook  # type: ignore[untyped-decorator]
def map_case(_: object, case: Any) -> Any:  # noqa: ANN401  its own type
    """Give every message a key of its own and known people and places; try a wrong key for real.

    A rehearsal (``valideer=true``) has no key whatever was sent, so it refuses none.
    """
    parts = case.meta.components if case.meta is not None else {}
    if any(place == "header" and part.mode.is_negative for place, part in parts.items()):
        if case.query.get("valideer") == "true":
            case.query["valideer"] = "false"
    elif "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"gok-{next(_numbers)}"
    if isinstance(case.body, dict) and _is_sound(parts, "body"):
        case.body |= {name: known for name, known in _KNOWN.items() if name in case.body}
    return case


def _is_sound(parts: Any, where: str) -> bool:  # noqa: ANN401  its own type
    return any(place == where and not part.mode.is_negative for place, part in parts.items())
