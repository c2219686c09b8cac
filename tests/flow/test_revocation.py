"""What is revoked holds in every gateway that runs, on connections that were open before.

Two gateways of one installation, as processes; the operator's own commands; the CA's own list. Each
wait below ends well within the 60 s that are promised, or fails.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from exchange.config import Settings
from exchange.crypto.pki import make_crl, make_server
from tests.flow.beside import (
    NAME,
    Open,
    authority_of,
    beside,
    connect_supplier,
    enrol,
    operate,
    port_of,
    validity,
)
from tests.flow.installation import Installation, until
from tests.keyboard import Keyboard

OF_OTHERS = ("las-noord",)


@pytest.fixture(scope="module")
async def second(
    shared_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Settings]:
    """Another gateway beside the first, with a copy of its own of the list."""
    async with beside(shared_installation, tmp_path_factory.mktemp("second")) as settings:
        yield settings


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
def party(installation: Installation, keyboard: Keyboard) -> None:
    """Connect a supplier by the operator's own commands, with a certificate of our CA."""
    connect_supplier(keyboard, installation.folder)


@pytest.mark.usefixtures("party")
async def test_a_revocation_holds_in_both_gateways_on_open_connections(
    installation: Installation,
    second: Settings,
    connect: Callable[[str, int], Open],
    keyboard: Keyboard,
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
    operate(keyboard, folder, "party", "revoke", NAME, "--principal", "99BB00")
    await told((403, "geen-mandaat"))
    operate(keyboard, folder, "party", "revoke", NAME)
    await told((401, "niet-aangemeld"))
    enrol(keyboard, folder)
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
        assert other.ask() == (200, None)
        return line.ask()[0] == 401 and said == (503, "dienst-onbeschikbaar: client-crl\n")

    await until(refuses, "the gateway is not ready and believes nobody")
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
