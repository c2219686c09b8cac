"""Production starts with a token and does its work: from a school's melding to what is opened.

A verzuimmelding is law today, so its clause is in force; a signaal is not, and is refused. The
parties have OINs of the real range, which no party has; the pupil's number is a test number.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.system import SystemIds
from exchange.bootstrap.keys import make_keys
from exchange.config import Settings
from exchange.crypto.opening import open_message
from exchange.crypto.pki import Validity, make_authority, make_client, make_crl, make_server
from exchange.crypto.receipts import verify_detached
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.messages.identifiers import Gemeentecode, Oin, Schooljaar, Vestigingscode
from exchange.policy.calendar import legal_day
from exchange.policy.parties import Dienst, Gemeente, Grant, Mandate, Role, Sector, Vestiging
from exchange.storage import directory
from exchange.storage.logins import login_url
from tests.flow.schools import ALKMAAR, meldingen, signalen
from tests.integration.api.world import BELEID, LONG_AGO
from tests.integration.keys.softhsm import Hsm
from tests.integration.servers import TestDatabase

ROOT = Path(__file__).parents[3]
GATEWAY, LAS, LEERPLICHT = (Oin(f"0000000100000000{n}000") for n in (1, 2, 3))
_PATIENCE_SECONDS = 60


@dataclass
class Site:
    """A production site: its settings are in the environment, its secrets in files."""

    folder: Path
    environment: dict[str, str]
    port: int
    operator_port: int

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run ``exchange serve`` until the end of the block."""
        log = self.folder / "serve.log"
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "exchange", "serve"],
                env=self.environment,
                cwd=ROOT,
                stdout=errors,
                stderr=errors,
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)

    async def ready(self) -> None:
        """Wait until ``/readyz`` is green."""
        async with asyncio.timeout(_PATIENCE_SECONDS), httpx.AsyncClient() as client:
            while True:
                with suppress(httpx.TransportError):
                    url = f"http://127.0.0.1:{self.operator_port}/readyz"
                    if (await client.get(url)).status_code == 200:
                        return
                await asyncio.sleep(0.1)

    @asynccontextmanager
    async def caller(self, name: str = "") -> AsyncIterator[httpx.AsyncClient]:
        """Call as a party, or as nobody."""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if name:
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        url = f"https://localhost:{self.port}"
        async with httpx.AsyncClient(base_url=url, verify=context, trust_env=False) as client:
            yield client


@pytest.fixture
async def site(fresh: TestDatabase, hsm: Hsm, tmp_path: Path) -> Site:
    """Everything that an operator lays down before the first start."""
    make_certificates(tmp_path)
    port, operator_port = free_port(), free_port()
    given = {
        "EXCHANGE_MODE": "productie",
        "DATABASE_URL": login_url(fresh.url, "exchange_gateway"),
        "PGPASSFILE": str(fresh.passfile),
        "EXCHANGE_OIN": str(GATEWAY),
        "EXCHANGE_KEYS": str(hsm.folder),
        "EXCHANGE_PKCS11_MODULE": str(hsm.module),
        "EXCHANGE_PKCS11_TOKEN": hsm.label,
        "EXCHANGE_PKCS11_PIN_FILE": str(hsm.pin_file),
        "EXCHANGE_LISTEN": f"127.0.0.1:{port}",
        "EXCHANGE_OPERATOR_LISTEN": f"127.0.0.1:{operator_port}",
        "EXCHANGE_TLS_CERTIFICATE": str(tmp_path / "server.pem"),
        "EXCHANGE_TLS_KEY": str(tmp_path / "server.key"),
        "EXCHANGE_CLIENT_CA": str(tmp_path / "ca.pem"),
        "EXCHANGE_CLIENT_CRL": str(tmp_path / "crl.pem"),
    }
    make_keys(Settings.load(None, given))
    await enrol(fresh)
    return Site(tmp_path, {**hsm.environment, **given}, port, operator_port)


async def enrol(fresh: TestDatabase) -> None:
    """Enter one supplier, one recipient and the vestiging between them."""
    now = datetime.now(UTC)
    async with fresh.login("exchange_operator") as operator, operator.transaction() as conn:
        for oin, name, grant in (
            (LAS, "las", Grant(Role.LEVERANCIER)),
            (LEERPLICHT, "leerplicht", Grant(Role.LEERPLICHT, "0361")),
        ):
            await directory.add_party(conn, oin, name, None, now)
            await directory.grant(conn, oin, grant.role, grant.remit)
        code, gemeente = Vestigingscode(ALKMAAR.vestigingscode), Gemeentecode("0361")
        mandate = Mandate(LAS, str(code), Dienst.AANLEVEREN, LONG_AGO, None, LONG_AGO)
        await directory.add_mandate(conn, SystemIds().uuid7(), mandate)
        place = Vestiging(code, gemeente, Sector.VO, "VO2703", LONG_AGO)
        await directory.put_vestigingen(conn, [place])
        await directory.put_gemeenten(conn, [Gemeente(gemeente, "Alkmaar", LONG_AGO, None)])


async def register(private: RecipientPrivateKey, fresh: TestDatabase) -> None:
    """Enter the recipient's key as an operator approved it."""
    kid, jwk = accept_public_jwk(dict(private.public_jwk))
    async with fresh.login("exchange_operator") as operator, operator.transaction() as conn:
        await directory.register_key(conn, LEERPLICHT, kid, jwk, True, datetime.now(UTC))


def make_certificates(folder: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    validity = Validity(now - timedelta(hours=1), now + timedelta(days=1))
    authority = make_authority("Productieproef", validity)
    made = {
        "ca": authority,
        "server": make_server(authority, validity),
        "las": make_client(authority, LAS, "las", "las", validity),
        "leerplicht": make_client(authority, LEERPLICHT, "leerplicht", "leerplicht", validity),
    }
    for name, credential in made.items():
        (folder / f"{name}.pem").write_bytes(credential.certificate)
        (folder / f"{name}.key").write_bytes(credential.key)
    (folder / "crl.pem").write_bytes(make_crl(authority, [], validity))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_melding_goes_through_production_with_keys_in_a_token(
    site: Site, fresh: TestDatabase, hsm: Hsm
) -> None:
    private = RecipientPrivateKey.parse(generate_recipient_key())
    await register(private, fresh)
    melding = next(meldingen(ALKMAAR, legal_day(datetime.now(UTC))))
    with site.serving() as process:
        await site.ready()
        assert hsm.pin_file.read_bytes().strip() not in environment_of(process)
        receipt = await hand_in(site, melding)
    with site.serving():  # what was sealed in the token opens in the next process
        await site.ready()
        async with site.caller("leerplicht") as leerplicht:
            waiting = (await leerplicht.get("/v1/berichten?status=nieuw")).json()
            assert [one["berichtId"] for one in waiting["berichten"]] == [receipt["berichtId"]]
            sealed = await leerplicht.get(f"/v1/berichten/{receipt['berichtId']}")
        async with site.caller() as anybody:
            published = (await anybody.get("/v1/sleutels")).json()["keys"]
    told = open_message(sealed.text, LEERPLICHT, [private], published).content
    assert (told["soort"], told["pgn"]) == ("verzuimmelding", melding["pgn"])
    assert {key["use"] for key in published} == {"sig", "checkpoint"}
    verify_detached(receipt, receipt["handtekening"], published)
    assert "fault" not in (site.folder / "serve.log").read_text()


def environment_of(process: subprocess.Popen[bytes]) -> bytes:
    return Path(f"/proc/{process.pid}/environ").read_bytes()


async def hand_in(site: Site, melding: dict[str, Any]) -> dict[str, Any]:
    """Lay down a school's policy, be refused a signaal, and hand in a melding."""
    async with site.caller("las") as las:
        base = f"/v1/vestigingen/{melding['vestigingscode']}"
        year = Schooljaar.of(datetime.fromisoformat(str(melding["begindatum"])).date())
        for path, document in (
            ("verzuimbeleid", BELEID),
            (f"schoolkalenders/{year}", {"lesvrijePerioden": []}),
        ):
            answer = await las.put(f"{base}/{path}", json=document)
            assert answer.status_code == 201, answer.text
        once = {"Idempotency-Key": "productieproef"}
        path, signaal = "/v1/signalen", next(signalen(ALKMAAR, legal_day(datetime.now(UTC))))
        refused = await las.post(path, headers=once, json=signaal)
        assert (refused.status_code, refused.json()["code"]) == (403, "geen-grondslag")
        path = "/v1/verzuimmeldingen"
        answer = await las.post(path, headers=once, json=melding)
        assert answer.status_code == 202, answer.text
        again = await las.post(path, headers=once, json=melding)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json() == answer.json()
        return dict(answer.json())
