"""What of a stored form goes out: all of it, a part, or nothing new (RFC 9110 sections 13, 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from exchange.errors import Code, Refused


@dataclass(frozen=True, slots=True)
class Cut:
    """The bytes that go out, by position, and the status under which; an empty one is a look."""

    status: int
    span: range


def cut(headers: Mapping[str, str], tag: str, size: int, *, head: bool) -> Cut:
    """Judge what a request asks of a form of ``size`` bytes that ``tag`` (strong, quoted) names.

    Of a part there is one at most: who asks for several gets everything, as who asks for a part of
    another version does. 416 where the part lies wholly behind the end.
    """
    if _is_known(headers.get("if-none-match", ""), tag):
        return Cut(304, range(0))
    if head:
        return Cut(200, range(0))
    asked = _RANGE.fullmatch(headers.get("range", ""))
    if asked is None or headers.get("if-range", tag) != tag:
        return Cut(200, range(size))
    return _part(asked[1], asked[2], size)


_RANGE = re.compile(  # a space belongs to one part only: else spaces without end take their square
    r"bytes=\s*(?:([0-9]{1,99})\s*)?-\s*(?:([0-9]{1,99})\s*)?", re.IGNORECASE
)


def _is_known(given: str, tag: str) -> bool:
    """The weak comparison; our tags hold no comma."""
    known = {one.strip().removeprefix("W/") for one in given.split(",")}
    return tag in known or "*" in known


def _part(first: str | None, last: str | None, size: int) -> Cut:
    if first is None and last is None:
        return Cut(200, range(size))  # a dash alone asks for nothing that there is
    if first is None:
        span = range(max(size - int(last or 0), 0), size)
    elif last is not None and int(last) < int(first):
        return Cut(200, range(size))
    else:
        span = range(int(first), size if last is None else min(int(last) + 1, size))
    if not span:
        raise Refused(Code.BEREIK_ONGELDIG, omvang=str(size))
    return Cut(206, span)
