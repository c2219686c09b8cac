"""A gateway that is asked to stop: it finishes what it is doing, and waits for nobody else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from exchange.config import Settings
from tests.flow.installation import Installation, context_of, installed
from tests.flow.killable import GATEWAY
from tests.flow.schools import ALKMAAR, signalen
from tests.privacy.commands import Commands


class Caller:
    """A school's connection whose every byte is sent and read by hand: it answers no TLS alert."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        assert settings.listen is not None
        plain = socket.create_connection((settings.listen.host, settings.listen.port))
        self._tls = context_of(folder, ALKMAAR.sender).wrap_socket(
            plain, server_hostname="localhost"
        )

    def send(self, *parts: bytes) -> None:
        """Send bytes of a request."""
        self._tls.sendall(b"".join(parts))

    def wait_for_go_ahead(self) -> None:
        """Read the answer that asks for the body: the application has begun with the request."""
        assert self._more() == b"HTTP/1.1 100 Continue\r\n\r\n"

    def answer(self) -> tuple[int, bytes]:
        """Read one whole answer: its status and body."""
        read = bytearray()
        while b"\r\n\r\n" not in read:
            read += self._more()
        head, _, body = bytes(read).partition(b"\r\n\r\n")
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(lines[b"content-length"]):
            body += self._more()
        return int(head.split(b" ")[1]), body

    def wait_for_end(self) -> None:
        """Wait until the connection itself is gone, leaving TLS alerts unread."""
        with socket.socket(fileno=os.dup(self._tls.fileno())) as plain, suppress(ConnectionError):
            while plain.recv(4096):
                pass

    def close(self) -> None:
        """Let go of it."""
        self._tls.close()

    def _more(self) -> bytes:
        received = self._tls.recv(65536)
        if not received:
            raise ssl.SSLEOFError("the answer ended early")
        return received


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[tuple[Installation, Commands]]:
    commands = Commands()
    try:
        async with installed(tmp_path, commands) as installation:
            yield installation, commands
    finally:
        commands.close()


async def test_an_idle_connection_is_ended_while_a_request_under_way_gets_its_answer(
    site: tuple[Installation, Commands],
) -> None:
    installation, commands = site
    idle, busy = (Caller(installation.folder, installation.settings) for _ in range(2))
    idle.send(b"GET /v1/sleutels HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert (await asyncio.to_thread(idle.answer))[0] == 200

    body = json.dumps(next(signalen(ALKMAAR, installation.today))).encode()
    busy.send(
        b"POST /v1/signalen HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n",
        b"idempotency-key: the-last-one\r\nexpect: 100-continue\r\n",
        b"content-length: %d\r\n\r\n" % len(body),
    )
    await asyncio.to_thread(busy.wait_for_go_ahead)
    os.kill(commands.pids[GATEWAY], signal.SIGTERM)
    await asyncio.to_thread(idle.wait_for_end)
    busy.send(body)
    status, receipt = await asyncio.to_thread(busy.answer)
    assert (status, json.loads(receipt)["soort"]) == (202, "signaal")
    await asyncio.to_thread(busy.wait_for_end)
    idle.close()
    busy.close()
