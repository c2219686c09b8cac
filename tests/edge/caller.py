"""A caller whose every byte is a test's own, over TLS, with a party's certificate or none."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.edge.haproxy import Proxy

HOST = b"Host: localhost\r\n"
_PATIENCE_SECONDS = 15.0
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")


@dataclass(frozen=True)
class Heard:
    """Everything that came back until the proxy hung up."""

    raw: bytes

    @property
    def statuses(self) -> list[int]:
        """The statuses of the answers, in order; none when it just hung up."""
        return [int(status) for status in _STATUS.findall(self.raw)]


@contextmanager
def connected(
    proxy: Proxy, name: str | None = None, source: str = "127.0.0.1"
) -> Iterator[ssl.SSLSocket]:
    """Open a connection as ``name``; nobody shows no certificate."""
    plain = socket.create_connection(
        ("127.0.0.1", proxy.port), _PATIENCE_SECONDS, source_address=(source, 0)
    )
    with proxy.parties.context(name).wrap_socket(plain, server_hostname="localhost") as tls:
        yield tls


def speak(proxy: Proxy, raw: bytes, name: str | None = None) -> Heard:
    """Say ``raw``, say no more, and listen until the proxy hangs up."""
    with connected(proxy, name) as tls:
        with suppress(OSError):  # it may hang up while we speak
            tls.sendall(raw)
        return Heard(listen(tls))


def listen(tls: ssl.SSLSocket) -> bytes:
    """Read until the other side hangs up; fails when it never does."""
    heard = bytearray()
    try:
        while more := tls.recv(65536):
            heard += more
    except TimeoutError:
        raise AssertionError(f"never cut off, after {bytes(heard[:200])!r}") from None
    except (ConnectionError, ssl.SSLError):
        pass
    return bytes(heard)


def get(path: str = "/v1/openapi.json", *lines: bytes) -> bytes:
    """Give the bytes of a request that asks for one answer only."""
    head = f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"Connection: close\r\n"
    return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def post(*lines: bytes, body: bytes = b"", path: str = "/v1/signalen") -> bytes:
    """Give the bytes of a request with a body, framed by ``lines`` alone."""
    head = f"POST {path} HTTP/1.1\r\n".encode() + HOST
    return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body
