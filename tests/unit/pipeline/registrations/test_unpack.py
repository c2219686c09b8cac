"""From body to lines: numbered as the sender counts them, within the limits, never beyond."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import Code, ExchangeError
from exchange.pipeline.registrations.unpack import is_ndjson, lines_of, unpacked

MOST_BYTES, MOST_LINES = 1_000, 10
PACKED = {"content-encoding": "gzip"}


def plain(body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """Unpack within small limits."""
    found = unpacked(headers or {}, body, MOST_BYTES, MOST_LINES)
    assert isinstance(found, bytes)
    return found


def code_of(body: bytes, headers: dict[str, str] | None = None) -> Code:
    """Give the code with which a body is refused."""
    with pytest.raises(ExchangeError) as refused:
        plain(body, headers)
    return refused.value.code


@given(st.lists(st.sampled_from([b"{}", b"", b"  ", b'{"a":1}\r', b"\t"]), max_size=9))
def test_blank_lines_count_and_are_skipped(lines: list[bytes]) -> None:
    expected = [(n, line) for n, line in enumerate(lines, start=1) if line.strip()]
    for body in (b"\n".join(lines), b"\n".join(lines) + b"\n"):
        assert [(line.number, line.body) for line in lines_of(body)] == expected


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_last_line_may_lack_its_end(end: bytes) -> None:
    body = b"\n".join([b"{}"] * MOST_LINES) + end
    assert plain(body) == body
    assert code_of(b"\n".join([b"{}"] * (MOST_LINES + 1)) + end) is Code.TE_GROOT


def test_size_is_that_of_the_unpacked_body_and_inclusive() -> None:
    whole, more = b"x" * MOST_BYTES, b"x" * (MOST_BYTES + 1)
    assert plain(gzip.compress(whole), PACKED) == plain(whole) == whole
    assert code_of(more) is code_of(gzip.compress(more), PACKED) is Code.TE_GROOT


def test_unpacking_stops_at_the_limit() -> None:
    bomb = zlib.compressobj(wbits=31)
    packed = b"".join(bomb.compress(b"\0" * 10_000_000) for _ in range(5)) + bomb.flush()
    assert len(packed) < 100_000
    assert code_of(packed, PACKED) is Code.TE_GROOT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}\n",
        gzip.compress(b"{}")[:-1],
        gzip.compress(b"{}") * 2,
        gzip.compress(b"{}") + b"!",
    ],
    ids=["nothing", "plain", "cut", "twice", "more"],
)
def test_what_is_not_one_whole_gzip_file_is_refused(body: bytes) -> None:
    assert code_of(body, PACKED) is Code.ONGELDIGE_JSON


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "x-gzip"])
def test_another_coding_is_refused(coding: str) -> None:
    assert code_of(b"{}", {"content-encoding": coding}) is Code.MEDIATYPE_NIET_ONDERSTEUND


@pytest.mark.parametrize(
    ("media_type", "many"),
    [
        ("application/x-ndjson", True),
        ("Application/X-NDJSON; charset=utf-8", True),
        ("application/json", False),
        ("application/ndjson", False),
        ("", False),
    ],
)
def test_ndjson_says_so(media_type: str, *, many: bool) -> None:
    assert is_ndjson({"content-type": media_type}) is many
