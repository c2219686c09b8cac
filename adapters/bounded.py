"""A way to another's server on which every call is bounded as a whole: in seconds and in bytes.

A timeout of ``httpx`` is one for each read: whoever sends a byte now and then is waited for without
end, and whoever sends fast fills the memory. Here the clock and the count run from the beginning of
a call to the end of its answer, handshake and headers included.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import local
from time import monotonic
from typing import Any

import httpcore
import httpx

from adapters.core_request import core_request


class BoundedTransport(httpx.BaseTransport):
    """``httpx`` over connections that are kept, each call with ``seconds`` and ``answer_bytes``.

    Proxies and CA settings of the environment do not count: it goes to the host of the URL.
    """

    def __init__(self, tls: ssl.SSLContext, seconds: float, answer_bytes: int) -> None:
        self._network = _Network(seconds, answer_bytes)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls, keepalive_expiry=5.0, network_backend=self._network
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``; raises ``httpx.TransportError`` for whatever goes wrong."""
        self._network.begin()
        body = request.stream if isinstance(request.stream, httpx.SyncByteStream) else b""
        asked = core_request(request, body)
        with _translated():
            answer = self._pool.handle_request(asked)
        if any(name.lower() == b"content-encoding" for name, _ in answer.headers):
            answer.close()  # nobody asked for it, and it may unpack to anything
            raise httpx.RemoteProtocolError("the answer is packed")
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close the connections that were kept."""
        self._pool.close()


class _Allowance(local):
    """What is left of the call that this thread makes."""

    until = 0.0
    left = 0


class _Network(httpcore.NetworkBackend):
    """The machine's network, within the allowance of a call."""

    def __init__(self, seconds: float, answer_bytes: int) -> None:
        self._network = httpcore.SyncBackend()
        self._seconds = seconds
        self._answer_bytes = answer_bytes
        self._allowance = _Allowance()

    def begin(self) -> None:
        """Begin a call."""
        self._allowance.until = monotonic() + self._seconds
        self._allowance.left = self._answer_bytes

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._network.connect_tcp(
            host, port, _within(self._allowance, timeout), local_address, socket_options
        )
        return _Stream(stream, self._allowance)


class _Stream(httpcore.NetworkStream):
    """One connection; what is read counts for the call that reads it."""

    def __init__(self, stream: httpcore.NetworkStream, allowance: _Allowance) -> None:
        self._stream = stream
        self._allowance = allowance

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._allowance.left <= 0:
            raise httpcore.ReadError("the answer is too long")
        most = min(max_bytes, self._allowance.left)
        data = self._stream.read(most, _within(self._allowance, timeout))
        self._allowance.left -= len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _within(self._allowance, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        limit = _within(self._allowance, timeout)
        secured = self._stream.start_tls(ssl_context, server_hostname, limit)
        return _Stream(secured, self._allowance)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  as the library declares it
        return self._stream.get_extra_info(info)


class _Body(httpx.SyncByteStream):
    """The body of an answer, as it comes in."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def _within(allowance: _Allowance, timeout: float | None) -> float:
    """Give how long one step may take; raises when the call has had its time."""
    left = allowance.until - monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the answer takes too long")
    return left if timeout is None else min(timeout, left)


@contextmanager
def _translated() -> Iterator[None]:
    """Raise what the library below raises under the names that ``httpx`` has for it."""
    try:
        yield
    except _RAISED as error:
        known = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise known(str(error)) from error


_RAISED = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)
