"""Values that parsers of others stumbled over, and any others that Hypothesis can think of.

``MARK`` stands in many of them: wherever it turns up again, a rejected value came back.
"""

# ruff: noqa: RUF001, E501  ambiguous characters are the point; tables of odd things are wide

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st

MARK: Final = "Zq7xVerklikker"
"""No word of ours, and no member name."""

_ODD_TEXTS: Final = (
    "", " ", MARK, f"{MARK}\n", f"\r\n{MARK}: x", f"\x00{MARK}", f"{MARK}\x00", "\x1b[31m" + MARK,
    "\u202e" + MARK, "\u2066" + MARK + "\u2069", "\u200b", "\ufeff" + MARK, "\u0000",
    "٩٩٩٩٧٠٠٠٨", "９９９９７０００８", "9９9970008", "999970008\u200b", "\u0301999970008", "999 970 008",
    "99ＢB00", "99ВВ00", "99bb00", "99BB00\n", "99BB00 ", "\u212a", "ı", "İ", "ﬁ", "ß", "é", "e\u0301",
    "2026-11-1３", "２０２６-11-13", "2026-11-13\n", "2026-W46-5", "20261113", "-2026-11-13",
    "0001-01-01", "9999-12-31", "0000-00-00", "2026-02-29", "2024-02-29", "2026-11-13T00:00:00Z",
    "2026-13", "2999-12", "2000-01", "2999-3000", "9999-10000", "2026-2026",
    "ONGEOORLOOFD", "ongeoorloofd ", "\u006fngeoorloofd", "null", "true", "NaN", "1e400", "-0",
    "{}", "[]", "'; DROP TABLE messages; --", "../../etc/passwd", "%00", "%2e%2e", "\\u0000",
    "a@b." + "c." * 60 + "!", "a" * 5000, MARK * 400, "Z" * 41, "\U0001f600" * 30, "\uffff",
    "01a10000-0000-7000-8000-000000000001", "{01a10000-0000-7000-8000-000000000001}",
    "urn:uuid:01a10000-0000-7000-8000-000000000001", "０1a10000-0000-7000-8000-000000000001",
    "00000099100000000000", "0000009910000000０000", "leerplichtig", "LEERPLICHTIG",
)  # fmt: skip
"""Of every unicode trick one: full width, Arabic digits, homoglyphs, bidi, zero width, case."""

_ODD_NUMBERS: Final = (
    0, -1, 1, 2, 60, 540, 719, 720, 721, 959, 960, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, 10**30,
    10**4000, -(10**400), 0.0, -0.0, 0.1, 540.0, 1e15, 1e308, 5e-324,
)  # fmt: skip

texts: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(_ODD_TEXTS),
    st.text(max_size=40),
    st.builds(
        lambda before, after: before + MARK + after, st.text(max_size=5), st.text(max_size=5)
    ),
)

scalars: st.SearchStrategy[Any] = st.one_of(
    texts,
    st.sampled_from(_ODD_NUMBERS),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)

names: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(["pgn", "naam", "__proto__", "ongeoorloofde_minuten", "~", "a/b", "", MARK]),
    texts,
)

documents: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)


def _deep(opening: str, closing: str, levels: int) -> bytes:
    return (opening * levels + "1" + closing * levels).encode()


ODD_BODIES: Final[tuple[bytes, ...]] = (
    b"", b" ", b"{", b"}", b"{}", b"{}{}", b"[]", b"null", b"nul", b"1", b'"x"', b"{}\x00", b"\x00{}",
    b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":1e400}', b'{"a":-1e400}',
    b'{"a":1E+999999999999999999999}', b'{"a":' + b"9" * 5000 + b"}", b'{"a":-' + b"9" * 5000 + b"}",
    b'{"a":0.' + b"9" * 100_000 + b"}", b'{"a":-0}', b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":1.}',
    b'{"a":0x10}', b'{"a":1_000}', b'{"a":1,}', b'{"a":[1,]}', b'{,}', b"{'a':1}", b"{a:1}",
    b'{"a":1 /* x */}', b'// x\n{"a":1}', b'{"a":1}x', b'{"a":1}\n\n', b'\xef\xbb\xbf{"a":1}',
    b'{"a":"\xc0\xaf"}', b'{"a":"\xe0\x80\xaf"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xf4\x90\x80\x80"}',
    b'{"a":"\xff"}', b'{"a":"\\ud800"}', b'{"a":"\\udc00\\ud800"}', b'{"a":"\\ud83d\\ude00"}',
    b'{"\\ud800":1}', b'{"a":"\\u0000"}', b'{"a":"\x00"}', b'{"a":"\x1f"}', b'{"a":"\n"}', b'{"a":"\\x41"}',
    b'{"a":"\\u00"}', b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b'{"a":[{"b":1,"b":2}]}',
    b'{"a":1,"\\u0061":2}', '{"é":1,"e\u0301":2}'.encode(), '{"a":1}'.encode("utf-16"),
    '{"a":1}'.encode("utf-16-be"), '{"a":1}'.encode("utf-32"), '{"a":"é"}'.encode("latin-1"),
    b"[" * 100_000, b'{"a":' * 100_000, _deep("[", "]", 32), _deep("[", "]", 33),
    _deep('{"a":', "}", 31), _deep('{"a":', "}", 32), _deep('{"a":', "}", 33), _deep('{"a":', "}", 400),
    b'{"a":' + _deep("[", "]", 31) + b"}", b'{"a":' + _deep("[", "]", 32) + b"}",
    b"{" + b",".join(b'"k%d":1' % n for n in range(3000)) + b"}", b"[" + b"1," * 50_000 + b"1]",
    b'{"' + MARK.encode() + b'":"' + MARK.encode() + b'"}', b"-", b"\xff\xfe", b"\x1f\x8b", b"tru",
    b'{"a":"' + b"\\" * 10_001, b'{"a":"' + b"\\u" * 5000, b"{\xa0}", "{\u2028}".encode(), b"{\x0b}",
)  # fmt: skip
"""Bodies: strict parsers refuse nearly all, careless ones read many of them in two ways."""


@st.composite
def bodies(draw: st.DrawFn, good: Sequence[dict[str, Any]] = ()) -> bytes:
    """Give a body: odd, made up, or a good one with something wrong in it."""
    kind = draw(st.sampled_from(["odd", "document", "mutant", "mutant", "mutant", "bytes", "cut"]))
    if kind == "odd":
        return draw(st.sampled_from(ODD_BODIES))
    if kind == "document" or not good:
        return _written(draw, draw(documents))
    document: Any = json.loads(json.dumps(draw(st.sampled_from(good))))
    if kind == "mutant":
        for _ in range(draw(st.integers(1, 3))):
            document = _mutated(draw, document)
        return _written(draw, document)
    body = bytearray(json.dumps(document).encode())
    if kind == "cut":
        return bytes(body[: draw(st.integers(0, len(body)))])
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(body) - 1))
        body[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return bytes(body)


def _mutated(draw: st.DrawFn, value: Any) -> Any:  # noqa: ANN401  JSON
    """Change one thing, at any depth."""
    if isinstance(value, dict) and value and _chosen(draw):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: _mutated(draw, value[name])}
    if isinstance(value, list) and value and _chosen(draw):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], _mutated(draw, value[place]), *value[place + 1 :]]
    if isinstance(value, dict) and _chosen(draw):
        if value and _chosen(draw):
            gone = draw(st.sampled_from(sorted(value)))
            return {name: held for name, held in value.items() if name != gone}
        return {**value, draw(names): draw(scalars)}
    if isinstance(value, list) and _chosen(draw):
        return value * draw(st.sampled_from([0, 2, 40]))
    return draw(documents)


def _chosen(draw: st.DrawFn) -> bool:
    return draw(st.booleans())


def _written(draw: st.DrawFn, document: object) -> bytes:
    """Write JSON in one of the ways that mean the same; a lone surrogate only as an escape."""
    ascii_only = draw(st.booleans())
    try:
        text = json.dumps(document, ensure_ascii=ascii_only)
    except ValueError:  # an integer that Python does not write out
        text = "{}"
    return text.encode("utf-8", "replace")
