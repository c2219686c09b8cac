"""A large body on its way through: in memory it is packed, and it is read a piece at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PLAIN_BYTES = 2 * 1024 * 1024
"""Up to this size a body is kept as it is."""

_PIECE = 64 * 1024
_QUICKLY = 1
GZIP = 16 + zlib.MAX_WBITS


class NotWhole(Exception):
    """What is packed is not one packed body from its beginning to its end."""


class Packed:
    """A body that is kept packed; to go through it gives its plain bytes, piece by piece.

    It is unpacked anew each time. ``size`` and ``lines`` are those of the plain bytes.
    """

    __slots__ = ("_chunks", "_form", "lines", "size")

    def __init__(self, chunks: list[bytes], form: int, size: int, lines: int) -> None:
        """Keep what is packed in this ``form`` (``wbits``)."""
        self._chunks, self._form = chunks, form
        self.size, self.lines = size, lines

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces; none is empty, and none holds more than a bounded part."""
        return pieces(self._chunks, self._form)


Body = bytes | Packed
"""A body, small or large."""


class Packing:
    """Takes a body in as it comes; from ``plain_bytes`` on it is packed."""

    def __init__(self, plain_bytes: int = PLAIN_BYTES) -> None:
        """Begin with nothing."""
        self._plain_bytes = plain_bytes
        self._chunks: list[bytes] = []
        self._machine: zlib._Compress | None = None
        self._size = self._ends = 0
        self._last = b""

    def append(self, chunk: bytes) -> None:
        """Take the next chunk."""
        self._size += len(chunk)
        if self._machine is None and self._size > self._plain_bytes:
            self._machine, plain = zlib.compressobj(_QUICKLY), self._chunks
            self._chunks = []
            for each in plain:
                self._pack(self._machine, each)
        if self._machine is None:
            self._chunks.append(chunk)
        else:
            self._pack(self._machine, chunk)

    def body(self) -> Body:
        """Give what came in; nothing comes after this."""
        if self._machine is None:
            return b"".join(self._chunks)
        self._chunks.append(self._machine.flush())
        lines = self._ends + (self._last != b"\n")
        return Packed(self._chunks, zlib.MAX_WBITS, self._size, lines)

    def _pack(self, machine: zlib._Compress, chunk: bytes) -> None:
        self._ends += chunk.count(b"\n")
        self._last = chunk[-1:] or self._last
        if packed := machine.compress(chunk):
            self._chunks.append(packed)


def size_of(body: Body) -> int:
    """Give how many plain bytes there are."""
    return len(body) if isinstance(body, bytes) else body.size


def pieces(chunks: list[bytes], form: int) -> Iterator[bytes]:
    """Unpack; raises ``NotWhole`` as soon as it turns out to be broken, cut off, or to go on."""
    machine = zlib.decompressobj(form)
    try:
        for fed in _fed(chunks):
            if machine.eof:
                raise NotWhole
            yield from _unpacked(machine, fed)
        yield from _unpacked(machine, b"")
    except zlib.error:
        raise NotWhole from None
    if not machine.eof or machine.unused_data:
        raise NotWhole


def whole_lines(body: Body, at_once: int = _PIECE) -> Iterator[bytes]:
    """Give the body in parts that end where a line ends; each has about ``at_once`` bytes."""
    if isinstance(body, bytes):
        start = 0
        while start < len(body):
            end = body.find(b"\n", start + at_once) + 1 or len(body)
            yield body[start:end]
            start = end
        return
    begun: list[bytes] = []
    for piece in body:
        end = piece.rfind(b"\n") + 1
        if end:
            yield b"".join([*begun, piece[:end]])
            begun = [piece[end:]]
        else:
            begun.append(piece)
    if rest := b"".join(begun):
        yield rest


def _fed(chunks: list[bytes]) -> Iterator[bytes]:
    """What is fed at a time is small: the rest of it is copied at each turn."""
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]


def _unpacked(machine: zlib._Decompress, fed: bytes) -> Iterator[bytes]:
    more = True
    while more and not machine.eof:
        piece = machine.decompress(fed, _PIECE)
        fed = machine.unconsumed_tail
        if piece:
            yield piece
        more = bool(fed) or len(piece) == _PIECE
