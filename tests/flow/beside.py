"""A second gateway beside an installation's own, and a supplier that comes and goes."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exchange.config import SETTINGS_FILE, Listen, Settings
from exchange.crypto.pki import Credential, Validity, make_client
from exchange.messages.identifiers import Oin
from tests.flow.installation import CODE, Installation, context_of, free_port
from tests.keyboard import Keyboard

NAME = "las-tijdelijk"
TEMPORARY = Oin("00000099777777777000")
READING = "/v1/ontvangstbewijzen?vestigingscode=99BB00"


class Open:
    """One TLS connection to one gateway, which is never opened again."""

    def __init__(self, folder: Path, name: str, port: int) -> None:
        self._connection = http.client.HTTPSConnection(
            "localhost", port, context=context_of(folder, name), timeout=20
        )
        self._connection.connect()
        self._socket = self._connection.sock
        self.answers: list[tuple[int, str | None]] = []

    def ask(self) -> tuple[int, str | None]:
        """Give status and code; whatever comes is kept."""
        self._connection.request("GET", READING)
        answer = self._connection.getresponse()
        body = answer.read()
        assert self._connection.sock is self._socket, "another connection"
        told = None if answer.status == 200 else json.loads(body)["code"]
        self.answers.append((answer.status, told))
        return self.answers[-1]

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@asynccontextmanager
async def beside(installation: Installation, folder: Path) -> AsyncIterator[Settings]:
    """Run another gateway: the same database and keys, its own copy of the list."""
    port = free_port()
    changes = {
        "listen": Listen(host="127.0.0.1", port=port),
        "operator_listen": Listen(host="127.0.0.1", port=free_port()),
        "client_crl": folder / "crl.pem",
        "log_files": None,
    }
    (folder / "crl.pem").write_bytes((installation.folder / "pki" / "crl.pem").read_bytes())
    settings: Settings = installation.settings.model_copy(update=changes)
    (folder / SETTINGS_FILE).write_text(settings.model_dump_json())
    process = serve(folder)
    try:
        while not await _serves(installation.folder, port):
            assert process.poll() is None, (folder / "log").read_text()
            await asyncio.sleep(0.1)
        yield settings
    finally:
        process.terminate()
        process.wait(30)
    assert '"event": "fault"' not in (folder / "log").read_text()


def serve(folder: Path) -> subprocess.Popen[bytes]:
    """Start a gateway as a service manager does."""
    command = (sys.executable, "-m", "exchange", "serve", "--dir", str(folder))
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=CODE, stdout=log, stderr=log)


async def _serves(folder: Path, port: int) -> bool:
    try:
        Open(folder, "las-noord", port).close()
    except OSError:
        return False
    return True


def port_of(settings: Settings) -> int:
    """Give where a gateway listens."""
    assert settings.listen is not None
    return settings.listen.port


def operate(keyboard: Keyboard, folder: Path, *arguments: str) -> None:
    """Run a command as the operator does."""
    done = keyboard.type(*arguments, "--dir", str(folder))
    assert done.returncode == 0, done.stderr


def connect_supplier(keyboard: Keyboard, folder: Path) -> None:
    """Connect the supplier by the operator's own commands, with a certificate of our CA."""
    made = make_client(authority_of(folder), TEMPORARY, NAME, NAME, validity())
    (folder / "pki" / f"{NAME}.pem").write_bytes(made.certificate)
    (folder / "pki" / f"{NAME}.key").write_bytes(made.key)
    enrol(keyboard, folder)


def enrol(keyboard: Keyboard, folder: Path) -> None:
    """Connect the supplier and give it its mandate."""
    operate(keyboard, folder, "party", "add", str(TEMPORARY), NAME, "--rol", "leverancier")
    operate(keyboard, folder, "party", "mandate", NAME, "99BB00", "--dienst", "aanleveren")


def authority_of(folder: Path) -> Credential:
    """Give the installation's own CA."""
    pki = folder / "pki"
    return Credential((pki / "ca.pem").read_bytes(), (pki / "ca.key").read_bytes())


def validity() -> Validity:
    """From an hour ago until tomorrow."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Validity(now - timedelta(hours=1), now + timedelta(days=1))
