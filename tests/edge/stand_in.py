"""What stands in for the gateway: it takes down every byte that the proxy sends, and answers."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
_PATIENCE_SECONDS = 2.0
_SENDING_SECONDS = 60.0


@dataclass
class Taken:
    """One connection of the proxy: a request's head and body, and what came after it."""

    head: bytes = b""
    body: bytes = b""
    rest: bytes = b""
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def target(self) -> bytes:
        """What the request is for."""
        return self.head.split(b" ")[1]

    def values(self, name: bytes) -> list[bytes]:
        """Give the values of a field."""
        return [value for found, value in self.fields() if found == name]

    def fields(self) -> list[tuple[bytes, bytes]]:
        """Give all fields, their names in lower case."""
        lines = self.head.rstrip(b"\r\n").split(b"\r\n")[1:]
        parted = [line.partition(b":") for line in lines]
        return [(name.lower(), value.strip()) for name, _, value in parted]


class StandIn:
    """Listens where the gateway would; ``answer`` may be another, ``taken`` is all that came."""

    def __init__(self, listening: socket.socket) -> None:
        self.taken: list[Taken] = []
        self.answer = _ANSWER
        self._listening = listening

    def forget(self) -> None:
        """Begin a new list."""
        self.taken = []

    def serve(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        taken = Taken()
        connection.settimeout(_PATIENCE_SECONDS)
        with connection, suppress(OSError):
            reader = connection.makefile("rb")
            taken.head = _head(reader)
            if taken.head:
                self.taken.append(taken)
                taken.body = _body(reader, taken)
                connection.settimeout(_SENDING_SECONDS)
                connection.sendall(self.answer)
                connection.shutdown(socket.SHUT_WR)
                taken.rest = reader.read()
        taken.ended.set()


def _head(reader: BufferedReader) -> bytes:
    lines = []
    while line := reader.readline():
        lines.append(line)
        if line == b"\r\n":
            break
    return b"".join(lines)


def _body(reader: BufferedReader, taken: Taken) -> bytes:
    if length := taken.values(b"content-length"):
        return reader.read(int(length[0]))
    if not taken.values(b"transfer-encoding"):
        return b""
    chunks = []
    while size := int(reader.readline().strip(), 16):
        chunks.append(reader.read(size))
        reader.readline()
    while line := reader.readline().rstrip(b"\r\n"):
        chunks.append(line)
    return b"".join(chunks)


@contextmanager
def standing_in(path: Path) -> Iterator[StandIn]:
    """Listen at ``path`` as the gateway does."""
    with listening_at(path) as listening:
        found = StandIn(listening)
        serving = threading.Thread(target=found.serve, daemon=True)
        serving.start()
        try:
            yield found
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            serving.join()


@contextmanager
def listening_at(path: Path) -> Iterator[socket.socket]:
    """Make a socket as systemd does: for its owner and its group."""
    with socket.socket(socket.AF_UNIX) as listening:
        before = os.umask(0o117)
        listening.bind(str(path))
        os.umask(before)
        listening.listen(256)
        yield listening
    path.unlink()
