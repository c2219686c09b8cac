"""Refuses a query parameter that a school's message does not have: a slip must not store it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set

from starlette.requests import Request

from exchange.errors import Code, Invalid, Violation
from exchange.messages.document import looks_like_a_member

_KNOWN = frozenset({"namens", "valideer"})
ONLY_NAMENS = frozenset({"namens"})
"""Of a call that cannot be rehearsed."""
_WRITING = frozenset({"POST", "PUT"})
SEARCH = "/_zoek"
"""How the path of a search ends (NL API Design Rules)."""


def require_known_query(request: Request, known: Set[str] = _KNOWN) -> None:
    """Raise ``Invalid`` for an unknown or doubled parameter of a call that stores something.

    ``?Valideer=true`` is no rehearsal, and who wrote it means one. What only reads ignores what it
    does not know; a search (``_zoek``) reads, though its question comes as a body.
    """
    if not request.scope["query_string"]:
        return
    writes = request.method in _WRITING and not request.scope["path"].endswith(SEARCH)
    if writes and (faults := tuple(_faults(request, known))):
        raise Invalid(faults)


def _faults(request: Request, known: Set[str]) -> Iterator[Violation]:
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known:
            pointer = f"/{name}" if looks_like_a_member(name) else ""
            yield Violation(pointer, Code.ONBEKEND_VELD, "Deze parameter bestaat hier niet.")
        elif times > 1:
            yield Violation(f"/{name}", Code.WAARDE_ONGELDIG, "Geef deze parameter een keer.")
