"""``exchange keys`` as an operator types it: it tells all and no secret, and rotates on record."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from typer.testing import CliRunner

from adapters.keys.file import FileKeyProvider
from exchange.cli import keys
from exchange.config import SETTINGS_FILE, Settings
from exchange.crypto.pki import Validity, make_authority, make_crl, make_server
from exchange.crypto.wrapping import Argon2Cost
from exchange.errors import ExchangeError
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.policy.necessity import Mode
from exchange.policy.parties import Role
from exchange.ports import KeyUse, PseudonymKey, VestigingKey
from exchange.storage import directory
from exchange.storage.logins import login_url
from tests.integration.servers import TestDatabase
from tests.integration.storage.make import NOW, oin

OFFICER, SCHOOL = oin(81), oin(82)
YEAR, NEXT_YEAR = Schooljaar(2026), Schooljaar(2027)
DAY = timedelta(days=1)


class Done(NamedTuple):
    """How a command ended: what it printed, and what it complained of."""

    code: int
    printed: str
    complaint: str


@dataclass(frozen=True)
class Keeper:
    """An operator at the keyboard of one installation."""

    folder: Path
    root: asyncpg.Connection

    def keys(self) -> FileKeyProvider:
        """Open the keys as another process does."""
        return FileKeyProvider(self.folder / "keys", self.folder / "passphrase")

    async def types(self, *words: str, typed: str | None = None) -> Done:
        """Give one command; it runs in a thread, with an event loop of its own."""
        command = [*words, "--dir", str(self.folder)]
        terminal = CliRunner(env={"COLUMNS": "160"})
        result = await asyncio.to_thread(terminal.invoke, keys.app, command, input=typed)
        error = result.exception
        told = [str(error), *error.facts.values()] if isinstance(error, ExchangeError) else []
        text = " ".join(result.stderr.replace("\u2502", " ").split())
        return Done(result.exit_code, result.stdout, " ".join((text, *told)))

    async def tells(self, *words: str) -> dict[str, Any]:
        """Run a command that does what it says; give what it tells."""
        done = await self.types(*words, "--json")
        assert done.code == 0, done.complaint
        told: dict[str, Any] = json.loads(done.printed)
        return told

    async def records(self) -> list[dict[str, Any]]:
        """Give what the log says of rotations, oldest first."""
        rows = await self.root.fetch("SELECT leaf FROM log_records ORDER BY entry")
        said = [json.loads(row["leaf"]) for row in rows]
        assert {document["name"] for document in said} <= {"sleutel-vervangen"}
        assert all("actor" not in document for document in said)
        return [{"namens": d["namens"], **d["bijzonderheden"]} for d in said]


@pytest.fixture
async def keeper(fresh: TestDatabase, tmp_path: Path) -> AsyncIterator[Keeper]:
    cheap = Argon2Cost(memory_kib=1024, iterations=1, lanes=1)
    FileKeyProvider.create(tmp_path / "keys", tmp_path / "passphrase", cheap)
    make_files(tmp_path)
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=login_url(fresh.url, "exchange_gateway"),
        passfile=fresh.passfile,
        keys=tmp_path / "keys",
        passphrase=tmp_path / "passphrase",
        tls_certificate=tmp_path / "server.pem",
        client_ca=tmp_path / "ca.pem",
        client_crl=tmp_path / "crl.pem",
    )
    (tmp_path / SETTINGS_FILE).write_text(settings.model_dump_json())
    async with fresh.raw() as root:
        await root.execute("TRUNCATE parties, vestigingen CASCADE; TRUNCATE log_records")
        async with fresh.login("exchange_operator") as operator, operator.transaction() as conn:
            await directory.add_party(conn, OFFICER, "gemeente", None, NOW)
            await directory.grant(conn, OFFICER, Role.LEERPLICHT, "0361")
            await directory.add_party(conn, SCHOOL, "school", None, NOW)
            await directory.grant(conn, SCHOOL, Role.SCHOOL, "99DD")
        yield Keeper(tmp_path, root)


def make_files(folder: Path, crl_until: timedelta = DAY) -> None:
    """Make a CA for long, a server certificate for a week, and a revocation list."""
    now = datetime.now(UTC).replace(microsecond=0)
    authority = make_authority("Test CA", Validity(now - DAY, now + 900 * DAY))
    server = make_server(authority, Validity(now - DAY, now + 7 * DAY))
    (folder / "ca.pem").write_bytes(authority.certificate)
    (folder / "server.pem").write_bytes(server.certificate)
    listed = Validity(now - 2 * DAY, now + crl_until)
    (folder / "crl.pem").write_bytes(make_crl(authority, [], listed))


async def test_status_tells_of_every_key_and_no_secret(fresh: TestDatabase, keeper: Keeper) -> None:
    store = keeper.keys()
    kid = store.signing_kid()
    store.checkpoint_key()
    for code in ("99DD00", "99DD01"):
        store.mac(VestigingKey(KeyUse.COUNTING, Vestigingscode(code), YEAR), b"m")
    store.destroy(Vestigingscode("99DD01"), YEAR)
    store.mac(PseudonymKey(OFFICER, "leerplicht", YEAR), b"m")
    async with (
        fresh.login("exchange_gateway") as gateway,
        gateway.transaction(party=OFFICER) as conn,
    ):
        await directory.register_key(conn, OFFICER, "first", "{}", approve=True, now=NOW)
        await directory.register_key(conn, OFFICER, "second", "{}", approve=False, now=NOW)

    told = await keeper.tells("status")
    assert [(one["nummer"], one["kid"]) for one in told["ondertekening"]] == [(1, kid)]
    assert told["logboek"].startswith("verzuim-exchange/00000099")
    assert [one["ontvanger"] for one in told["pseudoniemen"]] == ["alle"]
    assert told["vestigingen"] == [{"schooljaar": str(YEAR), "inGebruik": 1, "vernietigd": 1}]
    assert [(o["naam"], o["kid"], o["status"]) for o in told["ontvangers"]] == [
        ("gemeente", "first", "actief"),
        ("gemeente", "second", "wacht-op-bevestiging"),
    ]
    assert [one["waarvoor"] for one in told["certificaten"]] == ["server", "client-ca"]
    assert [one["uitgever"] for one in told["intrekkingslijsten"]] == ["CN=Test CA"]
    attention = " ".join(told["letOp"])
    assert "approve-key gemeente KID" in attention, "the recipient names it, not we"
    assert "server CN=localhost geldt tot" in attention
    assert "client-ca" not in attention
    assert await keeper.records() == [], "looking changes nothing"

    shown = (await keeper.types("status")).printed
    for text in (kid, "wacht-op-bevestiging", "Test CA", "vernietigd"):
        assert text in shown
    secret = (keeper.folder / "passphrase").read_text().strip()
    assert secret not in shown


async def test_status_says_when_the_database_is_down_and_when_a_list_has_lapsed(
    keeper: Keeper,
) -> None:
    make_files(keeper.folder, crl_until=-DAY)
    path = keeper.folder / SETTINGS_FILE
    nowhere = {"database_url": "postgresql://exchange_gateway@127.0.0.1:9/nowhere"}
    path.write_text(json.dumps({**json.loads(path.read_text()), **nowhere}))
    told = await keeper.tells("status")
    assert told["ontvangers"] is None
    assert any("database" in line for line in told["letOp"])
    assert any("verlopen" in line for line in told["letOp"])
    assert (await keeper.types("rotate", "signing")).code == 1
    assert len(keeper.keys().public_keys()) == 1, "nothing was rotated"


async def test_rotations_leave_a_record_each_and_no_secret_in_it(keeper: Keeper) -> None:
    store = keeper.keys()
    first = store.signing_kid()
    told = await keeper.tells("rotate", "signing")
    assert told == {"kid": store.signing_kid()}
    assert told["kid"] != first
    key = PseudonymKey(OFFICER, "leerplicht", YEAR)
    before = store.mac(key, b"m")
    words = ("rotate", "pseudonym", "gemeente", "--schooljaar", str(YEAR), "--yes")
    for generation in (2, 3):
        told = await keeper.tells(*words)
        expected = {"ontvanger": "gemeente", "schooljaar": str(YEAR), "generatie": generation}
        assert told == expected
    assert store.mac(key, b"m") != before
    assert await keeper.records() == [
        {"namens": "00000099000000001000", "sleutel": "ondertekening 2"},
        {"namens": str(OFFICER), "sleutel": f"pseudoniemen {YEAR}, generatie 2"},
        {"namens": str(OFFICER), "sleutel": f"pseudoniemen {YEAR}, generatie 3"},
    ]


async def test_pseudonyms_rotate_only_after_a_yes_that_knows_what_it_breaks(
    keeper: Keeper,
) -> None:
    asked = await keeper.types("rotate", "pseudonym", "gemeente", typed="n\n")
    assert asked.code == 1
    assert "kan nieuwe berichten niet meer aan oude" in asked.complaint
    unasked = await keeper.types("rotate", "pseudonym", "gemeente", typed="")
    assert unasked.code == 1
    assert keeper.keys().inventory() == ()
    assert await keeper.records() == []
    done = await keeper.types("rotate", "pseudonym", str(OFFICER), typed="y\n")
    assert done.code == 0, done.complaint
    assert "generatie 2" in done.printed


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("counting",), 1, "schooljaar"),
        (("checkpoint",), 1, "voor het leven van het logboek"),
        (("pseudonym", "nobody", "--yes"), 2, "no connected party"),
        (("pseudonym", "school", "--yes"), 2, "is no recipient"),
        (("pseudonym", "gemeente", "--yes", "--schooljaar", "2026"), 2, "opeenvolgende"),
        (("ca", "--finish"), 1, "geen nieuwe CA"),
        (("ca",), 1, "start eerst de sandbox"),
    ],
)
async def test_what_cannot_rotate_says_why_and_stays(
    keeper: Keeper, words: tuple[str, ...], code: int, reason: str
) -> None:
    done = await keeper.types("rotate", *words)
    assert done.code == code, done.complaint
    assert reason in done.complaint
    assert keeper.keys().inventory() == ()
    assert await keeper.records() == []


async def test_without_the_log_nothing_rotates(keeper: Keeper) -> None:
    kid = keeper.keys().signing_kid()
    before = {fact for fact in keeper.keys().inventory() if fact.use is None}
    await keeper.root.execute("REVOKE INSERT ON log_records FROM verzuim_operator")
    try:
        refused = [
            await keeper.types("rotate", "signing"),
            await keeper.types("rotate", "pseudonym", "gemeente", "--yes"),
        ]
    finally:
        await keeper.root.execute("GRANT INSERT ON log_records TO verzuim_operator")
    for done in refused:
        assert done.code == 1
        assert "logboek-onbeschikbaar" in done.complaint
    assert keeper.keys().signing_kid() == kid
    assert {fact for fact in keeper.keys().inventory() if fact.use is None} == before


async def test_a_key_store_that_is_open_to_others_is_not_touched(keeper: Keeper) -> None:
    os.chmod(keeper.folder / "keys", 0o755)  # noqa: PTH101, S103  the mistake under test
    for words in (("status",), ("rotate", "signing")):
        done = await keeper.types(*words)
        assert done.code == 1
        assert "chmod 700" in done.complaint
