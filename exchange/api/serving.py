"""Runs several listeners in one process until told to stop."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from exchange.api.protocol import HttpProtocol
from exchange.errors import Code, Unavailable

App = ASGIApp
"""What a listener serves."""

Bound = socket.socket

_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 10
_FAREWELL_SECONDS = 0.5
_WAITING_CONNECTIONS = 2048
_ONLY_OWNER_AND_GROUP = 0o117


@dataclass(frozen=True, slots=True)
class Listener:
    """One place to listen: a TCP address, with TLS or (operator only) without, or a Unix socket.

    ``protocol`` is a kind of ``HttpProtocol``; the TLS listener's hands over the certificate.
    ``inherited`` is a socket on which somebody else listens already, for us and for who comes next.
    """

    app: App
    host: str = "127.0.0.1"
    port: int = 0
    socket: Path | None = None
    inherited: Bound | None = None
    tls: SSLContext | None = None
    protocol: type[asyncio.Protocol] | None = None


async def serve_all(
    listeners: Sequence[Listener], stop: asyncio.Event, farewell_seconds: float = _FAREWELL_SECONDS
) -> None:
    """Serve until ``stop``; the failure of one listener stops all.

    A Unix socket disappears first and is served ``farewell_seconds`` longer: who had reached it is
    answered, a proxy that no longer finds it tries again, at the socket of who comes next.
    """
    own = [_own_socket(listener) for listener in listeners]
    sockets = [bound or listener.inherited for bound, listener in zip(own, listeners, strict=True)]
    servers = [_Server(_config(listener)) for listener in listeners]
    tasks = [
        asyncio.create_task(server.serve([bound] if bound else None))
        for server, bound in zip(servers, sockets, strict=True)
    ]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if _withdraw(own):
            await asyncio.sleep(farewell_seconds)
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)


def _own_socket(listener: Listener) -> socket.socket | None:
    """Make the Unix socket of a listener that was given none; what was given is not ours."""
    return _bound(listener.socket) if listener.socket and not listener.inherited else None


def _bound(path: Path) -> socket.socket:
    """Make a socket that its owner and group may reach and nobody else; one left behind goes.

    Raises ``Unavailable`` when somebody still listens there.
    """
    with socket.socket(socket.AF_UNIX) as probe, suppress(FileNotFoundError):
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=f"{path} is in use")
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(_ONLY_OWNER_AND_GROUP)
    try:
        listening.bind(str(path))
        listening.listen(_WAITING_CONNECTIONS)
    except OSError as error:
        listening.close()
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=f"{path}: cannot listen") from error
    finally:
        os.umask(before)
    return listening


def _withdraw(sockets: Sequence[socket.socket | None]) -> bool:
    """Remove the sockets' names that are still ours; say whether there were any."""
    ours = [bound for bound in sockets if bound]
    for bound in ours:
        with suppress(OSError):
            Path(bound.getsockname()).unlink()
    return bool(ours)


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the process it is one of several parts of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(listener: Listener) -> uvicorn.Config:
    tls = listener.tls
    protocol: Any = listener.protocol or HttpProtocol
    return uvicorn.Config(
        listener.app,
        host=listener.host,
        port=listener.port,
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
