"""Keys rotate under load (F12, F13): two gateways, workers and receivers, and no failed request."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.keys.file import FileKeyProvider
from exchange.bootstrap.receiver import Membership, Obstacle, Removal, Rotated, open_rotation
from exchange.config import Settings
from exchange.crypto.pki import (
    Credential,
    Validity,
    make_authority,
    make_client,
    make_crl,
    make_server,
)
from exchange.crypto.receipts import verify_detached
from exchange.crypto.sealing_keys import KeyType
from tests.flow.installation import (
    RECEIVERS,
    Installation,
    Supervisor,
    base_url,
    context_of,
    installed,
    receiver_of,
    until,
)
from tests.flow.rotating import (
    PLACES,
    Bodies,
    Load,
    Read,
    new_bodies,
    own_files,
    rotates,
    second_gateway,
)
from tests.flow.schools import ALKMAAR, ROTTERDAM, Place
from tests.integration.api.world import OINS
from tests.keyboard import Keyboard

_A_WHILE = 12
"""Messages: each of the four senders has a few more answers."""

_OVERLAP_SECONDS = 2.0
"""Both gateways are told of a new key when it is committed."""

_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Site:
    """An installation with two gateways."""

    installation: Installation
    gateways: list[str]
    bodies: dict[Place, Bodies]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.installation.folder

    def keys(self) -> FileKeyProvider:
        """Open the key folder, as one process more."""
        return FileKeyProvider(self.folder / "keys", self.folder / "passphrase")

    def load(self) -> Load:
        """Give senders that have not begun yet."""
        return Load(self.installation, self.gateways, self.bodies)

    async def outcome(self, load: Load) -> Read:
        """Give what the recipients read once all is collected; nothing failed, nothing is left."""
        assert load.failures == []
        await self.installation.drained()
        read = Read.of(self.installation)
        assert {one.bericht_id for one in load.sent} <= read.content.keys()
        for receiver in RECEIVERS:
            told = (self.folder / "logs" / f"{receiver}.log").read_text()
            assert "message-left" not in told, "a message could not be opened"
        return read

    async def sealed_to(self, place: Place, after: datetime = _LONG_AGO) -> set[str]:
        """Give the keys to which messages for a recipient were sealed after a moment."""
        rows = await self.installation.sql(
            "SELECT DISTINCT kid FROM outbox WHERE recipient = $1 AND created_at > $2",
            OINS[place.recipient].reveal(),
            after,
        )
        return {row["kid"] for row in rows}

    async def published(self) -> list[list[dict[str, Any]]]:
        """Give the public keys as each gateway has them."""
        context = context_of(self.folder, ALKMAAR.sender)
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            answers = [await client.get(f"{url}/v1/sleutels") for url in self.gateways]
        return [answer.json()["keys"] for answer in answers]


@pytest.fixture(scope="module")
async def site(crash_folder: Path, supervisor: Supervisor) -> AsyncIterator[Site]:
    folder = crash_folder / "rotation"
    folder.mkdir()
    async with installed(folder, supervisor) as installation:
        second = await second_gateway(installation, supervisor)
        try:
            urls = [base_url(installation.settings), base_url(Settings.load(second, {}))]
            bodies = {place: new_bodies(place, installation.today) for place in PLACES}
            yield Site(installation, urls, bodies)
        finally:
            await supervisor.run(second, "gateway", wanted=False)


async def test_every_receipt_verifies_while_the_signing_key_rotates(
    site: Site, keyboard: Keyboard
) -> None:
    load = site.load()
    async with load.running():
        await load.until_sent(_A_WHILE)
        kids = [(await rotates(keyboard, "signing", "--dir", str(site.folder)))["kid"]]
        for _ in range(3):
            await load.until_sent(_A_WHILE)
            kids.append(await asyncio.to_thread(site.keys().rotate_signing))
        await load.until_sent(_A_WHILE)
    await site.outcome(load)
    assert set(kids) < {one.kid for one in load.sent}, "each has signed, also that of before"
    for keys in await site.published():
        for one in load.sent:
            verify_detached(one.receipt, one.receipt["handtekening"], keys)


async def test_a_recipient_rotates_its_key_and_reads_everything(
    site: Site, keyboard: Keyboard
) -> None:
    """Alkmaar goes from EC to EC; Rotterdam to RSA, and on to another RSA key."""
    load = site.load()
    async with load.running():
        await load.until_sent(_A_WHILE)
        await site.installation.rest(receiver_of(ALKMAAR.recipient))
        await load.until_sent(_A_WHILE)  # these wait, sealed to the key of before
        files = own_files(site.installation, ALKMAAR.recipient)
        told = await rotates(keyboard, "recipient", *files)
        await asyncio.to_thread(rotate, site, ROTTERDAM, KeyType.RSA)
        await load.until_sent(_A_WHILE)
        rotated = await asyncio.to_thread(rotate, site, ROTTERDAM)
        await asyncio.sleep(_OVERLAP_SECONDS)
        since = datetime.now(UTC)
        await site.installation.run(*RECEIVERS)  # Rotterdam's saw its keys change beneath it
        await load.until_sent(_A_WHILE)
        removal = await asyncio.to_thread(finish, site, ROTTERDAM)
    assert (told["status"], told["oudeSleutels"], rotated.status) == ("actief", 1, "actief")
    assert removal.obstacle is Obstacle.OVERLAP, "messages may be under way"
    await site.outcome(load)
    for place, kid in ((ALKMAAR, told["kid"]), (ROTTERDAM, rotated.kid)):
        assert await site.sealed_to(place, after=since) == {kid}, "sealed to an older key"
        assert len(await site.sealed_to(place)) == {ALKMAAR: 2, ROTTERDAM: 3}[place]


async def test_zaakreferenties_change_once_and_for_one_recipient(
    site: Site, keyboard: Keyboard
) -> None:
    load = site.load()
    async with load.running():
        await load.until_sent(2 * _A_WHILE)
        asked = datetime.now(UTC)
        told = await rotates(
            keyboard, "pseudonym", ALKMAAR.recipient, "--yes", "--dir", str(site.folder)
        )
        done = datetime.now(UTC)
        await load.until_sent(2 * _A_WHILE)
    read = await site.outcome(load)
    assert told["generatie"] == 2
    before = read.references(one for one in load.sent if one.ended < asked)
    after = read.references(one for one in load.sent if one.began > done)
    ever = read.references(load.sent)
    both = {key for key in before.keys() & after.keys() if str(key[2]) == told["schooljaar"]}
    rotated = {key for key in both if key[0] == ALKMAAR.recipient}
    assert rotated
    assert both - rotated
    for key in both:
        assert len(before[key]) == len(after[key]) == 1
        assert (before[key] == after[key]) is (key not in rotated)
        assert ever[key] == before[key] | after[key], "never a third"
    seen = [reference for key in ever for reference in ever[key]]
    assert len(seen) == len(set(seen)), "two recipients, pupils or years share a reference"


async def test_the_authority_is_replaced_under_load(site: Site) -> None:
    pki, load, old = site.folder / "pki", site.load(), Authority.standing(site.folder / "pki")
    async with load.running():
        await load.until_sent(_A_WHILE)
        new = Authority.fresh("Verzuim Exchange rotation tests")
        replace(pki / "crl.pem", old.crl + new.crl)
        replace(pki / "ca.pem", old.ca.certificate + new.ca.certificate)
        newcomer = new.client(ALKMAAR.sender)
        replace(pki / "newcomer.key", newcomer.key)
        replace(pki / "newcomer.pem", newcomer.certificate)
        for url in site.gateways:
            await until(partial(answers, site, url, "newcomer"), "the new CA counts")
        load.move_over()  # who trusts the new CA too may meet a server of it
        leavers = [Caller.of(site, url, ALKMAAR.sender) for url in site.gateways]
        await load.until_sent(_A_WHILE)
        for name in OINS:
            made = new.client(name)
            replace(pki / f"{name}.key", made.key)
            replace(pki / f"{name}.pem", made.certificate)
        server = make_server(new.ca, new.validity)
        replace(pki / "server.key", server.key)
        replace(pki / "server.pem", server.certificate)
        load.move_over()
        for url in site.gateways:
            await until(partial(shows, site, url, new), "the new server certificate is shown")
        await load.until_sent(_A_WHILE)
        assert [await one.status() for one in leavers] == [200, 200], "both count for now"
        replace(pki / "ca.pem", new.ca.certificate)
        replace(pki / "crl.pem", new.crl)
        for one in leavers:
            await until(one.is_refused, "the old certificate counts no more")
            await one.client.aclose()
        await load.until_sent(_A_WHILE)
    await site.outcome(load)


@dataclass
class Authority:
    """A CA, its (empty) revocation list, and what it issues."""

    ca: Credential
    validity: Validity

    @classmethod
    def fresh(cls, name: str) -> Authority:
        """Make one."""
        now = datetime.now(UTC).replace(microsecond=0)
        validity = Validity(now - timedelta(hours=1), now + timedelta(days=1))
        return cls(make_authority(name, validity), validity)

    @classmethod
    def standing(cls, pki: Path) -> Authority:
        """Read the one that made what stands in the folder."""
        now = datetime.now(UTC).replace(microsecond=0)
        ca = Credential((pki / "ca.pem").read_bytes(), (pki / "ca.key").read_bytes())
        return cls(ca, Validity(now - timedelta(hours=1), now + timedelta(hours=12)))

    @property
    def crl(self) -> bytes:
        """Its list, on which nobody stands."""
        return make_crl(self.ca, [], self.validity, number=2)

    def client(self, name: str) -> Credential:
        """Make a party's certificate."""
        return make_client(self.ca, OINS[name], name, name, self.validity)


@dataclass
class Caller:
    """One connection that stays open, with the certificate that it once showed."""

    client: httpx.AsyncClient
    url: str

    @classmethod
    def of(cls, site: Site, url: str, name: str) -> Caller:
        """Take the certificate as it stands now."""
        context = context_of(site.folder, name)
        return cls(httpx.AsyncClient(verify=context, trust_env=False), url)

    async def status(self) -> int:
        """Ask for something of one's own."""
        path = "/v1/ontvangstbewijzen"
        answer = await self.client.get(
            f"{self.url}{path}",
            params={"vestigingscode": ALKMAAR.vestigingscode, "periode": "2026-11"},
        )
        return answer.status_code

    async def is_refused(self) -> bool:
        """Whether the gateway takes it for nobody, on the connection that is open."""
        return await self.status() == 401


def rotate(site: Site, place: Place, kind: KeyType | None = None) -> Rotated:
    """Rotate a recipient's key as its own command does."""
    with open_rotation(member(site, place)) as rotation:
        return rotation.start(kind)


def finish(site: Site, place: Place) -> Removal:
    """Ask whether the older keys may go."""
    with open_rotation(member(site, place)) as rotation:
        return rotation.finish()


def member(site: Site, place: Place) -> Membership:
    """Name a recipient's own files."""
    pki = site.folder / "pki"
    name = place.recipient
    return Membership(
        base_url=site.gateways[1],
        ca=pki / "ca.pem",
        cert=pki / f"{name}.pem",
        key=pki / f"{name}.key",
        private_key=site.folder / "receivers" / f"{name}.keys",
    )


def replace(path: Path, content: bytes) -> None:
    """Put a file in place at once."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(content)
    draft.replace(path)


async def answers(site: Site, url: str, name: str) -> bool:
    """Whether a certificate is believed on a new connection."""
    caller = Caller.of(site, url, name)
    try:
        with suppress(httpx.TransportError):
            return await caller.status() == 200
        return False
    finally:
        await caller.client.aclose()


async def shows(site: Site, url: str, authority: Authority) -> bool:
    """Whether the server's certificate is by ``authority``: nothing else is trusted here."""
    context = ssl.create_default_context(cadata=authority.ca.certificate.decode())
    async with httpx.AsyncClient(verify=context, trust_env=False) as client:
        with suppress(httpx.TransportError):
            return (await client.get(f"{url}/v1/sleutels")).status_code == 200
    return False
