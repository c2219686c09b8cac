"""What is measured: one PostgreSQL, gateways, workers and the yardstick, each a process.

Everything is on as in production: row security, keys from a folder, workers that seal, tally and
purge beside it. Two things differ: nobody's quota is in the way, and a certificate authority of our
own. The gateway waits at a Unix socket as behind a proxy; a TLS listener stands beside it.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from exchange.config import SETTINGS_FILE, Listen, Settings
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.messages.identifiers import Schooljaar
from exchange.policy.calendar import legal_day
from exchange.storage.embedded import EmbeddedPostgres
from tests.bench.speed import clocks
from tests.bench.speed.jobs import Target
from tests.bench.speed.process import Process
from tests.flow.installation import free_port
from tests.flow.setup import enrol, make_certificates, prepare
from tests.integration.api.world import BELEID, OINS
from tests.integration.servers import database_url, run_sql

RECIPIENTS = ("leerplicht-0361", "leerplicht-0599")
SENDERS = {"99BB00": "las-noord", "99BB01": "las-noord", "99CC00": "las-zuid"}
SAMPLED = 2
"""The number of the gateway whose stacks are sampled; 0 and 1 are as they are."""

_PATIENCE_SECONDS = 60.0
_NO_QUOTA = 1_000_000_000
_POSTGRES = {
    "max_connections": "150",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
}
"""Sizes of a small server instead of a laptop's; what makes it durable stays as it is."""


@dataclass
class Site:
    """One that is set up; nothing of it runs before it is asked to."""

    folder: Path
    postgres: EmbeddedPostgres
    gateways: list[Process]
    sockets: list[Path]
    workers: Process
    echo: Process
    echo_socket: Path
    ports: tuple[int, int]
    """Of the gateway's TLS listener and of the yardstick's."""

    keys: dict[str, RecipientPrivateKey] = field(default_factory=dict, repr=False)

    @property
    def database(self) -> str:
        """The superuser's address of the gateway's database."""
        return self.postgres.url

    def spent(self) -> clocks.Spent:
        """Give what all parts have spent so far."""
        pids = [process.pid for process in (*self.gateways, self.echo) if process.pid]
        return clocks.Spent(
            servers=clocks.of_processes(pids),
            postgres=clocks.of_family(self.postgres.postmaster_pid or 0),
            workers=clocks.of_processes([self.workers.pid]) if self.workers.pid else 0.0,
            busy=clocks.of_machine(),
        )

    def gateway(self, number: int = 0) -> Target:
        """Give the socket of a gateway."""
        return Target(unix=self.sockets[number])

    def tls(self, party: str) -> Target:
        """Give the TLS listener of the first gateway, for one of the parties."""
        return self._over_tls(self.ports[0], party)

    def yardstick(self) -> Target:
        """Give the socket of the yardstick."""
        return Target(unix=self.echo_socket)

    def yardstick_tls(self, party: str) -> Target:
        """Give the TLS listener of the yardstick."""
        return self._over_tls(self.ports[1], party)

    def client(self, party: str) -> httpx.Client:
        """Give a slow but comfortable client of a party, at the first gateway's socket."""
        return httpx.Client(
            base_url="http://localhost",
            transport=httpx.HTTPTransport(uds=str(self.sockets[0])),
            headers={"client-cert": self.client_cert(party)},
            timeout=300,
        )

    def client_cert(self, party: str) -> str:
        """Give what a proxy would hand over of a party (RFC 9440)."""
        pem = (self.folder / "pki" / f"{party}.pem").read_text()
        return f":{base64.b64encode(ssl.PEM_cert_to_DER_cert(pem)).decode()}:"

    def start(self, *processes: Process) -> None:
        """Start processes and wait until they can be reached."""
        for process in processes:
            process.start()
        for process in processes:
            self._await(process)

    def _await(self, process: Process) -> None:
        places = dict(zip(map(id, self.gateways), self.sockets, strict=True))
        places[id(self.echo)] = self.echo_socket
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while id(process) in places and not _answers(places[id(process)]):
            process.require_alive()
            if time.monotonic() > deadline:
                raise SystemExit(f"{process.name} did not come up")
            time.sleep(0.05)

    def _over_tls(self, port: int, party: str) -> Target:
        pki = self.folder / "pki"
        return Target(
            port=port,
            ca=pki / "ca.pem",
            certificate=pki / f"{party}.pem",
            key=pki / f"{party}.key",
        )


@contextmanager
def standing_site() -> Iterator[Site]:
    """Set one up with its first gateway, workers and yardstick running; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="vx-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "pki").mkdir()
        make_certificates(folder / "pki", OINS)
        postgres = EmbeddedPostgres.open(folder, settings=_POSTGRES)
        try:
            site = _made(folder, postgres)
            try:
                site.start(site.gateways[0], site.echo, site.workers)
                open_doors(site)
                yield site
            finally:
                for process in (*site.gateways, site.echo, site.workers):
                    process.stop()
        finally:
            postgres.remove()


def _made(folder: Path, postgres: EmbeddedPostgres) -> Site:
    ports = (free_port(), free_port())
    listen = Listen(host="127.0.0.1", port=ports[0])
    settings = asyncio.run(prepare(folder, postgres, listen, listen))
    asyncio.run(enrol(settings, {}))
    asyncio.run(run_sql(postgres.url, "CREATE DATABASE yardstick"))
    sockets = [folder / f"gateway-{number}.sock" for number in range(SAMPLED + 1)]
    for number, socket in enumerate(sockets):
        place = folder / f"gateway-{number}"
        place.mkdir()
        changes = {
            "proxy_socket": socket,
            "operator_listen": None,
            "listen": listen if number == 0 else None,
            "requests_per_minute": _NO_QUOTA,
            "lines_per_minute": _NO_QUOTA,
        }
        _write(place, settings.model_copy(update=changes))
    _write(folder, settings.model_copy(update={"listen": None, "operator_listen": None}))
    yardstick = database_url(postgres.url, "yardstick").replace("postgresql", "postgresql+asyncpg")
    echo_socket = folder / "echo.sock"
    echo = [
        *_python("tests.bench.speed.echo", "--socket", str(echo_socket)),
        *("--port", str(ports[1]), "--pki", str(folder / "pki"), "--database", yardstick),
    ]
    return Site(
        folder=folder,
        postgres=postgres,
        gateways=[_gateway(folder, number) for number in range(SAMPLED + 1)],
        sockets=sockets,
        workers=Process(
            "workers",
            _python("exchange", "work", "--dir", str(folder), _LEASH),
            folder / "workers.log",
        ),
        echo=Process("yardstick", echo, folder / "echo.log"),
        echo_socket=echo_socket,
        ports=ports,
    )


def _gateway(folder: Path, number: int) -> Process:
    place = str(folder / f"gateway-{number}")
    command = _python("exchange", "serve", "--dir", place, _LEASH)
    if number == SAMPLED:
        command = _python("tests.bench.speed.sampled", place, str(folder / "stacks"))
    return Process(f"gateway {number}", command, folder / f"gateway-{number}.log")


_LEASH = "--with-parent"


def open_doors(site: Site) -> None:
    """Let the recipients register keys, and the schools lay down policy and calendar."""
    for name in RECIPIENTS:
        key = site.keys[name] = RecipientPrivateKey.parse(generate_recipient_key())
        with site.client(name) as client:
            _laid_down(client.put("/v1/sleutel", json=dict(key.public_jwk)))
    year = str(Schooljaar.of(legal_day(datetime.now(UTC))))
    for vestiging, sender in SENDERS.items():
        base = f"/v1/vestigingen/{vestiging}"
        with site.client(sender) as client:
            _laid_down(client.put(f"{base}/verzuimbeleid", json=BELEID))
            calendar: dict[str, list[str]] = {"lesvrijePerioden": []}
            _laid_down(client.put(f"{base}/schoolkalenders/{year}", json=calendar))


def _laid_down(answer: httpx.Response) -> None:
    if not answer.is_success:
        raise SystemExit(f"{answer.request.url}: {answer.status_code} {answer.text}")


def _write(folder: Path, settings: Settings) -> None:
    (folder / SETTINGS_FILE).write_text(settings.model_dump_json())


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _answers(socket: Path) -> bool:
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket))) as client:
            client.get("http://localhost/")
    except httpx.TransportError:
        return False
    return True
