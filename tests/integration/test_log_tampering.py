"""Who owns the whole database cannot change the log unseen: key and one outside head suffice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemIds
from exchange.accountability.checkpoint import checkpoint_vkey, origin_of
from exchange.accountability.erasure import Erasure, erase_texts
from exchange.accountability.ledger import append_record
from exchange.accountability.log_export import export_lines
from exchange.accountability.record import Action, Happening, record
from exchange.accountability.sealing import Seal, seal_once
from exchange.accountability.verification import Verification, verify_stored_log
from exchange.bootstrap.law import open_law
from exchange.crypto.verify_log import (
    NotProven,
    Proven,
    Trust,
    read_checkpoint,
    read_vkey,
    verify_export,
    verify_file,
)
from exchange.messages.identifiers import Oin
from exchange.policy.retention import cutoffs
from exchange.telemetry.trace import trace_of
from tests.integration import log_attacker as attacker
from tests.integration.servers import TestDatabase

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEPT_FROM = datetime(2021, 11, 21, tzinfo=UTC)
LAW = open_law()
ACTOR = Oin("00000099000000002000")
ORIGIN = origin_of(Oin("00000099000000001000"))
SIZE, STEP, OLD = 600, 100, 40
"""Records, records per signed head, and how many of them are more than five years old."""


def kept_from(moment: datetime) -> datetime:
    return cutoffs(moment, LAW).log_text


@dataclass
class Ticking:
    """A clock in which every record takes a second, and ids that follow it."""

    moment: datetime = NOW - timedelta(days=1)
    system: SystemIds = field(default_factory=SystemIds)

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    def uuid7(self) -> UUID:
        milliseconds = int(self.moment.timestamp() * 1000)
        fresh = self.system.uuid7().int
        return UUID(int=(fresh & ((1 << 80) - 1)) | (milliseconds << 80))

    def random(self, size: int) -> bytes:
        return self.system.random(size)


@dataclass(frozen=True)
class Log:
    """A sealed log, its keys, and the heads that somebody outside kept on the way."""

    database: TestDatabase
    keys: MemoryKeyProvider
    clock: Ticking
    heads: dict[int, str]

    @property
    def key(self) -> str:
        return checkpoint_vkey(ORIGIN, self.keys)

    async def write(self, count: int) -> None:
        """Write records, which then wait for their places."""
        async with (
            self.database.login("exchange_gateway") as gateway,
            gateway.transaction() as conn,
        ):
            for _ in range(count):
                await append_record(conn, record(self._happening(), self.keys, self.clock))

    async def erase(self, moment: datetime) -> int:
        """Erase texts as the purger does at that moment."""
        async with (
            self.database.login("exchange_purge") as purge,
            purge.transaction(today=moment.date()) as conn,
        ):
            return await erase_texts(conn, self.keys, cutoffs(moment, LAW), SIZE)

    async def grow(self, count: int) -> None:
        """Write records and seal them."""
        await self.write(count)
        async with self.database.login("exchange_sealer") as sealer:
            await seal_once(sealer, Seal(ORIGIN, self.keys, self.clock))
        async with self.database.raw() as raw:
            row = await raw.fetchrow(
                "SELECT size, note FROM log_checkpoints ORDER BY size DESC LIMIT 1"
            )
            self.heads[row["size"]] = row["note"]

    def _happening(self) -> Happening:
        now = self.clock.now()
        return Happening(
            action=Action.OPGEHAALD,
            activiteit="mailbox-beheer/1",
            actor=ACTOR,
            namens=None,
            trace=trace_of({}),
            started_at=now,
            ended_at=now,
            bericht_id=self.clock.uuid7(),
        )

    async def verify(self, head: int | None = SIZE) -> Proven:
        """Verify everything, with the head that was kept at that size."""
        async with self.database.login("exchange_reader") as reader:
            return await verify_stored_log(
                Verification(reader, self.keys, self.trust(head), kept_from, lambda *_: None)
            )

    def trust(self, head: int | None) -> Trust:
        key = read_vkey(self.key)
        return Trust(key, None if head is None else read_checkpoint(self.heads[head], key))

    async def refused(self, head: int | None = SIZE) -> NotProven:
        """Verify what must not pass; give what was found."""
        with pytest.raises(NotProven) as found:
            await self.verify(head)
        return found.value

    async def export(self) -> list[bytes]:
        async with self.database.login("exchange_reader") as reader:
            return [line async for line in export_lines(reader, ORIGIN)]


@pytest.fixture(scope="module")
async def sealed(fresh: TestDatabase) -> Log:
    """A log that nobody touched, for the tests to copy."""
    keys = MemoryKeyProvider()
    log = Log(fresh, keys, Ticking(KEPT_FROM - timedelta(days=9)), {})
    await log.grow(OLD)
    log.clock.moment = NOW - timedelta(days=1)
    await log.grow(STEP - OLD)
    for _ in range(SIZE // STEP - 1):
        await log.grow(STEP)
    async with fresh.raw() as conn:
        await conn.execute("CREATE SCHEMA kept")
        for table in TABLES:
            await conn.execute(f"CREATE TABLE kept.{table} AS TABLE {table}")
    return log


@pytest.fixture
async def log(sealed: Log) -> AsyncIterator[Log]:
    """That log, to do with as one likes; afterwards it is put back."""
    yield Log(sealed.database, sealed.keys, Ticking(NOW), dict(sealed.heads))
    async with sealed.database.raw() as conn, conn.transaction():
        for table in TABLES:
            await conn.execute(f"TRUNCATE {table} CASCADE")
            await conn.execute(f"INSERT INTO {table} SELECT * FROM kept.{table}")  # noqa: S608


TABLES = ("log_records", "log_pending", "log_leaves", "log_tiles", "log_checkpoints")


HEADS = pytest.mark.parametrize("heads", [True, False], ids=["heads left", "heads deleted"])
Deed = Callable[[asyncpg.Connection], Awaitable[object]]


async def tamper(log: Log, deed: Deed, *, heads: bool) -> object:
    """Do the deed as superuser, then make every stored hash agree with it."""
    async with log.database.raw() as conn, conn.transaction():
        done = await deed(conn)
        await attacker.make_everything_agree(conn, heads=heads)
    return done


# --- the control: what was not touched passes ---


async def test_a_log_that_nobody_touched_passes(log: Log) -> None:
    proven = await log.verify()
    assert proven.facts == {"regels": SIZE, "zonderTekst": 0, "checkpoints": SIZE // STEP + 1}


@pytest.mark.parametrize("head", [None, OLD, 300, SIZE])
async def test_it_passes_against_every_head_that_was_kept(log: Log, head: int | None) -> None:
    await log.verify(head)


async def test_it_passes_after_the_attacker_made_everything_anew(log: Log) -> None:
    """So what is found below is the deed, and not the traces of making the tree again."""

    async def nothing(_: asyncpg.Connection) -> None: ...

    await tamper(log, nothing, heads=True)
    await log.verify()


async def test_it_passes_while_it_grows(log: Log) -> None:
    await log.grow(3)
    assert (await log.verify()).size == SIZE + 3


async def test_it_passes_when_old_texts_went_in_time(log: Log) -> None:
    assert await log.erase(NOW) == OLD
    proven = await log.verify()
    assert (proven.facts["zonderTekst"], f"{OLD} ervan zonder tekst" in proven.what) == (OLD, True)
    stranger = verify_export(await log.export(), log.trust(SIZE))
    assert any(f"van {OLD} regels is de tekst er niet" in remark for remark in stranger.remarks)
    assert any("alleen de sleutels van de gateway" in remark for remark in stranger.remarks)


BLANK = (
    "UPDATE log_records SET leaf = NULL, activity = NULL, actor = NULL, recipient = NULL,"
    " bericht_id = NULL, action = NULL, outcome = NULL, erasure = $2 WHERE entry = $1"
)
FORGED = b"\x01" + bytes(48)


# --- edits, by name ---


@HEADS
@pytest.mark.parametrize("index", [0, 255, 256, 431, SIZE - 1])
async def test_an_edited_record_is_named(log: Log, index: int, heads: bool) -> None:
    entry = await tamper(
        log, lambda c: attacker.edit(c, index, actor="00000099000000009000"), heads=heads
    )
    found = await log.refused()
    assert (found.index, found.entry) == (index, str(entry))
    assert found.reason.startswith("gewijzigd")


@HEADS
async def test_an_edit_is_named_without_any_head_from_outside(log: Log, heads: bool) -> None:
    entry = await tamper(log, lambda c: attacker.edit(c, 77, uitkomst="fout"), heads=heads)
    found = await log.refused(head=None)
    assert (found.index, found.entry) == (77, str(entry))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "'00000099000000009000'"),
        ("actor", "NULL"),
        ("recipient", "'00000099000000009000'"),
        ("bericht_id", "gen_random_uuid()"),
        ("activity", "'iets-anders/1'"),
        ("action", "'lijst-ingezien'"),
        ("outcome", "'geweigerd'"),
        ("recorded_at", "recorded_at - interval '1 day'"),
    ],
)
async def test_a_column_beside_the_text_that_says_something_else_is_named(
    log: Log, column: str, value: str
) -> None:
    change = f"UPDATE log_records SET {column} = {value} WHERE entry = $1"  # noqa: S608  ours
    async with log.database.raw() as conn:
        entry = await attacker.entry_at(conn, 300)
        await conn.execute(change, entry)
    found = await log.refused()
    assert (found.index, found.entry) == (300, str(entry))
    assert column in found.reason


async def test_a_stored_hash_alone_that_was_changed_is_named(log: Log) -> None:
    async with log.database.raw() as conn:
        entry = await attacker.entry_at(conn, 9)
        await conn.execute(
            "UPDATE log_records SET leaf_hash = $2 WHERE entry = $1", entry, bytes(32)
        )
    found = await log.refused()
    assert (found.index, found.reason) == (9, "gewijzigd: de bladhash is niet die van de tekst")


@HEADS
async def test_a_text_that_went_before_its_term_is_named(log: Log, heads: bool) -> None:
    async def blank(conn: asyncpg.Connection) -> UUID:
        entry = await attacker.entry_at(conn, 300)
        await conn.execute(BLANK, entry, FORGED)
        return entry

    entry = await tamper(log, blank, heads=heads)
    found = await log.refused()
    assert (found.index, found.entry) == (300, str(entry))
    assert found.reason.startswith("gewist")


@pytest.mark.parametrize("indexes", [range(5), range(300, 301), range(SIZE)], ids=str)
async def test_texts_wiped_under_a_false_age_are_named(log: Log, indexes: range) -> None:
    """Entry, moment and place say what the attacker likes: only the gateway makes the proof."""

    async def wipe(conn: asyncpg.Connection) -> None:
        for index in indexes:
            entry = await attacker.entry_at(conn, index)
            old = UUID(int=entry.int - (7 * 365 * 86_400_000 << 80))
            await conn.execute(BLANK, entry, FORGED)
            await conn.execute(
                "UPDATE log_records SET entry = $2, recorded_at = $3 WHERE entry = $1",
                entry,
                old,
                KEPT_FROM - timedelta(days=700),
            )
            await conn.execute("UPDATE log_leaves SET entry = $2 WHERE entry = $1", entry, old)

    await tamper(log, wipe, heads=True)
    found = await log.refused()
    assert found.index == indexes[0]
    assert found.reason == "gewist: tekst gewist zonder bewijs dat de termijn om was"


@pytest.mark.parametrize("index", [1, 300])
async def test_the_proof_of_another_erasure_proves_nothing(log: Log, index: int) -> None:
    await log.erase(NOW)
    async with log.database.raw() as conn:
        first, entry = [await attacker.entry_at(conn, place) for place in (0, index)]
        row = await conn.fetchrow("SELECT * FROM log_records WHERE entry = $1", first)
        await conn.execute(BLANK, entry, row["erasure"])
        await conn.execute(
            "UPDATE log_records SET recorded_at = $2 WHERE entry = $1", entry, row["recorded_at"]
        )
    assert (await log.refused()).index == index


async def test_an_erased_record_keeps_its_own_hash(log: Log) -> None:
    await log.erase(NOW)
    async with log.database.raw() as conn:
        entry = await attacker.entry_at(conn, 3)
        await conn.execute(
            "UPDATE log_records SET leaf_hash = $2 WHERE entry = $1", entry, bytes(32)
        )
    assert (await log.refused()).entry == str(entry)


async def test_an_erased_record_keeps_its_own_entry(log: Log) -> None:
    await log.erase(NOW)
    async with log.database.raw() as conn:
        entry = await attacker.entry_at(conn, 3)
        other = UUID(int=entry.int + 1)
        for table in ("log_records", "log_leaves"):
            await conn.execute(f"UPDATE {table} SET entry = $2 WHERE entry = $1", entry, other)  # noqa: S608  ours
    assert (await log.refused()).entry == str(other)


async def test_an_erasure_by_the_gateway_itself_before_the_term_is_named(log: Log) -> None:
    async with log.database.raw() as conn:
        entry = await attacker.entry_at(conn, 300)
        row = await conn.fetchrow("SELECT * FROM log_records WHERE entry = $1", entry)
        erasure = Erasure(NOW + timedelta(days=4 * 365), row["recorded_at"])
        await conn.execute(BLANK, entry, erasure.proof(entry, row["leaf_hash"], log.keys))
    found = await log.refused()
    assert (found.index, found.entry) == (300, str(entry))
    assert "voor het einde van de bewaartermijn" in found.reason


async def test_an_erased_text_of_another_moment_is_named(log: Log) -> None:
    await log.erase(NOW)
    async with log.database.raw() as conn:
        entry = await attacker.entry_at(conn, 3)
        await conn.execute(
            "UPDATE log_records SET recorded_at = recorded_at - interval '1 day' WHERE entry = $1",
            entry,
        )
    assert (await log.refused()).entry == str(entry)


# --- records taken away, put in, moved ---


@HEADS
@pytest.mark.parametrize("index", [0, 299, SIZE - 1])
async def test_a_deleted_record_is_found(log: Log, index: int, heads: bool) -> None:
    await tamper(log, lambda c: attacker.delete(c, index), heads=heads)
    found = await log.refused()
    if not heads:
        assert "afgekapt of teruggezet: er zijn 599 regels" in found.reason
    elif index == SIZE - 1:
        assert "afgekapt: er zijn 599 regels" in found.reason
    else:
        first = next(size for size in (OLD, *range(STEP, SIZE + 1, STEP)) if size > index)
        assert found.reason.startswith(f"ergens in regels 0 tot en met {first - 1} is iets")
        start = max((0, *(size for size in (OLD, *range(STEP, SIZE, STEP)) if size <= index)))
        alone = await log.refused(head=None)
        assert alone.reason.startswith(f"ergens in regels {start} tot en met {first - 1} is iets")
        assert (alone.index, alone.entry) == (None, None), "nobody innocent is named"


async def test_a_deletion_after_which_the_log_grew_on_is_found_by_who_kept_a_head(
    log: Log,
) -> None:
    """The sealer takes the forged tree for its own and signs it; whoever kept a head does not."""
    await tamper(log, lambda c: attacker.delete(c, 550), heads=True)
    async with log.database.raw() as conn:
        await conn.execute("DELETE FROM log_checkpoints WHERE size > 500")
        await conn.execute(  # what was sealed after the head of 500 waits again
            "INSERT INTO log_pending SELECT entry, leaf_hash, recorded_at FROM log_records"
            " JOIN log_leaves USING (entry) WHERE index >= 500"
        )
        await conn.execute("DELETE FROM log_leaves WHERE index >= 500")
    await log.grow(10)
    assert (await log.verify(head=None)).size == SIZE + 9
    found = await log.refused()
    assert found.reason.startswith(f"ergens in regels 0 tot en met {SIZE - 1} is iets")
    assert "niet die van het vertrouwde checkpoint" in found.reason
    assert (found.index, found.entry) == (None, None)


async def test_a_place_without_its_record_is_named(log: Log) -> None:
    async with log.database.raw() as conn:
        entry = await attacker.entry_at(conn, 42)
        await conn.execute("DELETE FROM log_records WHERE entry = $1", entry)
    found = await log.refused()
    assert (found.index, found.entry) == (42, str(entry))
    assert found.reason.startswith("verwijderd")


async def test_a_place_that_is_gone_is_named(log: Log) -> None:
    async with log.database.raw() as conn:
        await conn.execute("DELETE FROM log_leaves WHERE index = 42")
    assert (await log.refused()).index == 42


@HEADS
@pytest.mark.parametrize("index", [0, 300, SIZE - 1])
async def test_an_inserted_record_is_named(log: Log, index: int, heads: bool) -> None:
    entry = await tamper(log, lambda c: attacker.insert(c, index), heads=heads)
    found = await log.refused()
    assert (found.index, found.entry) == (index, str(entry))
    assert "ingevoegd" in found.reason


@HEADS
async def test_two_records_that_changed_places_are_found(log: Log, heads: bool) -> None:
    await tamper(log, lambda c: attacker.swap(c, 210, 280), heads=heads)
    found = await log.refused()
    assert "verwisseld" in found.reason
    assert f"regels 0 tot en met {299 if heads else SIZE - 1} is" in found.reason
    if heads:
        assert "regels 200 tot en met 299 is" in (await log.refused(head=None)).reason
        assert "regels 40 tot en met 299 is" in (await log.refused(head=OLD)).reason


@HEADS
async def test_two_records_that_changed_texts_are_named(log: Log, heads: bool) -> None:
    entry = await tamper(log, lambda c: attacker.swap_texts(c, 210, 280), heads=heads)
    found = await log.refused()
    assert (found.index, found.entry) == (210, str(entry))
    assert found.reason.startswith("verwisseld")


# --- the end of the log ---


@HEADS
@pytest.mark.parametrize("size", [0, 300, SIZE - 1])
async def test_a_log_without_its_tail_is_found_with_both_sizes(
    log: Log, size: int, heads: bool
) -> None:
    await tamper(log, lambda c: attacker.truncate(c, size), heads=heads)
    found = await log.refused()
    assert str(size) in found.reason
    assert str(SIZE) in found.reason
    assert "afgekapt" in found.reason


@pytest.mark.parametrize("size", [OLD, 300])
async def test_an_older_copy_put_back_is_found_by_who_kept_a_head(log: Log, size: int) -> None:
    await tamper(log, lambda c: attacker.roll_back(c, size), heads=True)
    assert (await log.verify(head=None)).size == size, "the database agrees with itself"
    found = await log.refused()
    assert found.reason == (
        f"afgekapt of teruggezet: er zijn {size} regels, en het vertrouwde checkpoint telt er"
        f" {SIZE}"
    )


async def test_an_older_copy_that_grew_past_the_head_is_found(log: Log) -> None:
    await tamper(log, lambda c: attacker.roll_back(c, 300), heads=True)
    kept = log.heads[SIZE]
    await log.grow(400)
    log.heads[SIZE] = kept
    assert (await log.verify(head=None)).size == 700
    found = await log.refused()
    assert found.reason.startswith(f"ergens in regels 0 tot en met {SIZE - 1} is iets")
    assert "niet die van het vertrouwde checkpoint" in found.reason


# --- the tree beside the records ---


@pytest.mark.parametrize("tile", [(0, 0), (0, 1), (0, 2), (1, 0)])
async def test_a_tile_that_does_not_follow_from_the_records_is_found(
    log: Log, tile: tuple[int, int]
) -> None:
    async with log.database.raw() as conn:
        hashes = await conn.fetchval(
            "SELECT hashes FROM log_tiles WHERE level = $1 AND number = $2", *tile
        )
        await conn.execute(
            "UPDATE log_tiles SET hashes = $3 WHERE level = $1 AND number = $2",
            *tile,
            bytes(32) + hashes[32:],
        )
    assert f"tegel {tile[0]}/{tile[1]}" in (await log.refused()).reason


@pytest.mark.parametrize("tile", [(0, 3), (1, 1), (2, 0)])
async def test_a_tile_of_no_record_is_found(log: Log, tile: tuple[int, int]) -> None:
    async with log.database.raw() as conn:
        await conn.execute("INSERT INTO log_tiles VALUES ($1, $2, $3)", *tile, bytes(32))
    assert f"tegel {tile[0]}/{tile[1]}" in (await log.refused()).reason


async def test_a_head_with_another_signature_is_found(log: Log) -> None:
    async with log.database.raw() as conn:
        await conn.execute(
            "UPDATE log_checkpoints SET note = replace(note, '600', '599') WHERE size = 600"
        )
    assert "handtekening" in (await log.refused()).reason


async def test_a_head_beside_which_something_else_stands_is_found(log: Log) -> None:
    async with log.database.raw() as conn:
        await conn.execute("UPDATE log_checkpoints SET root = $1 WHERE size = 300", bytes(32))
    assert "andere omvang of wortel" in (await log.refused()).reason


@pytest.mark.parametrize("years", [-6, 0, 10])
async def test_a_record_without_place_and_text_is_named(log: Log, years: int) -> None:
    async with log.database.raw() as conn:
        twin = UUID(int=(await attacker.entry_at(conn, 10)).int + 1)
        await conn.execute(
            "INSERT INTO log_records (entry, recorded_at, leaf_hash, erasure)"
            " VALUES ($1, $2, $3, $4)",
            *(twin, NOW + timedelta(days=365 * years), bytes(32), FORGED),
        )
    found = await log.refused()
    assert (found.index, found.entry) == (None, str(twin))
    assert found.reason.startswith("zonder plaats")


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize(
    "moment", ["now() + interval '10 years'", "(SELECT max(recorded_at) FROM log_records)"]
)
async def test_an_invented_record_without_a_place_is_named(
    log: Log, moment: str, waits: bool
) -> None:
    """Whatever it says of its age, and whatever the heads say of theirs."""
    async with log.database.raw() as conn:
        twin = UUID(int=(await attacker.entry_at(conn, 500)).int + 1)
        await conn.execute(
            f"""
            WITH made AS (
                SELECT r.*, convert_to(
                    replace(convert_from(leaf, 'UTF8'), entry::text, $1::uuid::text), 'UTF8'
                ) AS other
                FROM log_records r JOIN log_leaves USING (entry) WHERE index = 500
            )
            INSERT INTO log_records (entry, recorded_at, activity, actor, bericht_id, action,
                                     outcome, leaf, leaf_hash)
            SELECT $1::uuid, {moment}, activity, actor, bericht_id, action, outcome, other,
                   sha256(decode('00', 'hex') || other)
            FROM made
            """,  # noqa: S608  ours
            twin,
        )
        if waits:
            await conn.execute(QUEUE, twin)
        await conn.execute("UPDATE log_checkpoints SET signed_at = '2020-01-01'")
    found = await log.refused()
    assert found.entry == str(twin)
    assert "de gateway heeft deze tekst niet zo geschreven" in found.reason


QUEUE = (
    "INSERT INTO log_pending SELECT entry, leaf_hash, recorded_at FROM log_records WHERE entry = $1"
)


async def test_a_record_that_waits_its_turn_passes_and_one_that_does_not_is_named(
    log: Log,
) -> None:
    await log.write(1)
    await log.verify()
    async with log.database.raw() as conn:
        entry = await conn.fetchval("SELECT entry FROM log_pending")
        await conn.execute("UPDATE log_pending SET leaf_hash = $1", bytes(32))
        assert (await log.refused()).entry == str(entry), "it waits with another hash"
        await conn.execute("DELETE FROM log_pending")
    found = await log.refused()
    assert (found.entry, found.reason) == (
        str(entry),
        "zonder plaats: deze regel is niet verzegeld",
    )


async def test_a_record_that_was_passed_over_is_named(log: Log) -> None:
    """Its own moment says so: the columns and the heads of the database are not asked."""
    log.clock.moment = NOW - timedelta(days=1)
    await log.write(1)
    async with log.database.raw() as conn:
        entry = await conn.fetchval("SELECT entry FROM log_pending")
        await conn.execute("UPDATE log_checkpoints SET signed_at = '2020-01-01'")
    found = await log.refused()
    assert (found.entry, found.reason) == (
        str(entry),
        "zonder plaats: deze regel is niet verzegeld",
    )


# --- the same, with nothing but an exported file and the key of the log ---


async def test_an_exported_log_is_proven_without_the_database(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "logboek.jsonl"
    path.write_bytes(b"".join(await log.export()))
    assert verify_file(path, log.trust(300)).facts == {
        "regels": 600,
        "zonderTekst": 0,
        "checkpoints": 7,
    }


@HEADS
async def test_the_export_of_an_edited_log_is_refused(log: Log, heads: bool) -> None:
    await tamper(log, lambda c: attacker.edit(c, 250, uitkomst="fout"), heads=heads)
    with pytest.raises(NotProven):
        verify_export(await log.export(), log.trust(SIZE))
