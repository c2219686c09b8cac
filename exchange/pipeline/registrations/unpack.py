"""From the body of a delivery to its lines, within the limits that were announced."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from exchange.errors import Code, Invalid, Refused, Violation
from exchange.messages.identifiers import Vestigingscode
from exchange.pipeline.body import (
    GZIP,
    PLAIN_BYTES,
    Body,
    NotWhole,
    Packed,
    pieces,
    size_of,
    whole_lines,
)
from exchange.pipeline.registrations.stages import Line

NDJSON = "application/x-ndjson"
_PLAIN = "identity"
_CODE = Vestigingscode.pattern
_NAMED = re.compile(rb'"vestigingscode"[ \t\r\n]*:[ \t\r\n]*"(%s)"' % _CODE.pattern.encode())


def is_ndjson(headers: Mapping[str, str]) -> bool:
    """Whether the body says that it is many registrations."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == NDJSON


def is_plain(headers: Mapping[str, str]) -> bool:
    """Whether the body comes without a coding."""
    return _coding(headers) == _PLAIN


def may_be_large(headers: Mapping[str, str], body: Body, ordinary: int) -> bool:
    """Whether a body may hold more than the ``ordinary`` bytes of any other message."""
    return is_ndjson(headers) and (size_of(body) > ordinary or "content-encoding" in headers)


def unpacked(headers: Mapping[str, str], body: Body, most_bytes: int, most_lines: int) -> Body:
    """Give the NDJSON itself; raises 415 for another coding, 413 for more than was announced.

    A small packed body may hold a large one: unpacking stops at the limit, and what is large stays
    packed as it came.
    """
    coding = _coding(headers)
    if coding == "gzip":
        body = _gunzipped(body, most_bytes)
    elif coding != _PLAIN:
        raise Refused(Code.MEDIATYPE_NIET_ONDERSTEUND)
    if size_of(body) > most_bytes or line_count(body) > most_lines:
        raise Refused(Code.TE_GROOT)
    return body


def line_count(body: Body) -> int:
    """Count the lines, blank ones included."""
    if isinstance(body, Packed):
        return body.lines
    return body.count(b"\n") + (not body.endswith(b"\n"))


def codes_in(body: Body, *, lines: bool) -> Iterator[set[str]]:
    """Give every vestigingscode that a line names, and perhaps more, a bounded part at a time.

    Looking for the member is enough, but for a line that writes something with an escape.
    """
    for part in whole_lines(body) if lines else whole_lines(body, size_of(body)):
        found = {match.decode() for match in _NAMED.findall(part)}
        if b"\\" in part:
            each = part.split(b"\n") if lines else [part]
            found.update(code for line in each if b"\\" in line for code in _escaped(line))
        yield found


def _coding(headers: Mapping[str, str]) -> str:
    return headers.get("content-encoding", _PLAIN).strip().lower()


def _escaped(line: bytes) -> Iterator[str]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return
    named = document.get("vestigingscode") if isinstance(document, dict) else None
    if isinstance(named, str) and _CODE.fullmatch(named):
        yield named


def lines_of(body: Body) -> Iterator[Line]:
    """Give every line that is not blank, with its number."""
    number = 0
    for part in whole_lines(body):
        for line in part.removesuffix(b"\n").split(b"\n"):
            number += 1
            if line and not line.isspace():
                yield Line(number, line)


def _gunzipped(body: Body, most: int) -> Body:
    """Unpack once, to see that it is whole and how much it holds; keep what is small."""
    chunks = [body] if isinstance(body, bytes) else list(body)
    size, ends, last, plain = 0, 0, b"", list[bytes]()
    try:
        for piece in pieces(chunks, GZIP):
            size, ends, last = size + len(piece), ends + piece.count(b"\n"), piece[-1:]
            if size > most:
                raise Refused(Code.TE_GROOT)
            if size <= PLAIN_BYTES:
                plain.append(piece)
    except NotWhole:
        detail = "De inhoud is niet een geheel gzip-bestand."
        raise Invalid([Violation("", Code.ONGELDIGE_JSON, detail)]) from None
    if size <= PLAIN_BYTES:
        return b"".join(plain)
    return Packed(chunks, GZIP, size, ends + (last != b"\n"))
