"""``exchange register import`` as an operator types it: what it prints, and how it ends."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from adapters.keys.file import FileKeyProvider
from exchange.config import SETTINGS_FILE, Settings
from exchange.crypto.wrapping import Argon2Cost
from exchange.policy.necessity import Mode
from exchange.storage.logins import login_url
from tests.integration.servers import TestDatabase
from tests.keyboard import Keyboard
from tests.registers import School, duo, gemeenten, regions

Run = Callable[..., CompletedProcess[str]]
SCHOOLS = [School("12AB"), School("13AB", gemeente="0599"), School("14AB", gemeente="0398")]


@pytest.fixture(scope="module")
def folder(fresh: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation's folder, with the files to import beside its settings."""
    folder = tmp_path_factory.mktemp("installation")
    cheap = Argon2Cost(memory_kib=1024, iterations=1, lanes=1)
    FileKeyProvider.create(folder / "keys", folder / "passphrase", cheap)
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=login_url(fresh.url, "exchange_gateway"),
        passfile=fresh.passfile,
        keys=folder / "keys",
        passphrase=folder / "passphrase",
    )
    (folder / SETTINGS_FILE).write_text(settings.model_dump_json())
    (folder / "gemeenten.csv").write_bytes(gemeenten())
    (folder / "swv-regio.csv").write_bytes(regions({1811: ("PO2703", "VO2703"), 3197: ("", "")}))
    (folder / "vestigingen.csv").write_bytes(duo(SCHOOLS))
    return folder


@pytest.fixture
def run(keyboard: Keyboard, folder: Path) -> Run:
    """Import a file of that folder."""

    def run(name: str, *options: str) -> CompletedProcess[str]:
        where = (str(folder / name), "--dir", str(folder))
        return keyboard.type("register", "import", *where, *options)

    return run


def reported(run: Run, name: str, *options: str) -> dict[str, Any]:
    done = run(name, "--json", *options)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


async def standing(fresh: TestDatabase) -> list[tuple[str, str]]:
    async with fresh.raw() as root:
        rows = await root.fetch("SELECT code, geldig_van::text FROM vestigingen ORDER BY 1, 2")
    return [tuple(row) for row in rows]


async def test_registers_are_imported_one_after_the_other(run: Run, fresh: TestDatabase) -> None:
    too_early = run("vestigingen.csv")
    assert too_early.returncode == 1
    assert "geen enkele regel past; regel 2: gemeente 0361 bestaat" in too_early.stderr
    assert reported(run, "gemeenten.csv")["nieuw"] == 4
    regio = reported(run, "swv-regio.csv", "--peildatum", "2026-08-01")
    assert (regio["gelezen"], regio["nieuw"], regio["register"]) == (2, 1, "swv-regio")
    assert [m["regel"] for m in regio["pastNiet"]] == [3]
    rehearsed = reported(run, "vestigingen.csv", "--dry-run")
    assert (rehearsed["nieuw"], rehearsed["proef"], rehearsed["entry"]) == (2, True, None)
    assert await standing(fresh) == []

    shown = run("vestigingen.csv", "--peildatum", "2026-08-01")
    assert shown.returncode == 0, shown.stderr
    for text in (
        "Register bo per 2026-08-01: ingelezen",
        "gelezen",
        "nieuw",
        "beëindigd",
        "past niet, want",
    ):
        assert text in shown.stdout
    assert "gemeente 0398 bestaat op 2026-08-01" in shown.stdout
    assert await standing(fresh) == [("12AB00", "2026-08-01"), ("13AB00", "2026-08-01")]

    again = reported(run, "vestigingen.csv")
    assert (again["nieuw"], again["gewijzigd"], again["ongewijzigd"]) == (0, 0, 2)
    assert again["entry"]


async def test_a_damaged_file_changes_nothing_names_the_line_and_ends_with_1(
    run: Run, folder: Path, fresh: TestDatabase
) -> None:
    before = await standing(fresh)
    changed = duo([replace(school, naam="Anders") for school in SCHOOLS])
    (folder / "kapot.csv").write_bytes(changed.replace(b"14AB00", b"14AB0"))
    done = run("kapot.csv")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "regel 4: VESTIGINGSCODE is geen vestigingscode" in done.stderr
    assert "Traceback" not in done.stderr
    assert await standing(fresh) == before


def test_a_long_report_shows_the_first_lines_and_counts_the_rest(run: Run, folder: Path) -> None:
    none_fits = [School(f"{n}ZZ", gemeente="0398") for n in range(10, 35)]
    (folder / "lang.csv").write_bytes(duo([School("12AB"), *none_fits]))
    done = run("lang.csv", "--soort", "bo", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("gemeente 0398 bestaat") == 20
    assert "en nog 5 regels die niet passen" in done.stdout


def test_a_file_that_is_not_there_is_no_success(run: Run) -> None:
    assert run("weg.csv").returncode != 0
