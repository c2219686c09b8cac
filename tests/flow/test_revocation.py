"""What is revoked holds in every gateway that runs, on connections that were open before.

Two gateways of one installation, as processes; the operator's own commands; the CA's own list. Each
wait below ends well within the 60 s that are promised, or fails.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from exchange.config import SETTINGS_FILE, Listen, Settings
from exchange.crypto.pki import Credential, Validity, make_client, make_crl, make_server
from exchange.messages.identifiers import Oin
from tests.flow.installation import CODE, Installation, context_of, free_port, until

NAME = "las-tijdelijk"
TEMPORARY = Oin("00000099777777777000")
READING = "/v1/ontvangstbewijzen?vestigingscode=99BB00"
OF_OTHERS = ("las-noord",)


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


def operate(folder: Path, *arguments: str) -> None:
    """Run a command as the operator does."""
    command = (sys.executable, "-m", "exchange", *arguments, "--dir", str(folder))
    done = subprocess.run(command, cwd=CODE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def serve(folder: Path) -> subprocess.Popen[bytes]:
    """Start a gateway as a service manager does."""
    command = (sys.executable, "-m", "exchange", "serve", "--dir", str(folder))
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=CODE, stdout=log, stderr=log)


@pytest.fixture(scope="module")
async def second(
    shared_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Settings]:
    """Another gateway beside the first: the same database and keys, its own copy of the list."""
    folder, port = tmp_path_factory.mktemp("second"), free_port()
    changes = {
        "listen": Listen(host="127.0.0.1", port=port),
        "operator_listen": Listen(host="127.0.0.1", port=free_port()),
        "client_crl": folder / "crl.pem",
        "log_files": None,
    }
    (folder / "crl.pem").write_bytes((shared_installation.folder / "pki" / "crl.pem").read_bytes())
    settings: Settings = shared_installation.settings.model_copy(update=changes)
    (folder / SETTINGS_FILE).write_text(settings.model_dump_json())
    process = serve(folder)
    try:
        while not await _serves(shared_installation.folder, port):
            assert process.poll() is None, (folder / "log").read_text()
            await asyncio.sleep(0.1)
        yield settings
    finally:
        process.terminate()
        process.wait(30)
    assert '"event": "fault"' not in (folder / "log").read_text()


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


def authority_of(folder: Path) -> Credential:
    """Give the installation's own CA."""
    pki = folder / "pki"
    return Credential((pki / "ca.pem").read_bytes(), (pki / "ca.key").read_bytes())


def validity() -> Validity:
    """From an hour ago until tomorrow."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Validity(now - timedelta(hours=1), now + timedelta(days=1))


@pytest.fixture
def connect(installation: Installation) -> Iterator[Callable[[str, int], Open]]:
    """Open connections that are closed afterwards."""
    opened: list[Open] = []

    def connect(name: str, port: int) -> Open:
        opened.append(Open(installation.folder, name, port))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


@pytest.fixture
def party(installation: Installation) -> None:
    """Connect a supplier by the operator's own commands, with a certificate of our CA."""
    folder = installation.folder
    made = make_client(authority_of(folder), TEMPORARY, NAME, NAME, validity())
    (folder / "pki" / f"{NAME}.pem").write_bytes(made.certificate)
    (folder / "pki" / f"{NAME}.key").write_bytes(made.key)
    enrol(folder)


def enrol(folder: Path) -> None:
    """Connect the supplier and give it its mandate."""
    operate(folder, "party", "add", str(TEMPORARY), NAME, "--rol", "leverancier")
    operate(folder, "party", "mandate", NAME, "99BB00", "--dienst", "aanleveren")


@pytest.mark.usefixtures("party")
async def test_a_revocation_holds_in_both_gateways_on_open_connections(
    installation: Installation, second: Settings, connect: Callable[[str, int], Open]
) -> None:
    folder = installation.folder
    ports = [port_of(settings) for settings in (installation.settings, second)]
    lines = [connect(NAME, each) for each in ports]
    others = [connect(name, each) for name in OF_OTHERS for each in ports]

    async def told(expected: tuple[int, str | None]) -> None:
        async def by_both() -> bool:
            assert {other.ask() for other in others} == {(200, None)}
            return {line.ask() for line in lines} == {expected}

        await until(by_both, f"both gateways say {expected}")

    await told((200, None))
    operate(folder, "party", "revoke", NAME, "--principal", "99BB00")
    await told((403, "geen-mandaat"))
    operate(folder, "party", "revoke", NAME)
    await told((401, "niet-aangemeld"))
    enrol(folder)
    await told((200, None))
    revoke_certificate(folder, installation.settings, second)
    await told((401, "niet-aangemeld"))
    allowed = {(200, None), (403, "geen-mandaat"), (401, "niet-aangemeld")}
    assert {answer for line in lines for answer in line.answers} == allowed


def revoke_certificate(folder: Path, *gateways: Settings) -> None:
    """Give every gateway the CA's next list."""
    certificate = (folder / "pki" / f"{NAME}.pem").read_bytes()
    listed = make_crl(authority_of(folder), [certificate], validity(), number=2)
    for settings in gateways:
        assert settings.client_crl is not None
        new = settings.client_crl.with_suffix(".new")
        new.write_bytes(listed)
        new.replace(settings.client_crl)


async def test_a_running_gateway_takes_a_new_server_certificate_into_use(
    installation: Installation, connect: Callable[[str, int], Open]
) -> None:
    folder, port = installation.folder, port_of(installation.settings)
    before = connect("las-noord", port)
    made = make_server(authority_of(folder), validity())
    expected = ssl.PEM_cert_to_DER_cert(made.certificate.decode())
    for suffix, content in (("pem", made.certificate), ("key", made.key)):
        new = folder / "pki" / f"server.{suffix}.new"
        new.write_bytes(content)
        new.replace(folder / "pki" / f"server.{suffix}")

    async def is_shown() -> bool:
        shown = ssl.get_server_certificate(("127.0.0.1", port))
        return ssl.PEM_cert_to_DER_cert(shown) == expected

    await until(is_shown, "the new certificate is shown")
    assert before.ask() == (200, None)


async def test_a_gateway_whose_list_breaks_says_so_and_recovers_by_itself(
    installation: Installation, second: Settings, connect: Callable[[str, int], Open]
) -> None:
    crl = second.client_crl
    assert crl is not None
    good = crl.read_bytes()
    line, other = (
        connect("las-noord", port_of(settings)) for settings in (second, installation.settings)
    )
    assert line.ask() == (200, None)
    assert await readiness(second) == (200, "ok\n")
    crl.write_bytes(good[:-40])

    async def refuses() -> bool:
        said = await readiness(second)
        return line.ask()[0] == 401 and said == (503, "dienst-onbeschikbaar: client-crl\n")

    await until(refuses, "the gateway is not ready and believes nobody")
    assert other.ask() == (200, None)
    crl.write_bytes(good)

    async def serves_again() -> bool:
        return line.ask() == (200, None) and await readiness(second) == (200, "ok\n")

    await until(serves_again, "the gateway serves again")


async def readiness(settings: Settings) -> tuple[int, str]:
    """Ask the operator's port."""
    place = settings.operator_listen
    assert place is not None
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://{place.host}:{place.port}/readyz")
    return answer.status_code, answer.text
