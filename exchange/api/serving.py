"""Runs several listeners in one process until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import Any

import uvicorn
from starlette.types import ASGIApp

App = ASGIApp
"""What a listener serves."""

_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Listener:
    """One place to listen: a TCP address, with TLS or (operator only) without, or a Unix socket.

    ``protocol`` is the uvicorn HTTP protocol class; the TLS listener's hands over the certificate.
    """

    app: App
    host: str = "127.0.0.1"
    port: int = 0
    socket: Path | None = None
    tls: SSLContext | None = None
    protocol: type[asyncio.Protocol] | None = None


async def serve_all(listeners: Sequence[Listener], stop: asyncio.Event) -> None:
    """Serve until ``stop``; the failure of one listener stops all."""
    servers = [_Server(_config(listener)) for listener in listeners]
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the process it is one of several parts of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(listener: Listener) -> uvicorn.Config:
    tls = listener.tls
    protocol: Any = listener.protocol or "httptools"
    return uvicorn.Config(
        listener.app,
        host=listener.host,
        port=listener.port,
        uds=str(listener.socket) if listener.socket else None,
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
    )
