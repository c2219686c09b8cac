"""The gateway's wire, watched from the event loop: requests arriving, answers leaving.

The product is not touched: its own server runs on a loop that hands each connection on. On this
loop a ``write`` has left for the kernel when it returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from tests.flow.orders import Obedience

_ARRIVALS = (
    (b"POST /v1/signalen ", b"", "signaal arrives"),
    (b"GET /v1/berichten/", b"", "download arrives"),
    (b"POST /v1/berichten/", b"/bevestigingen", "acknowledgement arrives"),
)


class WatchedLoop(asyncio.SelectorEventLoop):
    """The loop of ``asyncio.run``, except that servers are watched."""

    def __init__(self, obedience: Obedience) -> None:
        super().__init__()
        self._obedience = obedience

    async def create_server(
        self,
        protocol_factory: Callable[[], Any],
        *args: Any,  # noqa: ANN401  whatever it takes is passed on
        **options: Any,  # noqa: ANN401
    ) -> asyncio.Server:
        def watched() -> asyncio.Protocol:
            return _WatchedProtocol(protocol_factory(), self._obedience)

        return await super().create_server(watched, *args, **options)


class _WatchedProtocol(asyncio.Protocol):
    """Hands everything to the server's protocol; tells which requests arrive."""

    def __init__(self, inner: Any, obedience: Obedience) -> None:  # noqa: ANN401  uvicorn's
        self._inner = inner
        self._obedience = obedience
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._inner.connection_made(_WatchedTransport(transport, self._obedience))

    def data_received(self, data: bytes) -> None:
        line = data.partition(b"\r\n")[0]
        for start, within, point in _ARRIVALS:
            if line.startswith(start) and within in line and self._obedience.at(point):
                assert isinstance(self._transport, asyncio.Transport)
                self._transport.abort()
                return
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()  # type: ignore[no-any-return]  # uvicorn's

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


class _WatchedTransport:
    """The transport that the server writes to; tells how far an answer has come."""

    def __init__(self, inner: Any, obedience: Obedience) -> None:  # noqa: ANN401  uvicorn's
        self._inner = inner
        self._obedience = obedience
        self._answer: str | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  all that a transport has
        return getattr(self._inner, name)

    def write(self, data: bytes) -> None:
        """Pass on an answer's head and body, which come apart."""
        if data.startswith(b"HTTP/1.1 "):
            self._answer = _kind(data)
            if self._answer:
                self._obedience.at(f"{self._answer} unsent")
            self._inner.write(data)
        elif self._answer:
            half = len(data) // 2
            self._inner.write(data[:half])
            self._obedience.at(f"{self._answer} half sent")
            self._inner.write(data[half:])
            self._obedience.at(f"{self._answer} sent")
            self._answer = None
        else:
            self._inner.write(data)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """Pass on what the server sends in one piece, part by part."""
        for piece in pieces:
            self.write(piece)


def _kind(head: bytes) -> str | None:
    if head.startswith(b"HTTP/1.1 202 "):
        return "receipt"
    if b"application/jose" in head:
        return "download"
    return "acknowledgement" if head.startswith(b"HTTP/1.1 201 ") else None
