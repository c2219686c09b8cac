"""Everybody's connection to a running gateway; keeps all that comes back, to the byte."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from exchange.crypto.pki import Credential, Validity, make_client
from exchange.messages.identifiers import Oin
from tests.flow.installation import Installation, base_url, context_of
from tests.integration.api.world import OINS

STRANGER = "vreemde"
_UNKNOWN_OIN = Oin("00000099999999999000")


@dataclass(frozen=True)
class Answer:
    """What one caller got, as it came over the line."""

    caller: str
    asked: str
    status: int
    raw: bytes = field(repr=False)


class Wire:
    """Clients by party name; None shows no certificate."""

    def __init__(self, installation: Installation) -> None:
        self.answers: list[Answer] = []
        self._installation = installation
        self._clients: dict[str | None, httpx.AsyncClient] = {}
        self._base = base_url(installation.settings)

    async def call(
        self,
        caller: str | None,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Make one call; a body that is not bytes goes as JSON."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {} if content is None else {"content-type": "application/json"}
        client = self._client(caller)
        answer = await client.request(
            method, path, content=content, headers=given | (headers or {})
        )
        self.keep(caller, f"{method} {path}", answer)
        return answer

    async def raw(self, caller: str | None, request: bytes, *, half: bool = False) -> bytes:
        """Write bytes on a TLS connection, and give what comes back until it closes.

        ``half``: hang up at once, in the middle of a request.
        """
        place = self._installation.settings.listen
        assert place is not None
        reader, writer = await asyncio.open_connection(
            "localhost", place.port, ssl=self.context(caller), server_hostname="localhost"
        )
        came = b""
        try:
            writer.write(request)
            await writer.drain()
            if not half:
                with suppress(TimeoutError, ConnectionError):
                    came = await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        self.answers.append(Answer(str(caller), repr(request[:40]), 0, came))
        return came

    def keep(self, caller: str | None, asked: str, answer: httpx.Response) -> None:
        """Keep an answer: status line, headers, body."""
        head = f"{answer.http_version} {answer.status_code} {answer.reason_phrase}\r\n".encode()
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in answer.headers.raw)
        raw = head + lines + b"\r\n" + answer.content
        self.answers.append(Answer(str(caller), asked, answer.status_code, raw))

    def certify(self, name: str, oin: Oin, organisation: str) -> None:
        """Make a certificate of the installation's own CA for ``name``."""
        pki = self._installation.folder / "pki"
        authority = Credential((pki / "ca.pem").read_bytes(), (pki / "ca.key").read_bytes())
        now = datetime.now(UTC).replace(microsecond=0)
        validity = Validity(now - timedelta(hours=1), now + timedelta(days=1))
        made = make_client(authority, oin, organisation, name, validity)
        (pki / f"{name}.pem").write_bytes(made.certificate)
        (pki / f"{name}.key").write_bytes(made.key)

    def context(self, caller: str | None) -> ssl.SSLContext:
        """Give the TLS context of a caller."""
        if caller is None:
            return ssl.create_default_context(cafile=self._installation.folder / "pki" / "ca.pem")
        if caller == STRANGER and not (self._installation.folder / "pki" / "vreemde.pem").exists():
            self.certify(STRANGER, _UNKNOWN_OIN, "Vreemde")
        return context_of(self._installation.folder, caller)

    async def close(self) -> None:
        """Hang up."""
        for client in self._clients.values():
            await client.aclose()

    def _client(self, caller: str | None) -> httpx.AsyncClient:
        if caller not in self._clients:
            self._clients[caller] = httpx.AsyncClient(
                base_url=self._base, verify=self.context(caller), trust_env=False, timeout=40
            )
        return self._clients[caller]


@asynccontextmanager
async def listening(pki: Path, port: int) -> AsyncIterator[list[bytes]]:
    """Listen for notices as a recipient does; gives what arrives. The first one is told: later."""
    arrived: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            )
            arrived.append(head + await reader.readexactly(length))
            status = b"503 Later" if len(arrived) == 1 else b"204 Dank"
            writer.write(
                b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    server = await asyncio.start_server(take, "127.0.0.1", port, ssl=context)
    async with server:
        yield arrived


def party_of(oin: str) -> str:
    """Name the party of an OIN."""
    return next(name for name, known in OINS.items() if known.reveal() == oin)
