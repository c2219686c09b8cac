"""Says why a file as a whole cannot be sent: which line and what, never what stands there."""

from __future__ import annotations

from exchange.errors import Code, Invalid, Violation


def damaged(what: str, line: int | None = None, code: Code = Code.WAARDE_ONGELDIG) -> Invalid:
    """Give the error that stops a delivery before anything of it is sent."""
    detail = what if line is None else f"regel {line}: {what}"
    return Invalid([Violation("", code, detail)])
