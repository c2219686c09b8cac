"""After the register term a backup of before it opens nothing, and its log still verifies (P9).

The backup is a copy of the database's own files, made by the server. The live database goes through
the term; then the copy is put back, and asked everything that the key provider can open.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from adapters.keys.file import FileKeyProvider
from adapters.system import SystemIds
from exchange.accountability.checkpoint import checkpoint_vkey
from exchange.accountability.sealing import Seal, seal_once
from exchange.bootstrap.law import open_law
from exchange.crypto.pseudonym import blind_index, counting_pseudonym
from exchange.crypto.verify_log import read_checkpoint, read_vkey
from exchange.errors import KeyDestroyed
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.pipeline.at_rest import (
    column_key,
    mailbox_key,
    payload_context,
    receipt_context,
    registratie_id_context,
)
from exchange.ports import KeyProvider
from exchange.workers.months import MonthKeeper
from exchange.workers.purger import Purger
from exchange.workers.sweeper import Sweeper
from tests.integration.api.registrations import register
from tests.integration.api.world import World, bericht_id, make_world, verzuimmelding
from tests.integration.servers import Server, TestDatabase, database_url, run_sql
from tests.persons import bsn

ORIGIN = "verzuim-exchange/test"
PUPIL = bsn(60)
TERM = datetime(2028, 8, 1, 10, tzinfo=UTC)  # schooljaar 2026 and the next are over
SEALED = {"outbox.payload", "messages.receipt", "registrations.id_sealed"}
ROWS = """
    SELECT 'outbox.payload' AS what, bericht_id AS id, vestigingscode, schooljaar, payload AS sealed
    FROM outbox WHERE payload IS NOT NULL
    UNION ALL SELECT 'messages.receipt', bericht_id, vestigingscode, schooljaar, receipt
    FROM messages
"""
REGISTRATIONS = "SELECT vestigingscode, datum, id_digest, id_sealed, pupil FROM registrations"


class At:
    """A clock that stands still."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """Give that moment."""
        return self._moment


@dataclass(frozen=True)
class Site:
    """A live database that is past the term, a copy of before it, and the key provider of both."""

    live: TestDatabase
    copy: TestDatabase
    keys: KeyProvider
    opened_before: dict[str, int]


@pytest.fixture(scope="module")
async def site(
    server: Server, fresh: TestDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    place = tmp_path_factory.mktemp("sleutels")
    keys = FileKeyProvider.create(place / "keys", place / "passphrase")
    async with make_world(fresh, keys=keys) as world:
        await fill(world)
    async with fresh.login("exchange_sealer") as sealer:
        await seal_once(sealer, Seal(ORIGIN, keys, At(world.clock.now())))
    copy = f"vx_{secrets.token_hex(6)}"
    original = urlsplit(fresh.url).path.strip("/")
    await run_sql(server.superuser_url, f"CREATE DATABASE {copy} TEMPLATE {original}")
    backup = TestDatabase(database_url(server.superuser_url, copy), server.passfile)
    opened = await openable(backup, keys)
    await pass_the_term(fresh, keys)
    yield Site(fresh, backup, FileKeyProvider(place / "keys", place / "passphrase"), opened)
    await run_sql(server.superuser_url, f"DROP DATABASE {copy} WITH (FORCE)")


async def fill(world: World) -> None:
    """Send one of everything that is sealed, and fetch one message."""
    bericht_id(await world.report_absence(verzuimmelding(PUPIL)))
    await world.sent(vestigingscode="99AA00")
    await world.collect("leerplicht-0361", await world.sent())
    await register(world, PUPIL, {"2026-11-17": 60, "2026-11-18": 120})


async def pass_the_term(live: TestDatabase, keys: KeyProvider) -> None:
    """Do what the workers do on the first day after the term."""
    clock, ids, law = At(TERM), SystemIds(), open_law()
    async with live.login("exchange_purge") as purge:
        for work in (
            MonthKeeper(purge, clock, law).keep,
            Sweeper(purge, keys, clock, ids, law).sweep,
            Purger(purge, keys, clock, ids, law).purge,
        ):
            while await work():
                pass


def opens(open_it: Callable[[], bytes]) -> bool:
    """Say whether something opens; anything but a destroyed key is a failure of the test."""
    try:
        return bool(open_it())
    except KeyDestroyed:
        return False


async def openable(database: TestDatabase, keys: KeyProvider) -> dict[str, int]:
    """Try everything that is sealed, and count by column what opens."""
    async with database.raw() as root:
        rows, registered = await root.fetch(ROWS), await root.fetch(REGISTRATIONS)
    found = dict.fromkeys(SEALED, 0)
    for row in rows:
        place = Vestigingscode(row["vestigingscode"]), Schooljaar(row["schooljaar"])
        if row["what"] == "outbox.payload":
            key, context = mailbox_key(*place), payload_context(row["id"], "leerplicht")
        else:
            key, context = column_key(*place), receipt_context(row["id"])
        found[row["what"]] += opens(lambda: keys.open(key, row["sealed"], context))  # noqa: B023  now
    for row in registered:
        vestiging = Vestigingscode(row["vestigingscode"])
        key = column_key(vestiging, Schooljaar.of(row["datum"]))
        context = registratie_id_context(vestiging, row["id_digest"])
        found["registrations.id_sealed"] += opens(
            lambda: keys.open(key, row["id_sealed"], context)  # noqa: B023  at once
        )
    return found


async def sealed_rows(root: asyncpg.Connection) -> int:
    return int(
        await root.fetchval(
            "SELECT (SELECT count(*) FROM messages) + (SELECT count(payload) FROM outbox)"
            " + (SELECT count(*) FROM registrations)"
        )
    )


async def test_a_restored_backup_opens_nothing_after_the_term(site: Site) -> None:
    assert min(site.opened_before.values()) >= 2, "before the term the same hands open it all"
    async with site.copy.raw() as copy, site.live.raw() as live:
        assert await sealed_rows(copy) == sum(site.opened_before.values())
        assert await sealed_rows(live) == 0
    assert await openable(site.copy, site.keys) == dict.fromkeys(SEALED, 0)


async def test_nobody_can_look_up_a_pupil_in_a_restored_backup(site: Site) -> None:
    """Its pseudonyms and links are there, and nobody can make another that equals one."""
    async with site.copy.raw() as copy:
        places = await copy.fetch("SELECT DISTINCT vestigingscode, schooljaar FROM subject_link")
        assert await copy.fetchval("SELECT count(DISTINCT pupil) FROM registrations") == 1
    assert len(places) >= 2
    for row in places:
        place = Vestigingscode(row["vestigingscode"]), Schooljaar(row["schooljaar"])
        for name in (blind_index, counting_pseudonym):
            with pytest.raises(KeyDestroyed):
                name(PUPIL, *place, site.keys)


def mth(hashes: Sequence[bytes]) -> bytes:
    """Give the Merkle tree hash over leaf hashes, as RFC 9162 section 2.1.1 writes it down."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + mth(hashes[:split]) + mth(hashes[split:])).digest()


async def test_the_log_verifies_in_the_copy_and_what_is_live_only_grew(site: Site) -> None:
    key = read_vkey(checkpoint_vkey(ORIGIN, site.keys))
    async with site.live.login("exchange_sealer") as sealer:
        while await seal_once(sealer, Seal(ORIGIN, site.keys, At(TERM))):
            pass
    heads = []
    for database in (site.copy, site.live):
        async with database.raw() as root:
            note = await root.fetchval(
                "SELECT note FROM log_checkpoints ORDER BY size DESC LIMIT 1"
            )
            records = await root.fetch(
                "SELECT leaf, leaf_hash FROM log_records JOIN log_leaves USING (entry)"
                " ORDER BY index"
            )
        hashes = [hashlib.sha256(b"\x00" + row["leaf"]).digest() for row in records]
        assert hashes == [row["leaf_hash"] for row in records]
        assert read_checkpoint(note, key).head == (len(hashes), mth(hashes))
        heads.append(hashes)
    before, after = heads
    assert len(after) > len(before) > 10
    assert after[: len(before)] == before
