"""Turns the bytes of a published file into text: UTF-8 with or without BOM, or Latin-1."""

from __future__ import annotations

import re

from adapters.registers.damage import Damage
from exchange.errors import Invalid

_UTF_8_BOM = b"\xef\xbb\xbf"
_UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_WINDOWS = "windows-1252"  # what calls itself Latin-1: it has curly quotes and € besides
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_LETTER_IN_UTF_8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]")


def text_of(data: bytes) -> str:
    """Give the text of a file.

    Almost every byte is some character in Latin-1, so what is not UTF-8 must still look like text:
    no control characters, and no letter written as UTF-8 writes it, for then a part of the file was
    damaged or pasted in.

    Raises ``Invalid`` naming the first line that is no text.
    """
    if data.startswith(_UTF_16_BOMS):
        raise _damaged(data, 0, "dit is UTF-16; bewaar het bestand als UTF-8")
    body = data.removeprefix(_UTF_8_BOM)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(body) < len(data):
            what = "dit is geen UTF-8, al begint het bestand met het teken daarvan"
            raise _damaged(body, error.start, what) from None
        text = _latin_1(body, error.start)
    if strange := _CONTROL.search(text):
        before = text[: strange.start()].encode()
        raise _damaged(before, len(before), "een teken dat niet in een tekst hoort")
    return text


def _latin_1(body: bytes, no_utf_8: int) -> str:
    """Read what is not UTF-8 because of the byte at ``no_utf_8``."""
    if mixed := _LETTER_IN_UTF_8.search(body):
        other = _line_of(body, mixed.start())
        raise _damaged(body, no_utf_8, f"geen UTF-8, maar regel {other} wel")
    try:
        return body.decode(_WINDOWS)
    except UnicodeDecodeError as error:
        raise _damaged(body, error.start, "geen UTF-8 en geen Latin-1") from None


def _damaged(data: bytes, position: int, what: str) -> Invalid:
    return Damage().fatal(_line_of(data, position), what)


def _line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
