"""``exchange party`` as an operator types it: each change leaves one record, or is not made."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from adapters.keys.file import FileKeyProvider
from exchange.config import SETTINGS_FILE, Settings
from exchange.crypto.verify_log import leaf_hash
from exchange.crypto.wrapping import Argon2Cost
from exchange.policy.necessity import Mode
from exchange.storage import directory
from exchange.storage.logins import login_url
from tests.integration.servers import TestDatabase
from tests.integration.storage.make import NOW, oin
from tests.keyboard import Keyboard

SUPPLIER, OFFICER, VESTIGING = oin(71), oin(72), "99DD00"


@dataclass(frozen=True)
class Operator:
    """An operator at the keyboard, and the superuser who sees what came of it."""

    keyboard: Keyboard
    folder: Path
    root: asyncpg.Connection

    async def changes(self, *words: str) -> None:
        """Run a command that does what it says."""
        done = await self.types(*words)
        assert done.returncode == 0, done.stderr

    async def types(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return await asyncio.to_thread(
            self.keyboard.type, "party", *words, "--dir", str(self.folder)
        )

    async def records(self) -> list[dict[str, Any]]:
        """Give what the log says, oldest first, without ids, times and the MAC."""
        rows = await self.root.fetch("SELECT * FROM log_records ORDER BY entry")
        for row in rows:
            assert leaf_hash(row["leaf"]) == row["leaf_hash"]
            assert (row["activity"], row["actor"]) == ("deelnemersbeheer/1", None)
        said = [json.loads(row["leaf"]) for row in rows]
        assert all("mac" in document and "actor" not in document for document in said)
        return [{"name": d["name"], "namens": d["namens"], **d["bijzonderheden"]} for d in said]


@pytest.fixture
async def operator(
    fresh: TestDatabase, tmp_path: Path, keyboard: Keyboard
) -> AsyncIterator[Operator]:
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
    async with fresh.raw() as root:
        await root.execute("TRUNCATE parties, vestigingen CASCADE; TRUNCATE log_records")
        await root.execute(
            "INSERT INTO vestigingen (code, geldig_van, gemeente, sector, swv)"
            " VALUES ($1, '2020-08-01', '0361', 'po', 'PO2703')",
            VESTIGING,
        )
        yield Operator(keyboard, tmp_path, root)


async def test_every_change_leaves_its_record(fresh: TestDatabase, operator: Operator) -> None:
    leerplicht = ("--rol", "leerplicht:0361", "--rol", "college:0361")
    await operator.changes("add", str(SUPPLIER), "las", "--rol", "leverancier")
    await operator.changes("add", str(SUPPLIER), "las-nieuw", "--rol", "leverancier")
    await operator.changes("add", str(OFFICER), "gemeente", *leerplicht)
    async with (
        fresh.login("exchange_gateway") as gateway,
        gateway.transaction(party=OFFICER) as conn,
    ):
        await directory.register_key(conn, OFFICER, "the-kid", "{}", approve=False, now=NOW)
    since = ("--dienst", "aanleveren", "--geldig-van", "2026-08-01")
    await operator.changes("mandate", "las-nieuw", VESTIGING, *since)
    await operator.changes("approve-key", "gemeente", "the-kid")
    await operator.changes("revoke", "las-nieuw", "--principal", VESTIGING)
    await operator.changes("revoke", "las-nieuw")

    mandate = {"opdrachtgever": VESTIGING, "dienst": "aanleveren"}
    days = {"geldigVan": "2026-08-01", "betreftVanaf": "2026-08-01"}
    las, gemeente = {"namens": str(SUPPLIER)}, {"namens": str(OFFICER)}
    assert await operator.records() == [
        {"name": "partij-aangesloten", **las, "rollen": ["leverancier"]},
        {"name": "partij-gewijzigd", **las, "rollen": ["leverancier"]},
        {
            "name": "partij-aangesloten",
            **gemeente,
            "rollen": ["leerplicht:0361", "college:0361"],
        },
        {"name": "mandaat-gegeven", **las, **mandate, **days},
        {"name": "sleutel-goedgekeurd", **gemeente, "kid": "the-kid"},
        {"name": "mandaat-beeindigd", **las, **mandate},
        {"name": "aansluiting-beeindigd", **las},
    ]


async def test_what_changes_nothing_leaves_no_record(operator: Operator) -> None:
    await operator.changes("add", str(SUPPLIER), "las", "--rol", "leverancier")
    await operator.changes("list")
    before = await operator.records()
    for words in (
        ["revoke", "las", "--principal", VESTIGING],
        ["approve-key", "las", "no-such-kid"],
        ["add", str(OFFICER), "las", "--rol", "leerplicht:0361"],
    ):
        assert (await operator.types(*words)).returncode == 1
    assert await operator.records() == before


async def test_without_the_log_nothing_changes(operator: Operator) -> None:
    await operator.root.execute("REVOKE INSERT ON log_records FROM verzuim_operator")
    try:
        done = await operator.types("add", str(SUPPLIER), "las", "--rol", "leverancier")
    finally:
        await operator.root.execute("GRANT INSERT ON log_records TO verzuim_operator")
    assert done.returncode == 1
    assert "logboek-onbeschikbaar" in done.stderr
    assert await operator.root.fetch("SELECT FROM parties") == []


NEVER = [
    (
        1,
        VESTIGING,
        "aanleveren --geldig-van 2026-09-02 --geldig-tot 2026-09-01",
        "--geldig-tot 2026-09-01 lies before the first day, 2026-09-02",
    ),
    (1, VESTIGING, "aanleveren --geldig-tot 2020-01-01", "lies before the first day"),
    (2, "gemeente", "aanleveren", "is no vestiging and has none"),
    (2, VESTIGING, "ontvangen", "is a vestiging"),
    (2, "las", "ontvangen", "is no recipient"),
]


async def test_a_mandate_that_could_never_serve_is_refused_with_its_reason(
    operator: Operator,
) -> None:
    await operator.changes("add", str(SUPPLIER), "las", "--rol", "leverancier")
    await operator.changes("add", str(OFFICER), "gemeente", "--rol", "leerplicht:0361")
    before = await operator.records()
    for code, principal, words, reason in NEVER:
        done = await operator.types("mandate", "las", principal, "--dienst", *words.split())
        assert done.returncode == code, reason
        assert reason in " ".join(done.stderr.replace("\u2502", " ").split())
    day = ("--geldig-van", "2026-09-01", "--geldig-tot", "2026-09-01")
    await operator.changes("mandate", "las", VESTIGING, "--dienst", "aanleveren", *day)
    (given,) = [record for record in await operator.records() if record not in before]
    assert (given["geldigVan"], given["geldigTot"]) == ("2026-09-01", "2026-09-01")


REAL, TEST = "00000001123456789000", str(oin(74))


async def entered(operator: Operator, name: str, number: str) -> None:
    """Enter a party as one may have been entered before the mode was another."""
    await operator.root.execute(
        "INSERT INTO parties (oin, name, added_at) VALUES ($1, $2, now())", number, name
    )


@pytest.mark.parametrize(("mode", "foreign"), [(Mode.TRIAL, REAL), (Mode.PRODUCTION, TEST)])
async def test_an_installation_connects_parties_of_its_own_kind(
    operator: Operator, mode: Mode, foreign: str
) -> None:
    """A test party never enters production, nor a real one a trial (contract, section 7)."""
    path = operator.folder / SETTINGS_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "mode": mode.value}))
    own = TEST if foreign == REAL else REAL
    await entered(operator, "vreemd", foreign)
    await entered(operator, "eigen", own)
    for words in (
        ("add", foreign, "las", "--rol", "leverancier"),
        ("mandate", "vreemd", VESTIGING, "--dienst", "aanleveren"),
        ("mandate", foreign, VESTIGING, "--dienst", "aanleveren"),
    ):
        refused = await operator.types(*words)
        assert refused.returncode == 1
        assert "test OIN" in refused.stderr
    assert await operator.records() == []
    assert await operator.root.fetchval("SELECT count(*) FROM mandates") == 0
    twin = await operator.types("mandate", "eigen", VESTIGING, "--dienst", "aanleveren")
    assert "test OIN" not in twin.stderr
