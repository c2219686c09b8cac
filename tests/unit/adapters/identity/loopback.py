"""Certificates in files, and a real uvicorn on the loopback address, with its own event loop."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from adapters.identity.mtls import TlsProtocol
from adapters.identity.peers import PeerOf, Scope
from adapters.identity.server_tls import tls_context
from adapters.identity.trust import Trust
from exchange.crypto.pki import Credential, Validity, make_authority, make_client, make_server
from exchange.errors import ExchangeError
from exchange.messages.identifiers import Oin

NOW = datetime.now(UTC).replace(second=0, microsecond=0)  # where a verdict begins to hold
VALID = Validity(NOW - timedelta(days=1), NOW + timedelta(days=1))
PAST = Validity(NOW - timedelta(days=9), NOW - timedelta(days=2))
OIN = Oin("00000099000003610000")


Headers = dict[str, str] | list[tuple[str, str]] | None


class FixedClock:
    """A clock that a test sets."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Files:
    """A certificate and its key."""

    cert: Path
    key: Path


class Pki:
    """A CA, a foreign CA, and what they issue, as PEM files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.authority = make_authority("Test CA", VALID)
        self.foreign = make_authority("Andere CA", VALID)
        self.ca = self.write("ca", self.authority).cert
        self.foreign_ca = self.write("foreign-ca", self.foreign).cert
        self.server = self.write("server", make_server(self.authority, VALID))
        self.client = self.issue("client", self.authority, VALID)

    def issue(self, name: str, authority: Credential, validity: Validity) -> Files:
        return self.write(name, make_client(authority, OIN, "Gemeente Test", name, validity))

    def write(self, name: str, credential: Credential) -> Files:
        files = Files(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        files.cert.write_bytes(credential.certificate)
        files.key.write_bytes(credential.key)
        return files

    def trust(self, clock: FixedClock | None = None, crl: Path | None = None) -> Trust:
        return Trust(self.ca, crl, clock or FixedClock())

    def server_tls(self) -> ssl.SSLContext:
        return tls_context(self.server.cert, self.server.key, self.ca)


class EchoPeer:
    """An application that tells whom it takes the caller for, and what the server told it."""

    def __init__(self, peer_of: PeerOf) -> None:
        self._peer_of = peer_of

    async def __call__(self, scope: Scope, receive: Scope, send: Scope) -> None:
        try:
            peer = self._peer_of(scope)
            told = {"oin": str(peer.oin), "thumbprint": peer.thumbprint} if peer else {"oin": None}
        except ExchangeError as error:
            told = {"refused": error.code.value}
        body = json.dumps({**told, "tls": scope.get("extensions", {}).get("tls")}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(app: Scope, tls: ssl.SSLContext | None, loop: str = "uvloop") -> Iterator[int]:
    """Serve ``app`` on a free port of the loopback address; give the port."""
    config = uvicorn.Config(
        app,
        http=TlsProtocol,
        ws="none",
        lifespan="off",
        loop=loop,
        log_config=None,
        access_log=False,
        ssl_context_factory=_given(tls) if tls else None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_run, args=(server, config, listening), daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def _given(tls: ssl.SSLContext) -> Callable[..., ssl.SSLContext]:
    return lambda *_: tls


def _run(server: uvicorn.Server, config: uvicorn.Config, listening: socket.socket) -> None:
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listening]))


def ask(port: int, context: ssl.SSLContext | None, headers: Headers = None) -> dict[str, Any]:
    """GET / on a connection of its own."""
    scheme = "https" if context else "http"
    with httpx.Client(verify=context or False, trust_env=False) as client:
        answer: dict[str, Any] = client.get(f"{scheme}://localhost:{port}/", headers=headers).json()
        return answer
