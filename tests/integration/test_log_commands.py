"""``exchange log`` as operator, stranger and witness type it: what holds passes, nothing else."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from adapters.keys.file import FileKeyProvider
from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemClock, SystemIds
from exchange.accountability.checkpoint import checkpoint_vkey, origin_of
from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.accountability.sealing import Seal, seal_once
from exchange.config import SETTINGS_FILE, Settings
from exchange.crypto import verify_log
from exchange.crypto.canonical import b64url, canonical
from exchange.crypto.wrapping import Argon2Cost
from exchange.messages.identifiers import Oin
from exchange.policy.necessity import Mode
from exchange.ports import KeyProvider
from exchange.storage.logins import login_url
from exchange.telemetry.trace import trace_of
from tests.integration import log_attacker as attacker
from tests.integration.servers import TestDatabase
from tests.keyboard import Keyboard
from tests.naive_log import WITNESS, checkpoint_of, leaf
from tests.unit.adapters.witness.log_server import serving

SIZE = 20


@dataclass(frozen=True)
class Desk:
    """A keyboard with a sandbox folder, and the superuser who sees what came of it."""

    keyboard: Keyboard
    folder: Path
    database: TestDatabase
    root: asyncpg.Connection
    keys: FileKeyProvider
    origin: str

    async def types(self, *words: str, offline: bool = False) -> subprocess.CompletedProcess[str]:
        """Run one command; offline it gets no folder, so neither database nor keys."""
        where = () if offline else ("--dir", str(self.folder))
        return await asyncio.to_thread(self.keyboard.type, "log", *words, *where)

    async def fill(self, count: int) -> None:
        """Write records and seal them."""
        async with (
            self.database.login("exchange_gateway") as gateway,
            gateway.transaction() as conn,
        ):
            for _ in range(count):
                now = datetime.now(UTC)
                happening = Happening(
                    action=Action.LIJST_INGEZIEN,
                    activiteit="mailbox-beheer/1",
                    actor=Oin("00000099000000002000"),
                    namens=None,
                    trace=trace_of({}),
                    started_at=now,
                    ended_at=now,
                )
                await append_record(conn, record(happening, self.keys, SystemIds()))
        await self.seal()

    async def seal(self) -> None:
        async with self.database.login("exchange_sealer") as sealer:
            await seal_once(sealer, Seal(self.origin, self.keys, SystemClock()))


@pytest.fixture
async def desk(fresh: TestDatabase, tmp_path: Path, keyboard: Keyboard) -> AsyncIterator[Desk]:
    cheap = Argon2Cost(memory_kib=1024, iterations=1, lanes=1)
    FileKeyProvider.create(tmp_path / "keys", tmp_path / "passphrase", cheap)
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=login_url(fresh.url, "exchange_gateway"),
        passfile=fresh.passfile,
        keys=tmp_path / "keys",
        passphrase=tmp_path / "passphrase",
    )
    (tmp_path / SETTINGS_FILE).write_text(settings.model_dump_json())
    keys = FileKeyProvider(settings.keys, tmp_path / "passphrase")
    async with fresh.raw() as root:
        tables = "log_records, log_pending, log_leaves, log_tiles, log_checkpoints, log_witnesses"
        await root.execute(f"TRUNCATE {tables} CASCADE")
        desk = Desk(keyboard, tmp_path, fresh, root, keys, origin_of(Oin(settings.gateway_oin)))
        await desk.fill(SIZE)
        yield desk


async def test_an_export_that_was_proven_here_is_proven_elsewhere(desk: Desk) -> None:
    export, kept = desk.folder / "logboek.jsonl", desk.folder / "checkpoint"
    kept.write_text(await desk.root.fetchval("SELECT note FROM log_checkpoints"))
    made = await desk.types("export", str(export))
    assert (made.returncode, made.stderr) == (0, "")
    assert export.stat().st_mode & 0o777 == 0o600
    here = await desk.types("verify", "--checkpoint", str(kept), "--json")
    told = json.loads(here.stdout)
    assert (told["bewezen"], told["regels"], told["opmerkingen"]) == (True, SIZE, [])
    vkey = checkpoint_vkey(desk.origin, desk.keys)
    elsewhere = await desk.types("verify", str(export), "--vkey", vkey, offline=True)
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert elsewhere.stdout.startswith(f"BEWEZEN: alle {SIZE} regels")
    assert verify_log.main([str(export), "--vkey", vkey, "--checkpoint", str(kept)]) == 0
    action = "SELECT action FROM log_records ORDER BY entry DESC LIMIT 1"
    assert await desk.root.fetchval(action) == "logboek-uitgevoerd"
    again = await desk.types("export", str(export))
    assert again.returncode == 2, "an existing file is never overwritten"


async def test_an_edited_record_is_named_and_the_exit_code_is_one(desk: Desk) -> None:
    entry = await attacker.edit(desk.root, 7, actor="00000099000000009000")
    await attacker.make_everything_agree(desk.root, heads=False)
    done = await desk.types("verify")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"NIET BEWEZEN: regel 7 (entry {entry}): gewijzigd")
    done = await desk.types("verify", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["bewezen"], told["index"]) == (1, False, 7)
    assert told["entry"] == str(entry)


def chain_signed_by(keys: KeyProvider, vkey: str, note: str) -> bytes:
    """A chain of custody of no records: what is left is who signed it."""
    number = "01990000-0000-7000-8000-000000000001"
    bundle = {
        "soort": "bewaarketen",
        "versie": 1,
        "berichtId": number,
        "vkey": vkey,
        "checkpoint": note,
        "omvang": SIZE,
        "regels": [],
        "wachtend": [],
        "volledig": True,
        "feiten": {"berichtId": number},
        "sleutels": list(keys.public_keys()),
    }
    kid = keys.signing_kid()
    head = b64url(canonical({"alg": "ES256", "kid": kid, "typ": "bewaarketen+jws"}))
    signature = b64url(keys.sign(f"{head}.{b64url(canonical(bundle))}".encode()))
    return json.dumps({**bundle, "handtekening": f"{head}..{signature}"}).encode()


async def test_a_chain_is_held_against_the_keys_of_the_installation(desk: Desk) -> None:
    note = await desk.root.fetchval("SELECT note FROM log_checkpoints")
    vkey = checkpoint_vkey(desk.origin, desk.keys)
    ours, theirs = desk.folder / "onze.json", desk.folder / "andere.json"
    ours.write_bytes(chain_signed_by(desk.keys, vkey, note))
    theirs.write_bytes(chain_signed_by(MemoryKeyProvider(), vkey, note))
    for words in ((), ("--vkey", vkey)):
        done = await desk.types("verify", str(ours), *words)
        assert (done.returncode, "NIET bewezen" in done.stdout) == (0, False), done.stderr
        done = await desk.types("verify", str(theirs), *words)
        assert (done.returncode, "is onbekend" in done.stderr) == (1, True)
    done = await desk.types("verify", str(theirs), "--vkey", vkey, offline=True)
    first = done.stdout.splitlines()[0]
    assert (done.returncode, "NIET bewezen (geef --keys)" in first) == (0, True)


async def test_an_export_to_no_folder_is_refused_before_it_is_recorded(desk: Desk) -> None:
    count = await desk.root.fetchval("SELECT count(*) FROM log_records")
    done = await desk.types("export", str(desk.folder / "nergens" / "logboek"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "kan niet geschreven worden" in done.stderr
    assert "Traceback" not in done.stderr
    assert await desk.root.fetchval("SELECT count(*) FROM log_records") == count


@pytest.mark.parametrize(("option", "value"), [("--vkey", "no key"), ("--name", "a b")])
async def test_a_witness_with_what_cannot_be_used_is_no_alarm(
    keyboard: Keyboard, tmp_path: Path, option: str, value: str
) -> None:
    state = tmp_path / "state"
    where = ("--url", "https://localhost:1", "--state", str(state))
    done = await asyncio.to_thread(keyboard.type, "log", "witness", "--once", option, value, *where)
    assert (done.returncode, "ALARM" in done.stderr, state.exists()) == (2, False, False)


async def test_a_witness_is_trusted_once_and_revoked_with_a_record(desk: Desk) -> None:
    assert (await desk.types("trust", WITNESS.vkey)).returncode == 0
    assert (await desk.types("trust", WITNESS.vkey)).returncode == 1
    assert (await desk.types("trust", "no key")).returncode == 2
    (row,) = json.loads((await desk.types("witnesses", "--json")).stdout)
    assert (row["naam"], row["vkey"], row["tot"]) == (WITNESS.name, WITNESS.vkey, None)
    assert (await desk.types("distrust", WITNESS.name)).returncode == 0
    assert (await desk.types("distrust", WITNESS.name)).returncode == 1
    rows = await desk.root.fetch(
        "SELECT action FROM log_records WHERE action LIKE 'getuige%' ORDER BY entry"
    )
    assert [row["action"] for row in rows] == ["getuige-vertrouwd", "getuige-ingetrokken"]


async def test_the_witness_stops_with_one_at_an_alarm(keyboard: Keyboard, tmp_path: Path) -> None:
    leaves = [leaf(number) for number in range(10)]
    with serving(tmp_path) as log:
        log.leaves = leaves
        where = ("--url", log.url, "--state", str(tmp_path / "state"), "--ca", str(log.ca))
        look = partial(keyboard.type, "log", "witness", "--once", *where)
        fine = await asyncio.to_thread(look)
        assert fine.returncode == 0, fine.stderr
        assert "10 regels: nieuw" in fine.stdout
        log.leaves = leaves[:9]
        alarm = await asyncio.to_thread(look)
    assert (alarm.returncode, alarm.stderr.startswith("ALARM: het logboek telt 9")) == (1, True)
    (evidence,) = (tmp_path / "state" / "bewijs").iterdir()
    assert (evidence / "nu").read_text() == checkpoint_of(leaves[:9])
