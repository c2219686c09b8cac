"""A running sandbox to measure, and what its database knows of each message's times."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import httpx

from adapters.http import mtls_client

_READY_SECONDS = 120
_ACKNOWLEDGED_SECONDS = 60


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that is up; ``facts`` is its sandbox.json."""

    folder: Path
    facts: Mapping[str, Any] = field(repr=False)

    def client(self, party: str) -> httpx.Client:
        """Give the mTLS client of one of its parties."""
        named = self.facts["parties"][party]
        return mtls_client(
            self.facts["baseUrl"],
            self.folder / self.facts["ca"],
            self.folder / named["cert"],
            self.folder / named["key"],
        )

    async def durability(self) -> dict[str, str]:
        """Give the settings without which a figure means nothing."""
        connection = await asyncpg.connect(self.facts["databaseUrl"])
        try:
            return {
                name: await connection.fetchval(f"SHOW {name}")
                for name in ("server_version", "fsync", "synchronous_commit", "full_page_writes")
            }
        finally:
            await connection.close()

    async def acknowledged(self, berichten: list[str]) -> list[float | None]:
        """Give milliseconds from acceptance to acknowledgement per message; None if never."""
        connection = await asyncpg.connect(self.facts["databaseUrl"])
        try:
            deadline = time.monotonic() + _ACKNOWLEDGED_SECONDS
            while True:
                rows = await connection.fetch(_TIMES, berichten)
                times = [row["milliseconds"] for row in rows]
                if None not in times or time.monotonic() > deadline:
                    return times
                await asyncio.sleep(0.2)
        finally:
            await connection.close()


_TIMES = """
    SELECT extract(epoch FROM outbox.acknowledged_at - messages.received_at)::float8 * 1000
           AS milliseconds
    FROM messages JOIN outbox USING (bericht_id)
    WHERE bericht_id = ANY($1::text[]::uuid[]) AND rol = 'leerplicht'
"""


@contextmanager
def running_sandbox(folder: Path) -> Iterator[Sandbox]:
    """Start a sandbox in ``folder``, wait until its own school week is done, stop it at the end."""
    command = [sys.executable, "-m", "exchange", "sandbox", "--dir", str(folder / "sandbox")]
    subprocess.run([*command, "--port", str(_free_port()), "--once", "--quiet"], check=True)
    process = subprocess.Popen([*command, "--port", str(_free_port()), "--quiet"])
    try:
        yield _ready(folder / "sandbox", process)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _ready(folder: Path, process: subprocess.Popen[bytes]) -> Sandbox:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            facts = json.loads((folder / "sandbox.json").read_text())
            if httpx.get(facts["operatorUrl"] + "/readyz").is_success:
                return Sandbox(folder, facts)
        except (OSError, httpx.TransportError):
            pass
        time.sleep(0.1)
    raise SystemExit("the sandbox did not come up")


def _free_port() -> int:
    """Give a port whose successor is free too: the operator's."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
