"""The one library in the pages is the file that its makers published, with its licence."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from exchange.console.statics import STATICS

HTMX = "2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"
"""SHA-384 of dist/htmx.min.js in htmx.org 2.0.11."""


def test_htmx_is_byte_for_byte_the_published_file() -> None:
    content = STATICS["htmx.min.js"].content
    assert base64.b64encode(hashlib.sha384(content).digest()).decode() == HTMX
    assert b'version:"2.0.11"' in content


def test_its_licence_lies_beside_it() -> None:
    licence = files("exchange.console").joinpath("static", "htmx.LICENSE").read_text("utf-8")
    assert licence.startswith("Zero-Clause BSD")


def test_the_tokens_name_their_source_version_and_licence() -> None:
    text = STATICS["tokens.css"].content.decode()
    assert "@nl-design-system-unstable/voorbeeld-design-tokens 7.4.1" in text
    assert "EUPL-1.2" in text


def test_the_style_uses_no_token_that_is_not_there() -> None:
    known = set(re.findall(r"(--[\w-]+):", STATICS["tokens.css"].content.decode()))
    for name in ("console.css", "pages.css"):
        if name in STATICS:
            text = STATICS[name].content.decode()
            own = set(re.findall(r"(--[\w-]+):", text))
            assert set(re.findall(r"var\((--[\w-]+)", text)) <= known | own, name


def test_nothing_in_a_style_is_fetched_from_elsewhere() -> None:
    for static in STATICS.values():
        if static.media_type.startswith("text/css"):
            assert b"url(" not in static.content
            assert b"@import" not in static.content
