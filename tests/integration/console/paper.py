"""Reads the letters off a PDF that Chromium printed: each font's own table says what a glyph is.

Where words end is not read: a browser places letters one by one, and spaces not at all.
"""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\n(.*?)\nendstream", re.DOTALL)
_FONT = re.compile(rb"/(F\d+) (\d+) 0 R")
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>")
_ONE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]{4,})>")
_RANGE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]{4})> <([0-9A-F]{4})>")


def letters_of(pdf: bytes) -> str:
    """Give the text of all pages, without any space."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    pages = [body for body in objects.values() if b"/Type /Page\n" in body]
    return without_spaces("".join(_letters_on(page, objects) for page in pages))


def without_spaces(text: str) -> str:
    """Give ``text`` as ``letters_of`` would read it."""
    return "".join(text.split())


def _letters_on(page: bytes, objects: dict[int, bytes]) -> str:
    fonts = {name: _alphabet(objects[int(at)], objects) for name, at in _FONT.findall(page)}
    contents = re.search(rb"/Contents (\d+) 0 R", page)
    assert contents is not None
    letters: dict[int, str] = {}
    said = ""
    for font, glyphs in _SHOWN.findall(_unpacked(objects[int(contents[1])])):
        if font:
            letters = fonts[font]
        else:
            codes = (int(glyphs[at : at + 4], 16) for at in range(0, len(glyphs), 4))
            said += "".join(letters.get(code, "") for code in codes)
    return said


def _alphabet(font: bytes, objects: dict[int, bytes]) -> dict[int, str]:
    table = re.search(rb"/ToUnicode (\d+) 0 R", font)
    if table is None:
        return {}
    text = _unpacked(objects[int(table[1])])
    ranges = b"".join(re.findall(rb"beginbfrange(.*?)endbfrange", text, re.DOTALL))
    singles = b"".join(re.findall(rb"beginbfchar(.*?)endbfchar", text, re.DOTALL))
    found = {
        int(first, 16) + n: chr(int(start, 16) + n)
        for first, last, start in _RANGE.findall(ranges)
        for n in range(int(last, 16) - int(first, 16) + 1)
    }
    for code, letters in _ONE.findall(singles):
        found[int(code, 16)] = bytes.fromhex(letters.decode()).decode("utf-16-be")
    return found


def _unpacked(body: bytes) -> bytes:
    stream = _STREAM.search(body)
    assert stream is not None
    return zlib.decompress(stream[1])
