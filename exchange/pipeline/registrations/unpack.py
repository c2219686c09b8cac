"""From the body of a delivery to its lines, within the limits that were announced."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping

from exchange.errors import Code, Invalid, Refused, Violation
from exchange.messages.identifiers import Vestigingscode
from exchange.pipeline.registrations.stages import Line

NDJSON = "application/x-ndjson"
_LOOKED_AT = 64 * 1024
_CODE = Vestigingscode.pattern
_NAMED = re.compile(rb'"vestigingscode"[ \t\r\n]*:[ \t\r\n]*"(%s)"' % _CODE.pattern.encode())
_GZIP = 16 + zlib.MAX_WBITS


def is_ndjson(headers: Mapping[str, str]) -> bool:
    """Whether the body says that it is many registrations."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == NDJSON


def may_be_large(headers: Mapping[str, str], body: bytes, ordinary: int) -> bool:
    """Whether a body may hold more than the ``ordinary`` bytes of any other message."""
    return is_ndjson(headers) and (len(body) > ordinary or "content-encoding" in headers)


def unpacked(headers: Mapping[str, str], body: bytes, most_bytes: int, most_lines: int) -> bytes:
    """Give the plain NDJSON; raises 415 for another coding, 413 for more than was announced.

    A small packed body may hold a large one: unpacking stops at the limit.
    """
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding == "gzip":
        body = _gunzipped(body, most_bytes)
    elif coding != "identity":
        raise Refused(Code.MEDIATYPE_NIET_ONDERSTEUND)
    if len(body) > most_bytes or line_count(body) > most_lines:
        raise Refused(Code.TE_GROOT)
    return body


def line_count(body: bytes) -> int:
    """Count the lines, blank ones included."""
    return body.count(b"\n") + (not body.endswith(b"\n"))


def codes_in(body: bytes, *, lines: bool) -> Iterator[set[str]]:
    """Give every vestigingscode that a line names, and perhaps more, a bounded part at a time.

    Looking for the member is enough, but for a line that writes something with an escape.
    """
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + _LOOKED_AT) if lines else -1
        end = len(body) if end < 0 else end + 1
        part = body[start:end]
        found = {match.decode() for match in _NAMED.findall(part)}
        if b"\\" in part:
            each = part.split(b"\n") if lines else [part]
            found.update(code for line in each if b"\\" in line for code in _escaped(line))
        yield found
        start = end


def _escaped(line: bytes) -> Iterator[str]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return
    named = document.get("vestigingscode") if isinstance(document, dict) else None
    if isinstance(named, str) and _CODE.fullmatch(named):
        yield named


def lines_of(body: bytes) -> Iterator[Line]:
    """Give every line that is not blank, with its number."""
    start, number = 0, 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        number += 1
        line = body[start:end]
        if line.strip():
            yield Line(number, line)
        start = end + 1


def _gunzipped(body: bytes, most: int) -> bytes:
    machine = zlib.decompressobj(_GZIP)
    try:
        plain = machine.decompress(body, most + 1)
    except zlib.error:
        plain = b""
    if len(plain) > most:
        raise Refused(Code.TE_GROOT)
    if not machine.eof or machine.unused_data:
        raise Invalid(
            [Violation("", Code.ONGELDIGE_JSON, "De inhoud is niet een geheel gzip-bestand.")]
        )
    return plain
