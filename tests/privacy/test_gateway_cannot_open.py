"""Sealed (P4) and forgotten on time (P9): what the gateway holds opens no message, and what it
destroys closes every copy. Each "does not open" has a twin that opens, by the same hands."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from adapters.keys.file import FileKeyProvider
from exchange.crypto.sealing_keys import RecipientPrivateKey
from exchange.errors import KeyDestroyed
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.pipeline.at_rest import column_key, mailbox_key, payload_context, receipt_context
from exchange.ports import KeyProvider
from tests.integration.api.world import OINS, World, bericht_id, make_world, signaal
from tests.integration.servers import TestDatabase
from tests.persons import bsn, onderwijsnummer
from tests.privacy.burglar import Loot, PrivateKey, identities, loot_of, parts_of_a_seal
from tests.privacy.dump import values_of

RSA, ELLIPTIC, OTHER = "leerplicht-0772", "leerplicht-0361", "leerplicht-0599"
THIS, LAST = Schooljaar(2026), Schooljaar(2025)
WINDOWS = {
    THIS: {"van": "2026-11-02", "tot": "2026-11-06"},
    LAST: {"van": "2026-05-11", "tot": "2026-05-15"},
}
SENT = [
    (bsn(70), "99BB00", THIS, ELLIPTIC),
    (onderwijsnummer(70), "99BB00", THIS, RSA),
    (bsn(71), "99BB00", LAST, ELLIPTIC),
    (bsn(72), "99BB01", THIS, ELLIPTIC),
    (bsn(73), "99CC00", THIS, OTHER),
]


@dataclass(frozen=True)
class Copy:
    """A row as it stands in an old backup."""

    number: Any
    vestiging: Vestigingscode
    schooljaar: Schooljaar
    recipient: str
    payload: bytes
    receipt: bytes
    pgn: str

    def opened(self, keys: KeyProvider) -> tuple[bytes, bytes]:
        """Open the outer layer of the message, and the receipt, with the gateway's own keys."""
        mailbox, column = (
            mailbox_key(self.vestiging, self.schooljaar),
            column_key(self.vestiging, self.schooljaar),
        )
        token = keys.open(mailbox, self.payload, payload_context(self.number, "leerplicht"))
        return token, keys.open(column, self.receipt, receipt_context(self.number))


@dataclass
class Site:
    """A small world whose keys lie in a folder, as they do in a trial."""

    world: World
    folder: Path
    passphrase: Path
    copies: list[Copy]

    def keys(self) -> FileKeyProvider:
        """Open the folder as another process does."""
        return FileKeyProvider(self.folder, self.passphrase)

    async def loot(self) -> Loot:
        """Take everything: keys, passphrase, tables."""
        async with self.world.database.raw() as conn:
            database = await values_of(conn)
        assert len(database) > 100
        purposes = {
            clause.doel for clause in self.world.gateway.necessity.tables[-1].clauses.values()
        }
        names = identities(
            {code for _, code, _, _ in SENT},
            map(str, WINDOWS),
            [oin.reveal() for oin in OINS.values()],
            purposes,
        )
        passphrase = self.passphrase.read_bytes().strip()
        return loot_of(self.folder, passphrase, names, database=database)

    def own_key(self, recipient: str) -> PrivateKey:
        """Give the recipient's own private key: the one that opens."""
        key = self.world.private_keys[recipient].key.private_key
        assert key is not None
        return key


def is_about(opened: bytes, pgn: str) -> bool:
    """Say whether an opened message is the signed message about a pupil."""
    payload = opened.split(b".")[1]
    content = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    return bool(content["pgn"] == pgn)


@pytest.fixture(scope="module")
async def site(
    fresh: TestDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """Messages to two municipalities with elliptic keys and to one with RSA, of two schooljaren."""
    place = tmp_path_factory.mktemp("sleutels")
    keys = FileKeyProvider.create(place / "keys", place / "passphrase")
    async with make_world(fresh, keys=keys) as world:
        await _register(world, RSA, RSAKey.generate_key(3072))
        await _register(world, OTHER, ECKey.generate_key("P-256"))
        numbers = {}
        for pgn, code, year, recipient in SENT:
            body = signaal(
                pgn, vestigingscode=code, woongemeente=recipient[-4:], venster=WINDOWS[year]
            )
            sender = "las-zuid" if code == "99CC00" else "las-noord"
            numbers[bericht_id(await world.send(body, sender=sender))] = (pgn, recipient)
        async with world.database.raw() as conn:
            rows = await conn.fetch("SELECT * FROM messages JOIN outbox USING (bericht_id)")
        copies = [
            Copy(
                row["bericht_id"],
                Vestigingscode(row["vestigingscode"]),
                Schooljaar(row["schooljaar"]),
                recipient,
                row["payload"],
                row["receipt"],
                pgn.reveal(),
            )
            for row in rows
            for pgn, recipient in [numbers[str(row["bericht_id"])]]
        ]
        assert len(copies) == len(SENT)
        yield Site(world, place / "keys", place / "passphrase", copies)


async def _register(world: World, name: str, key: RSAKey | ECKey) -> None:
    private = key.as_dict(private=True)
    world.private_keys[name] = RecipientPrivateKey.parse(json.dumps(private))
    public = {m: v for m, v in key.as_dict(private=False).items() if m in {*"xyne", "kty", "crv"}}
    answer = await world.call(name, "PUT", "/v1/sleutel", public)
    assert answer.status_code == 201, answer.text


async def test_the_outer_layer_opens_and_what_is_in_it_does_not(site: Site) -> None:
    loot = await site.loot()
    for copy in site.copies:
        outer = loot.open_at_rest(copy.payload, payload_context(copy.number, "leerplicht"))
        (opened_by,) = outer
        assert opened_by.startswith(f"vestiging.{copy.vestiging}.{copy.schooljaar} seal")
        token = outer[opened_by]
        assert token == copy.opened(site.keys())[0]
        assert loot.open_message(token) == {}


async def test_the_same_hands_open_it_with_the_recipients_own_key_only(site: Site) -> None:
    keys = site.keys()
    for copy in site.copies:
        token, _ = copy.opened(keys)
        for recipient in (ELLIPTIC, OTHER, RSA):
            opened = Loot({}).plus("own key", site.own_key(recipient)).open_message(token)
            assert set(opened) == ({"own key"} if recipient == copy.recipient else set())
            assert all(is_about(content, copy.pgn) for content in opened.values())


async def test_whatever_sealing_forgot_would_have_opened_it(site: Site) -> None:
    (copy, *_) = (copy for copy in site.copies if copy.recipient == ELLIPTIC)
    token, _ = copy.opened(site.keys())
    forgotten = parts_of_a_seal(token, site.own_key(ELLIPTIC))
    assert len(forgotten) == 3
    for name, secret in forgotten.items():
        opened = Loot({name: secret}).open_message(token)
        assert [is_about(content, copy.pgn) for content in opened.values()] == [True]


async def test_destroying_the_key_of_a_year_closes_every_old_copy(site: Site) -> None:
    gone, year = Vestigingscode("99BB00"), THIS
    before = await site.loot()
    for copy in site.copies:
        assert _opens(before, copy) == (True, True)
        assert all(copy.opened(site.keys()))
    site.world.gateway.keys.destroy(gone, year)
    after = await site.loot()
    for copy in site.copies:
        closed = (copy.vestiging, copy.schooljaar) == (gone, year)
        assert _opens(after, copy) == (not closed, not closed)
        for keys in (site.world.gateway.keys, site.keys()):
            if closed:
                with pytest.raises(KeyDestroyed):
                    copy.opened(keys)
            else:
                assert all(copy.opened(keys))
        await _asks_the_gateway(site, copy, closed=closed)


def _opens(loot: Loot, copy: Copy) -> tuple[bool, bool]:
    """Say whether the old copies of a message and of its receipt open."""
    return (
        bool(loot.open_at_rest(copy.payload, payload_context(copy.number, "leerplicht"))),
        bool(loot.open_at_rest(copy.receipt, receipt_context(copy.number))),
    )


async def _asks_the_gateway(site: Site, copy: Copy, *, closed: bool) -> None:
    await site.world.snapshot.refresh()
    sender = "las-zuid" if str(copy.vestiging) == "99CC00" else "las-noord"
    for caller, path in (
        (copy.recipient, f"/v1/berichten/{copy.number}"),
        (sender, f"/v1/ontvangstbewijzen/{copy.number}"),
    ):
        answer = await site.world.call(caller, "GET", path)
        assert answer.status_code == (410 if closed else 200), answer.text
