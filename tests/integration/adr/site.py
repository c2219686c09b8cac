"""A gateway in a process of its own with its workers, behind mutual TLS, like a production one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from adapters.http import client_context
from adapters.keys.file import FileKeyProvider
from exchange.config import SETTINGS_FILE, Listen, Settings
from exchange.crypto.wrapping import Argon2Cost
from exchange.policy.necessity import Mode
from exchange.storage.logins import login_url
from tests.flow.installation import CODE, free_port, until
from tests.flow.setup import enrol, make_certificates
from tests.integration.api.world import OINS
from tests.integration.servers import TestDatabase

_HOST = "127.0.0.1"
_MANY = 10_000_000
_PARTS = ("serve", "work")


@dataclass(frozen=True)
class Site:
    """Where it listens and with what certificates one comes."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The address of the API."""
        return f"https://localhost:{self.port}/v1"

    @property
    def ca(self) -> Path:
        """The authority of all certificates."""
        return self.folder / "pki" / "ca.pem"

    def credential(self, name: str) -> tuple[Path, Path]:
        """Give the certificate and the key of a party."""
        return self.folder / "pki" / f"{name}.pem", self.folder / "pki" / f"{name}.key"

    def client(self, name: str) -> httpx.Client:
        """Give the client of a party."""
        context = client_context(self.ca, *self.credential(name))
        return httpx.Client(base_url=self.url, verify=context, trust_env=False)

    def faults(self) -> list[str]:
        """Give what the gateway called its own fault; its server complains of what is no HTTP."""
        said = (self.folder / "serve.log").read_text("utf-8").splitlines()
        faults = [line for line in said if '"event": "fault"' in line]
        return [line for line in faults if '"error": "-", "where": "uvicorn.error"' not in line]


@asynccontextmanager
async def running(folder: Path, database: TestDatabase) -> AsyncIterator[Site]:
    """Set up and start a site over ``database``; stop it at the end."""
    site = Site(folder, free_port())
    settings = _settings(site, database)
    await enrol(settings, {})
    processes = [_started(folder, part) for part in _PARTS]
    try:
        await until(partial(_answers, site), "the gateway answers")
        yield site
    finally:
        for process in processes:
            process.terminate()
            await asyncio.to_thread(process.communicate)


def _settings(site: Site, database: TestDatabase) -> Settings:
    (site.folder / "pki").mkdir()
    make_certificates(site.folder / "pki", OINS)
    cheap = Argon2Cost(memory_kib=1024, iterations=1, lanes=1)
    FileKeyProvider.create(site.folder / "keys", site.folder / "passphrase", cheap)
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=login_url(database.url, "exchange_gateway"),
        passfile=database.passfile,
        keys=site.folder / "keys",
        passphrase=site.folder / "passphrase",
        listen=Listen(host=_HOST, port=site.port),
        tls_certificate=site.folder / "pki" / "server.pem",
        tls_key=site.folder / "pki" / "server.key",
        client_ca=site.ca,
        requests_per_minute=_MANY,
        lines_per_minute=_MANY,
    )
    (site.folder / SETTINGS_FILE).write_text(settings.model_dump_json())
    return settings


def _started(folder: Path, part: str) -> subprocess.Popen[bytes]:
    with (folder / f"{part}.log").open("ab") as log:
        return subprocess.Popen(
            (sys.executable, "-m", "exchange", part, "--dir", str(folder), "--with-parent"),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=CODE,
        )


async def _answers(site: Site) -> bool:
    with suppress(httpx.TransportError), site.client("fg") as client:
        answer = await asyncio.to_thread(client.get, "/sleutels")
        return answer.status_code == 200
    return False
