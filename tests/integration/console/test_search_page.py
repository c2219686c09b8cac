"""Searching the log in a real browser: pages, what is said aloud, wrong answers, taking along."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from exchange.crypto.extracts import verify_extract
from tests.integration.api.world import OINS
from tests.integration.console.filled import Filled
from tests.integration.console.screen import Screen, Seat

STATUS = "#telling"


async def search(screen: Screen, **asked: str) -> None:
    await screen.go("/console/zoeken")
    for name, value in asked.items():
        field = screen.page.locator(f"[name={name}]")
        if await field.evaluate("e => e.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)
    async with screen.page.expect_navigation():
        await screen.page.get_by_role("button", name="Zoek", exact=True).click()


async def rows(screen: Screen) -> list[list[str]]:
    found: list[list[str]] = await screen.page.evaluate(
        "[...document.querySelectorAll('#regels tbody tr')]"
        ".map(row => [...row.children].map(cell => cell.innerText.trim()))"
    )
    return found


@pytest.mark.parametrize("script", [True, False])
async def test_finds_what_is_asked_and_leads_on(seat: Seat, filled: Filled, script: bool) -> None:
    async with seat.window(script=script) as screen:
        await search(screen, actor="LEERPLICHT-0361", actie="bericht-opgehaald", van="2026-11-01")
        found = await rows(screen)
        (what,) = {tuple(row[1:4]) for row in found}
        assert what == ("Bericht opgehaald", "leerplicht-0361", "leerplicht-0361")
        assert f"{len(found)} logregels gevonden" in await screen.page.locator(STATUS).inner_text()
        oin = await screen.page.locator("#actor").input_value()
        assert oin == str(OINS["leerplicht-0361"])
        await screen.page.get_by_role("link", name="Bekijk").last.click()
        await screen.page.wait_for_url(f"**/berichten/{filled.handled}")
        await screen.page.go_back()
        await screen.page.locator("#regels tbody th a").last.click()
        await screen.page.wait_for_url("**/console/regels/*")
        assert await screen.page.locator("h1").inner_text() == "Bericht opgehaald"
        assert screen.wrong == []


async def test_a_swap_of_pages_says_what_came(seat: Seat) -> None:
    for _ in range(51):
        await seat.world.call("leerplicht-0361", "GET", "/v1/berichten?limit=500")
    async with seat.window() as screen:
        await screen.go("/console/zoeken?alles")
        await screen.page.evaluate("window.same = document.querySelector('#telling')")
        first = await rows(screen)
        assert "Er zijn er meer" in await screen.page.locator(STATUS).inner_text()
        await screen.page.get_by_role("link", name="Volgende bladzijde").click()
        await screen.page.wait_for_url("**cursor=*")
        second = await rows(screen)
        said = await screen.page.locator(STATUS).inner_text()
        assert said == f"{len(second)} logregels op deze laatste bladzijde."
        assert await screen.page.locator(STATUS).get_attribute("role") == "status"
        assert await screen.page.evaluate("window.same === document.querySelector('#telling')")
        assert len(first) == 50
        assert await screen.faults() == []
        await screen.page.reload()
        assert await rows(screen) != []
        assert screen.wrong == []


@pytest.mark.parametrize("script", [True, False])
async def test_what_is_wrong_stands_at_its_field_and_in_no_address(
    seat: Seat, filled: Filled, script: bool
) -> None:
    number = filled.pupil.reveal()
    async with seat.window(script=script) as screen:
        await search(screen, berichtId=number, actor=number, tot="2027-01-01", uitkomst="ok")
        assert screen.page.url.endswith("/console/zoeken")
        assert number not in await screen.page.content()
        for name in ("berichtId", "actor", "tot"):
            field = screen.page.locator(f"[name={name}]")
            assert await field.get_attribute("aria-invalid") == "true"
            assert await field.input_value() == ""
            described = (await field.get_attribute("aria-describedby") or "").split()
            assert await screen.page.locator(f"#{described[-1]}").inner_text() != ""
        assert await screen.page.locator("[name=uitkomst]").input_value() == "ok"
        assert await rows(screen) == []


@pytest.mark.parametrize(
    "path",
    [
        "/console/zoeken?alles&cursor=verzonnen",
        "/console/regels/999990019",
        "/console/regels/01a202df-da6b-7613-9465-f951cf84c810",
        "/console/berichten/01a202df-da6b-7613-9465-f951cf84c810",
        "/console/berichten/x",
        "/console/register/verzonnen/1",
    ],
)
async def test_what_cannot_be_is_not_found(seat: Seat, path: str) -> None:
    async with seat.window() as screen:
        await screen.go(path)
        assert await screen.page.locator("h1").inner_text() == "Niet gevonden"


async def test_takes_along_exactly_what_was_found_and_says_so_in_the_log(
    seat: Seat, tmp_path: Path
) -> None:
    async with seat.window(script=False) as screen:
        await search(screen, actor="leerplicht-0599", actie="bericht-opgehaald")
        shown = await rows(screen)
        async with screen.page.expect_download() as awaited:
            await screen.page.get_by_role("button", name="Neem deze regels mee").click()
        await (await awaited.value).save_as(tmp_path / "x.zip")
        await screen.go("/console/export")
        assert "FG van fg" in await screen.page.locator("header").inner_text()
        assert await screen.page.locator("main tbody tr").count() == 1
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        content = archive.read("logregels.csv")
        signature = archive.read("logregels.csv.jws").decode()
        assert "alle regels" in archive.read("leesmij.txt").decode()
    verify_extract(content, signature, list(seat.world.gateway.keys.public_keys()))
    lines = list(csv.DictReader(io.StringIO(content.decode()), delimiter=";"))
    assert len(lines) == len(shown) == 1
    assert lines[0]["actie"] == "bericht-opgehaald"
    (record,) = await seat.world.rows(
        "SELECT leaf FROM log_records WHERE action = 'logregels-uitgevoerd'"
    )
    assert json.loads(record["leaf"])["bijzonderheden"]["vraag"]["actor"] == str(
        OINS["leerplicht-0599"]
    )


async def test_a_gemeente_finds_its_own_and_nothing_else(seat: Seat, filled: Filled) -> None:
    async with seat.window("leerplicht-0599") as screen:
        await screen.go("/console/zoeken?alles")
        content = await screen.page.content()
        assert filled.elsewhere in content
        assert filled.handled not in content
        await screen.go(f"/console/berichten/{filled.elsewhere}")
        assert filled.elsewhere in await screen.words()
        for path in (f"berichten/{filled.handled}", f"regels/{filled.entry}"):
            await screen.go(f"/console/{path}")
            assert await screen.page.locator("h1").inner_text() == "Niet gevonden"
        await screen.go("/console/overzicht")
        assert "leerplicht-0361" not in await screen.words()
        await screen.go("/console/bevindingen")
        assert "leerplicht-0361" not in await screen.words()


async def test_a_school_sees_what_others_did_with_its_pupils_only(
    seat: Seat, filled: Filled
) -> None:
    async with seat.window("school-99AA") as screen:
        await search(screen, actie="bericht-opgehaald")
        (row,) = await rows(screen)
        assert row[2] == "leerplicht-0361"
        await screen.go("/console/zoeken?alles")
        content = await screen.page.content()
        assert filled.primary in content
        for message in (filled.handled, filled.waiting, filled.elsewhere):
            assert message not in content
            await screen.go(f"/console/berichten/{message}")
            assert await screen.page.locator("h1").inner_text() == "Niet gevonden"
        await screen.go(f"/console/berichten/{filled.primary}")
        assert "ontvangst bevestigd" in await screen.words()
