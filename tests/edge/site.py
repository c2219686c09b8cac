"""A real gateway with a real PostgreSQL, started as an operator does, behind a real HAProxy."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from exchange.config import SETTINGS_FILE, Listen, Settings
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.policy.calendar import legal_day
from exchange.storage.embedded import EmbeddedPostgres
from tests.edge.haproxy import Proxy, proxied
from tests.edge.parties import Parties
from tests.edge.stand_in import listening_at
from tests.flow.installation import CODE, free_port
from tests.flow.schools import ALKMAAR, signalen
from tests.flow.setup import enrol, prepare
from tests.integration.api.world import BELEID

_PATIENCE_SECONDS = 120.0


@dataclass
class GatewayProcess:
    """``exchange serve`` on the folder of an installation."""

    folder: Path
    settings: Settings
    listening: socket.socket
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start one as systemd does, which holds the socket; wait until it says it is ready."""
        as_third = 'exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
        serve = (sys.executable, "-m", "exchange", "serve", "--dir", str(self.folder))
        command = ("/bin/sh", "-c", as_third, "sh", *serve)
        with (self.folder / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=CODE, stdin=self.listening.fileno(), stdout=log, stderr=log
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._ready():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to stop, as systemd does, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(_PATIENCE_SECONDS) == 0, self.log()

    def log(self) -> str:
        """Give what it wrote."""
        return (self.folder / "gateway.log").read_text()

    def most_memory_kib(self) -> int:
        """Give the most memory that it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1])

    def _ready(self) -> bool:
        place = self.settings.operator_listen
        assert place is not None
        with suppress(httpx.TransportError):
            return httpx.get(f"http://{place.host}:{place.port}/readyz").is_success
        return False


@dataclass(frozen=True)
class Site:
    """An installation with its proxy in front."""

    gateway: GatewayProcess
    proxy: Proxy
    bodies: Iterator[dict[str, Any]] = field(
        default_factory=lambda: signalen(ALKMAAR, legal_day(datetime.now(UTC)))
    )
    """Signalen that nobody sent before; who sends from several threads takes turns."""

    def client(self, name: str | None = None) -> httpx.Client:
        """Give a party's client through the proxy; without a name, one without a certificate."""
        return self._client(self.proxy.port, name)

    def direct(self, name: str | None = None) -> httpx.Client:
        """Give the same at the gateway's own TLS listener."""
        assert self.gateway.settings.listen is not None
        return self._client(self.gateway.settings.listen.port, name)

    def _client(self, port: int, name: str | None) -> httpx.Client:
        context = self.proxy.parties.context(name)
        url = f"https://localhost:{port}"
        return httpx.Client(base_url=url, verify=context, timeout=60, trust_env=False)


@asynccontextmanager
async def sited(folder: Path, parties: Parties, **settings: str) -> AsyncIterator[Site]:
    """Set one up in ``folder``, which holds the parties' files in ``pki``; gone at the end."""
    place = folder / "site"
    place.mkdir()
    (place / "pki").symlink_to(parties.folder)
    postgres = await asyncio.to_thread(EmbeddedPostgres.open, place)
    try:
        with proxied(place, parties, settings) as proxy, listening_at(proxy.socket) as listening:
            made = await _settings(place, postgres, parties, proxy)
            gateway = GatewayProcess(place, made, listening)
            await asyncio.to_thread(gateway.start)
            site = Site(gateway, proxy)
            try:
                _open_doors(site)
                yield site
            finally:
                await asyncio.to_thread(gateway.stop)
    finally:
        await asyncio.to_thread(postgres.remove)


async def _settings(
    place: Path, postgres: EmbeddedPostgres, parties: Parties, proxy: Proxy
) -> Settings:
    ports = (Listen(host="127.0.0.1", port=free_port()) for _ in range(2))
    made = await prepare(place, postgres, *ports)
    await enrol(made, {})
    changes = {"proxy_socket": proxy.socket, "client_crl": parties.crl}
    made = made.model_copy(update=changes)
    (place / SETTINGS_FILE).write_text(made.model_dump_json())
    return made


def _open_doors(site: Site) -> None:
    """Lay down a school's policy and a recipient's key: signalen can be sent from then on."""
    key = RecipientPrivateKey.parse(generate_recipient_key())
    with site.client("leerplicht-0361") as recipient:
        answer = recipient.put("/v1/sleutel", json=dict(key.public_jwk))
        assert answer.is_success, answer.text
    with site.client("las-noord") as school:
        answer = school.put("/v1/vestigingen/99BB00/verzuimbeleid", json=BELEID)
        assert answer.is_success, answer.text
