"""Packed bodies: one whole gzip file or nothing, and never more of it than was announced."""

# ruff: noqa: E501  tables of odd things are wide

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import Code, ExchangeError, Refused
from exchange.pipeline.registrations.unpack import line_count, lines_of, unpacked
from tests.fuzz.effort import fuzzed

MOST_BYTES, MOST_LINES = 4_000, 40
PACKED = {"content-encoding": "gzip"}

_parts = st.one_of(
    st.binary(max_size=60),
    st.binary(max_size=60).map(gzip.compress),
    st.binary(max_size=60).map(zlib.compress),
    st.sampled_from(
        [b"", b"\n", b"{}\n" * 50, gzip.compress(b"x" * 5000), gzip.compress(gzip.compress(b"{}")),
         gzip.compress(b"\n" * 41), gzip.compress(b"{}")[:-8], gzip.compress(b"{}")[:-1] + b"\x00",
         b"\x1f\x8b\x08\xff" + b"\x00" * 20, b"\x1f\x8b\x08\x08" + b"n" * 3000]
    ),
)  # fmt: skip


@fuzzed(400)
@given(st.lists(_parts, max_size=3).map(b"".join))
def test_unpacked_is_what_gzip_itself_unpacks_of_one_file(body: bytes) -> None:
    try:
        plain = unpacked(PACKED, body, MOST_BYTES, MOST_LINES)
    except ExchangeError as refused:
        assert refused.code in {Code.TE_GROOT, Code.ONGELDIGE_JSON}  # noqa: PT017  what it is, too
        return
    assert gzip.decompress(body) == plain
    assert len(plain) <= MOST_BYTES
    assert line_count(plain) <= MOST_LINES


@fuzzed(300)
@given(
    st.binary(max_size=200) | st.lists(st.sampled_from([b"\n", b"\r", b"{}", b" "])).map(b"".join)
)
def test_lines_are_those_that_a_text_editor_counts(body: bytes) -> None:
    apart = body.split(b"\n")
    expected = [(n, line) for n, line in enumerate(apart, start=1) if line.strip()]
    assert [(line.number, line.body) for line in lines_of(body)] == expected
    assert line_count(body) >= len(expected)


@pytest.mark.parametrize(
    "coding",
    ["deflate", "br", "zstd", "compress", "gzip, gzip", "gzip,identity", "identity, gzip", "x-gzip",
     "", "gz\u0131p", "gzip;q=1", "chunked"],
)  # fmt: skip
def test_no_other_coding_is_undone(coding: str) -> None:
    with pytest.raises(Refused) as refused:
        unpacked({"content-encoding": coding}, gzip.compress(b"{}\n"), MOST_BYTES, MOST_LINES)
    assert refused.value.code is Code.MEDIATYPE_NIET_ONDERSTEUND


_PEAK = """
import gzip, resource, sys, zlib
from exchange.errors import ExchangeError
from exchange.pipeline.registrations.unpack import lines_of, unpacked

MIB = 1 << 20
what, most = sys.argv[1], 32 * MIB

def bomb(fill, size):
    machine = zlib.compressobj(1, wbits=31)
    packed = b"".join(machine.compress(fill * (MIB // len(fill))) for _ in range(size // MIB))
    return packed + machine.flush()

if what == "beyond":          # 256 MiB in about one
    body = bomb(b"\\0", 256 * MIB)
elif what == "within":        # just what is allowed, in one line
    body = bomb(b" ", most)
elif what == "lines":         # as many lines as are allowed, each of them blank or as short as can be
    body = gzip.compress(b"{}\\n" * 100_000)
else:                         # many small files, one after the other
    body = gzip.compress(b"{}\\n") * 100_000
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = 0
try:
    for line in lines_of(unpacked({"content-encoding": "gzip"}, body, most, 100_000)):
        count += 1
except ExchangeError as refused:
    print(refused.code.value, end=" ")
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(count, (after - before) // 1024)
"""


@pytest.mark.parametrize(
    ("what", "said", "most_mib"),
    [
        ("beyond", "te-groot 0", 80),
        ("within", "0", 120),
        ("lines", "100000", 20),
        ("members", "ongeldige-json 0", 20),
    ],
)
def test_a_bomb_costs_no_more_memory_than_the_limit(what: str, said: str, most_mib: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, what], capture_output=True, text=True, timeout=120, check=True
    )
    told, _, grown = done.stdout.strip().rpartition(" ")
    assert told == said
    assert int(grown) <= most_mib, done.stdout  # MiB on top of what stood there before
