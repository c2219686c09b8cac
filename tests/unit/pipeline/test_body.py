"""A large body is packed while it comes, and gives the same bytes, lines and digest as a whole."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.keys.memory import MemoryKeyProvider
from exchange.errors import Code, Refused
from exchange.pipeline.at_rest import body_digest
from exchange.pipeline.body import (
    GZIP,
    PLAIN_BYTES,
    NotWhole,
    Packed,
    Packing,
    pieces,
    size_of,
    whole_lines,
)
from exchange.pipeline.registrations.unpack import codes_in, line_count, lines_of, unpacked

KEYS = MemoryKeyProvider()
LINE = b'{"vestigingscode":"99AA00","registratieId":"R-%d"}\n'
LARGE = b"".join(LINE % number for number in range(60_000))


def packed(chunks: list[bytes], plain_bytes: int = 0) -> Packed:
    """Take chunks in as a body that is large."""
    packing = Packing(plain_bytes)
    for chunk in chunks:
        packing.append(chunk)
    body = packing.body()
    assert isinstance(body, Packed)
    return body


@given(
    st.lists(st.sampled_from([b"\n", b"\r", b"{}", b" ", b"x" * 300, b"\n\n", b""]), min_size=1),
    st.integers(0, 40),
)
def test_packed_or_not_a_body_says_the_same(chunks: list[bytes], plain_bytes: int) -> None:
    whole = b"".join(chunks)
    packing = Packing(plain_bytes)
    for chunk in chunks:
        packing.append(chunk)
    body = packing.body()
    assert isinstance(body, bytes) is (len(whole) <= plain_bytes)
    assert size_of(body) == len(whole)
    assert line_count(body) == line_count(whole)
    assert [(line.number, line.body) for line in lines_of(body)] == [
        (line.number, line.body) for line in lines_of(whole)
    ]
    assert body_digest(body, KEYS) == body_digest(whole, KEYS)


@given(
    st.lists(st.sampled_from([b"\n", b"{}", b"abc"])).map(b"".join),
    st.integers(1, 9),
)
def test_parts_end_where_lines_end_and_leave_nothing_out(body: bytes, at_once: int) -> None:
    parts = list(whole_lines(body, at_once))
    assert b"".join(parts) == body
    assert all(part.endswith(b"\n") for part in parts[:-1])
    assert all(parts)


def test_a_line_may_be_longer_than_any_piece() -> None:
    body = b"\n" + b"x" * 300_000 + b"\n" + b"y" * 200_000
    found = lines_of(packed([body]))
    assert [(line.number, len(line.body)) for line in found] == [(2, 300_000), (3, 200_000)]


def test_what_a_large_gzip_holds_stays_packed_as_it_came() -> None:
    came = gzip.compress(LARGE)
    tracemalloc.start()
    body = unpacked({"content-encoding": "gzip"}, came, len(LARGE), 60_000)
    digest, count = body_digest(body, KEYS), sum(1 for _ in lines_of(body))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (size_of(body), line_count(body), count) == (len(LARGE), 60_000, 60_000)
    assert digest == body_digest(LARGE, KEYS)
    assert b"".join(body if isinstance(body, Packed) else ()) == LARGE
    assert peak < PLAIN_BYTES + len(LARGE) // 4
    with pytest.raises(Refused) as refused:
        unpacked({"content-encoding": "gzip"}, came, len(LARGE), 59_999)
    assert refused.value.code is Code.TE_GROOT


def test_a_large_body_takes_little_memory_however_often_it_is_read() -> None:
    chunks = [LARGE[start : start + 65_536] for start in range(0, len(LARGE), 65_536)]
    tracemalloc.start()
    body = packed(chunks, plain_bytes=100_000)
    digest = body_digest(body, KEYS)
    codes = set[str]().union(*codes_in(body, lines=True))
    count = sum(1 for _ in lines_of(body))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert digest == body_digest(LARGE, KEYS)
    assert (codes, count) == ({"99AA00"}, 60_000)
    assert peak < len(LARGE) // 3


@pytest.mark.parametrize(
    "spoiled",
    [
        [],
        [b""],
        [b"plain"],
        [gzip.compress(LARGE)[:-1]],
        [gzip.compress(LARGE), b"!"],
        [gzip.compress(LARGE) + b"!"],
        [gzip.compress(LARGE), gzip.compress(b"{}")],
        [zlib.compress(LARGE)],
    ],
    ids=["nothing", "empty", "plain", "cut", "more later", "more", "twice", "another form"],
)
def test_what_is_not_one_whole_is_not_read_to_its_end(spoiled: list[bytes]) -> None:
    with pytest.raises(NotWhole):
        list(pieces(spoiled, GZIP))
