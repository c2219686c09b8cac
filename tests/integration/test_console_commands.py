"""``exchange console`` as an operator types it: who may sign in, each act with its record."""

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
from exchange.crypto.wrapping import Argon2Cost
from exchange.policy.necessity import Mode
from exchange.storage.logins import login_url
from tests.integration.servers import TestDatabase
from tests.integration.storage.make import oin
from tests.keyboard import Keyboard

SCHOOL = oin(81)
PROVIDER = ("--issuer", "https://aanmelden.example", "--subject", "persoon-1")


@dataclass(frozen=True)
class Operator:
    """An operator at the keyboard, and the superuser who sees what came of it."""

    keyboard: Keyboard
    folder: Path
    root: asyncpg.Connection

    async def types(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return await asyncio.to_thread(
            self.keyboard.type, "console", *words, "--dir", str(self.folder)
        )

    async def says(self, *words: str) -> str:
        """Run a command that does what it says, and give what it prints."""
        done = await self.types(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    async def records(self) -> list[dict[str, Any]]:
        """Give what the log says, oldest first."""
        rows = await self.root.fetch("SELECT leaf FROM log_records ORDER BY entry")
        return [json.loads(row["leaf"]) for row in rows]


@pytest.fixture(params=[Mode.TRIAL])
async def operator(
    fresh: TestDatabase, tmp_path: Path, keyboard: Keyboard, request: pytest.FixtureRequest
) -> AsyncIterator[Operator]:
    cheap = Argon2Cost(memory_kib=1024, iterations=1, lanes=1)
    FileKeyProvider.create(tmp_path / "keys", tmp_path / "passphrase", cheap)
    settings = Settings(
        mode=request.param,
        database_url=login_url(fresh.url, "exchange_gateway"),
        passfile=fresh.passfile,
        keys=tmp_path / "keys",
        passphrase=tmp_path / "passphrase",
        console_url="https://localhost:8443",
    )
    (tmp_path / SETTINGS_FILE).write_text(settings.model_dump_json())
    async with fresh.raw() as root:
        await root.execute("TRUNCATE parties CASCADE; TRUNCATE log_records, log_pending")
        await root.execute(
            "INSERT INTO parties (oin, name, added_at) VALUES ($1, 'school', now())", str(SCHOOL)
        )
        yield Operator(keyboard, tmp_path, root)


async def test_an_account_is_added_listed_and_ended_each_with_its_record(
    operator: Operator,
) -> None:
    added = await operator.says("account", "add", "--partij", "school", "--label", "FG", *PROVIDER)
    again = await operator.types("account", "add", "--partij", "school", "--label", "x", *PROVIDER)
    assert (again.returncode, "al-gemeld" in again.stderr) == (1, True)
    await operator.says("account", "revoke", "FG")
    (listed,) = json.loads(await operator.says("account", "list", "--json"))
    assert (listed["account"], listed["label"], listed["oin"]) == (added, "FG", str(SCHOOL))
    assert (listed["issuer"], listed["subject"]) == (PROVIDER[1], PROVIDER[3])
    assert listed["ingetrokkenOp"] is not None
    told = [(r["name"], r["namens"], r["bijzonderheden"]) for r in await operator.records()]
    assert told == [
        ("toezichtaccount-gemaakt", str(SCHOOL), {"account": added}),
        ("toezichtaccount-beeindigd", str(SCHOOL), {"account": added}),
    ]  # and neither the label nor the subject, which is a person


async def test_a_link_is_printed_alone_and_recorded_without_its_secret(
    operator: Operator,
) -> None:
    await operator.says("account", "add", "--partij", str(SCHOOL), "--label", "FG")
    link = await operator.says("link", "FG")
    prefix, _, secret = link.rpartition("/")
    assert (prefix, len(secret)) == ("https://localhost:8443/console/link", 43)
    newest = (await operator.records())[-1]
    assert newest["name"] == "aanmeldlink-gemaakt"
    assert secret not in str(newest)
    (row,) = await operator.root.fetch("SELECT * FROM console_links")
    term = row["expires_at"] - await operator.root.fetchval("SELECT now()")
    assert 0 < term.total_seconds() <= 600


async def test_a_label_that_two_have_names_nobody(operator: Operator) -> None:
    await operator.root.execute(
        "INSERT INTO console_accounts (account, oin, label, added_at)"
        " SELECT gen_random_uuid(), $1, 'FG', now() FROM generate_series(1, 2)",
        str(SCHOOL),
    )
    for name, why in (("niemand", "no such account"), ("FG", "several accounts")):
        done = await operator.types("link", name)
        assert (done.returncode, why in done.stderr) == (1, True)


async def test_issuer_and_subject_go_together(operator: Operator) -> None:
    half = ("account", "add", "--partij", "school", "--label", "FG", *PROVIDER[:2])
    assert (await operator.types(*half)).returncode == 2


@pytest.mark.parametrize("operator", [Mode.PRODUCTION], indirect=True)
async def test_in_production_nobody_gets_a_link_or_an_account_without_a_provider(
    operator: Operator,
) -> None:
    for words in (["link", "FG"], ["account", "add", "--partij", "school", "--label", "FG"]):
        done = await operator.types(*words)
        assert done.returncode == 2
        assert "in production" in " ".join(done.stderr.split())
    assert await operator.records() == []


@pytest.mark.parametrize("operator", [Mode.PRODUCTION], indirect=True)
async def test_in_production_nobody_signs_in_for_a_test_party(operator: Operator) -> None:
    words = ("account", "add", "--partij", str(SCHOOL), "--label", "FG", *PROVIDER)
    done = await operator.types(*words)
    assert (done.returncode, "test OIN" in done.stderr) == (1, True)
    assert await operator.root.fetchval("SELECT count(*) FROM console_accounts") == 0
