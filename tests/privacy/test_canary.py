"""Local reasons stay, and pupils are sealed (P3, P4): a real installation, searched to the byte.

Gateway, workers, receivers and PostgreSQL run as processes; everything that can be asked is asked,
with a canary in every place; then all that the installation keeps and said is searched for each of
them in every form. Leaks planted on every surface must be found by the same search.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from fastapi.routing import APIRoute

from exchange.api.v1 import ROUTERS
from exchange.config import Settings
from exchange.crypto.opening import SealBroken, open_message
from exchange.errors import Code
from exchange.pipeline.at_rest import payload_context
from tests.flow.installation import RECIPIENTS, Installation, free_port, installed
from tests.flow.killable import GATEWAY, WORKERS
from tests.integration.api.world import OINS
from tests.privacy.burglar import Loot, identities, loot_of
from tests.privacy.canaries import Aviary
from tests.privacy.commands import Commands
from tests.privacy.drive import Drive, Driven
from tests.privacy.plants import PLACES, Plants
from tests.privacy.scanner import UNREADABLE
from tests.privacy.search import SURFACES, Search, Searched
from tests.privacy.wire import Answer, Wire, listening

POSTGRES = {"autovacuum": "off", "wal_keep_size": "512MB"}
"""Nothing is tidied away before it was searched: no dead row, no WAL."""

OTHER_ISSUES = {Code.GEEN_GRONDSLAG, Code.TE_VEEL_VERZOEKEN}
"""Codes that nothing gives yet, that take a flood, or (`geen-grondslag`) not in trial mode."""

BY_CHANCE = {
    Code.IDEMPOTENTIESLEUTEL_BEZIG,
    Code.VERVALLEN,
    Code.DIENST_ONBESCHIKBAAR,
    Code.NOG_NIET_VERZEGELD,
}
"""Codes that depend on who comes first, or on years passing."""


@dataclass(frozen=True)
class Run:
    """One installation's life, and what was found afterwards."""

    aviary: Aviary
    plants: Plants
    driven: Driven
    answers: list[Answer]
    notices: list[bytes]
    searched: Searched
    journals: dict[str, list[dict[str, Any]]]
    gateway_keys: list[dict[str, object]]
    folder: Path

    def said(self, code: Code) -> bool:
        """Say whether any answer had this code; the description of the API tells them all."""
        given = (a for a in self.answers if not a.asked.endswith("/openapi.json"))
        return any(f'"code": "{code.value}"'.encode() in answer.raw for answer in given)


@pytest.fixture(scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    """Install, drive, plant, stop, search."""
    folder, commands, port = tmp_path_factory.mktemp("site"), Commands(), free_port()
    push_url = f"https://localhost:{port}/berichten"
    try:
        async with installed(folder, commands, push_url, POSTGRES) as installation:
            wire, aviary = Wire(installation), Aviary()
            await _store_uncompressed(installation)
            async with listening(folder / "pki", port) as notices:
                driven = await Drive(installation, wire, aviary).everything()
                await installation.until(lambda: len(notices) > 2, "notices arrive")
            keys = (await wire.call(None, "GET", "/v1/sleutels")).json()["keys"]
            await wire.close()
            plants = Plants(aviary)
            search = Search(installation, commands, aviary.all, plants)
            searched = await search.everywhere(wire.answers, notices)
            journals = {name: _read(installation.journal(name)) for name in RECIPIENTS}
            yield Run(
                aviary, plants, driven, wire.answers, notices, searched, journals, keys, folder
            )
    finally:
        commands.close()


async def _store_uncompressed(installation: Installation) -> None:
    """Store every column as it is: a compressed row that was deleted could not be searched."""
    columns = await installation.sql(
        "SELECT attrelid::regclass::text AS name, attname FROM pg_attribute JOIN pg_class c"
        " ON c.oid = attrelid WHERE c.relkind = 'r' AND attstorage IN ('x', 'm')"
        " AND relnamespace = 'public'::regnamespace AND attnum > 0"
    )
    for name, column in columns:
        with suppress(asyncpg.UndefinedTableError):  # a closed month that the workers dropped
            await installation.sql(f"ALTER TABLE {name} ALTER {column} SET STORAGE EXTERNAL")


def _read(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def test_no_pupil_and_no_local_reason_is_found_anywhere(run: Run) -> None:
    found = run.searched.findings.of(*run.aviary.all)
    assert not found, "\n".join(str(hit) for hit in found[:40])


def test_everything_could_be_read(run: Run) -> None:
    unreadable = {hit.place for hit in run.searched.findings.hits if hit.canary == UNREADABLE}
    assert unreadable == {"lek.gone"}  # planted


@pytest.mark.parametrize("place", PLACES)
def test_a_planted_leak_is_found(run: Run, place: str) -> None:
    plant = run.plants.at(place)
    assert plant.form in run.searched.findings.where(plant.canary).get(plant.surface, ())


def test_a_crowd_of_small_numbers_is_found_in_rows_that_are_gone(run: Run) -> None:
    for canary in run.plants.crowd:
        assert "int32 little-endian" in run.searched.findings.where(canary)["database files"]


def test_every_surface_was_searched(run: Run) -> None:
    searched = run.searched.findings.searched
    assert set(searched) == set(SURFACES)
    assert min(searched.values()) > 200, searched
    assert searched["database files"] > 20_000_000
    assert searched["WAL"] > 16_000_000


def test_everything_was_asked(run: Run) -> None:
    """Every route with success, and every code that the gateway can answer today."""
    routes = [route for router in ROUTERS for route in router.routes]
    for route in routes:
        assert isinstance(route, APIRoute)
        (method,) = route.methods or {"?"}
        path = re.sub("{[^}]*}", "[^/]+", re.sub("{[^}]*:path}", ".+", route.path))
        asked = re.compile(f"{method} /v1{path}([?]|$)")
        succeeded = [a for a in run.answers if asked.match(a.asked) and 200 <= a.status < 300]
        assert succeeded, asked
    expected = set(Code) - OTHER_ISSUES - BY_CHANCE
    assert {code for code in expected if not run.said(code)} == set()
    assert any(answer.status == 503 for answer in run.answers)
    assert {code for code in OTHER_ISSUES if run.said(code)} == set()


def test_what_broke_was_logged_and_so_was_searched(run: Run) -> None:
    logs = run.folder / "logs"
    gateway, workers = (
        {(line["event"], line.get("error")) for line in _read(logs / f"{part}.log")}
        for part in (GATEWAY, WORKERS)
    )
    assert ("fault", "Fault") in gateway
    assert {event for event, _ in workers} >= {
        *("started", "stopped", "dependency-lost", "dependency-back"),
        *("messages-parked", "payloads-erased"),
    }


def test_the_rightful_recipient_read_the_number_and_the_mailbox(run: Run) -> None:
    delivered = [
        message
        for message in run.driven.accepted
        if message.recipient in RECIPIENTS and message.number not in _taken_back(run.driven)
    ]
    assert len(delivered) > 15
    for message in delivered:
        (line,) = (
            line for line in run.journals[message.recipient] if line["berichtId"] == message.number
        )
        assert line["inhoud"]["pgn"] == message.pgn
        assert line["inhoud"]["contact"]["email"] == message.email
        others = [run.journals[name] for name in RECIPIENTS if name != message.recipient]
        assert message.pgn not in json.dumps(others)


def _taken_back(driven: Driven) -> set[str]:
    """The messages that no receiver could fetch: withdrawn or refused while we held the mailbox."""
    journalled = {m.number for m in driven.accepted if m.number in driven.withdrawn}
    return driven.refused | journalled


def test_a_downloaded_message_opens_with_its_recipients_key_only(run: Run) -> None:
    assert len(run.driven.downloaded) >= 3
    by_number = {message.number: message for message in run.driven.accepted}
    for number, token in run.driven.downloaded.items():
        message = by_number[number]
        for name, key in run.driven.sealing_keys.items():
            private = key.key.private_key
            assert private is not None
            opened = Loot({}).plus("own key", private).open_message(token.encode())
            assert bool(opened) is (name == message.recipient)
            if name != message.recipient:
                with pytest.raises(SealBroken):
                    open_message(token, OINS[name], [key], run.gateway_keys)
                continue
            content = open_message(token, OINS[name], [key], run.gateway_keys).content
            assert content["pgn"] == message.pgn


def test_nothing_in_the_installation_opens_a_message(run: Run) -> None:
    """With every key, passphrase, certificate and table the outer layer opens, and no message."""
    settings = Settings.load(run.folder, {})
    roots = [path.stem.split(".") for path in settings.keys.glob("vestiging.*.key")]
    names = identities(
        {root[1] for root in roots},
        {root[2] for root in roots},
        [oin.reveal() for oin in OINS.values()],
        {"handhaving-leerplicht"},
    )
    assert settings.passphrase is not None
    passphrase, pems = settings.passphrase.read_bytes().strip(), (run.folder / "pki").glob("*.key")
    loot = loot_of(settings.keys, passphrase, names, pems, run.searched.database)
    assert len(loot.secrets) > 1000
    own = Loot({})
    for name, key in run.driven.sealing_keys.items():
        assert key.key.private_key is not None
        own = own.plus(name, key.key.private_key)
    assert len(run.driven.old_copy) > 10
    for number, role, payload in run.driven.old_copy[::5]:
        (token,) = loot.open_at_rest(payload, payload_context(number, role)).values()
        assert loot.open_message(token) == {}
        assert len(own.open_message(token)) == 1


def test_the_hash_of_a_body_is_given_to_the_school_alone(run: Run) -> None:
    schools = {"las-noord", "las-zuid", "school-99AA", "las-noord-anders"}
    others = b"\n".join(a.raw for a in run.answers if a.caller not in schools)
    stored = b"\n".join(value.data for value in run.searched.database)
    for message in run.driven.accepted:
        for member in ("zout", "inhoudshash"):
            secret = message.receipt[member].encode()
            assert any(secret in a.raw for a in run.answers if a.caller in schools)
            assert secret not in others
            assert secret not in stored


def test_a_notice_holds_an_id_and_no_more(run: Run) -> None:
    numbers = {message.number for message in run.driven.accepted}
    for notice in run.notices:
        body = json.loads(notice.partition(b"\r\n\r\n")[2])
        assert set(body) == {"berichtId"}
        assert body["berichtId"] in numbers or _is_of_a_withdrawal(body["berichtId"], run.answers)


def _is_of_a_withdrawal(number: str, answers: list[Answer]) -> bool:
    return any(number.encode() in a.raw and "intrekkingen" in a.asked for a in answers)
