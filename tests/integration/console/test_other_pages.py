"""The chain of custody, the findings, the integrity check and the register in a real browser."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from exchange.accountability.checkpoint import checkpoint_vkey, origin_of
from tests.integration.console.filled import Filled
from tests.integration.console.screen import Screen, Seat


async def download(screen: Screen, name: str, folder: Path) -> Path:
    """Press a button that gives a file, and give where it lies."""
    async with screen.page.expect_download() as awaited:
        await screen.page.get_by_role("button", name=name).click()
    file = folder / "download"
    await (await awaited.value).save_as(file)
    return file


async def verify_alone(screen: Screen, bundle: Path, folder: Path) -> bool:
    """Verify a bundle with nothing but the file and the command that the page gives."""
    await screen.go("/console/integriteit")
    async with screen.page.expect_download() as awaited:
        await screen.page.get_by_role("link", name="verify_log.py").click()
    await (await awaited.value).save_as(folder / "verify_log.py")
    given = screen.page.locator("code.lang", has_text="python verify_log.py").first
    key = re.search(r"--vkey '([^']+)'", await given.inner_text())
    assert key is not None
    program = (sys.executable, str(folder / "verify_log.py"), str(bundle), "--vkey", key[1])
    process = await asyncio.create_subprocess_exec(*program, stdout=PIPE, stderr=PIPE)
    await process.communicate()
    return process.returncode == 0


async def test_tells_what_happened_to_a_message(seat: Seat, filled: Filled) -> None:
    async with seat.window(script=False) as screen:
        await screen.go(f"/console/berichten/{filled.handled}")
        words = await screen.words()
        for told in ("ontvangst bevestigd", "Bericht opgehaald", "Behandeling teruggemeld"):
            assert told in words
        cells = await screen.page.get_by_role("row", name="persoonsgebonden nummer").inner_text()
        assert cells.count("Niet: het PGN gaat nooit naar deze ontvanger") == 3
        assert filled.pupil.reveal() not in await screen.page.content()
        await screen.go(f"/console/berichten/{filled.withdrawn}")
        assert "De school trok het bericht in" in await screen.words()


async def test_a_proof_from_the_console_is_verified_without_it(
    seat: Seat, filled: Filled, tmp_path: Path
) -> None:
    async with seat.window() as screen:
        await screen.go(f"/console/berichten/{filled.handled}")
        chain = await download(screen, "Download het bewijs", tmp_path)
        assert await verify_alone(screen, chain, tmp_path)
        await screen.go(f"/console/regels/{filled.entry}")
        bundle = await download(screen, "Download het bewijs", tmp_path)
        assert await verify_alone(screen, bundle, tmp_path)
        changed = json.loads(bundle.read_text("utf-8"))
        changed["index"] += 1
        bundle.write_text(json.dumps(changed), "utf-8")
        assert not await verify_alone(screen, bundle, tmp_path)


async def test_keeps_what_an_officer_decides(seat: Seat) -> None:
    async with seat.window(script=False) as screen:
        await screen.go("/console/bevindingen")
        finding = screen.page.locator("article").first
        async with screen.page.expect_navigation():
            await finding.get_by_role("button", name="Leg vast").click()
        assert "Kies wat u van deze bevinding vindt" in await screen.words()
        finding = screen.page.locator("article").first
        key = await finding.locator("[name=bevinding]").input_value()
        await finding.get_by_label("Ik onderzoek dit nader").check()
        async with screen.page.expect_navigation():
            await finding.get_by_role("button", name="Leg vast").click()
        assert "Uw oordeel is vastgelegd" in await screen.words()
        judged = screen.page.locator(f"article:has([value='{key}'])")
        assert "Ik onderzoek dit nader (" in await judged.locator(".melding").inner_text()
    (kept,) = await seat.world.rows(
        "SELECT encode(finding, 'hex') AS key, outcome FROM finding_reviews"
    )
    assert (kept["key"], kept["outcome"]) == (key, "nader-onderzoek")


@pytest.mark.parametrize("script", [True, False])
async def test_says_in_words_that_the_log_is_right(seat: Seat, script: bool) -> None:
    async with seat.window(script=script) as screen:
        await screen.go("/console/integriteit")
        vkey = checkpoint_vkey(origin_of(seat.world.gateway.oin), seat.world.gateway.keys)
        assert vkey in await screen.words()
        await screen.page.get_by_role("button", name="Controleer nu").click()
        await screen.page.locator("#uitslag .melding").wait_for()
        assert "In orde." in await screen.page.locator("#uitslag").inner_text()
        assert await screen.page.locator("#uitslag").get_attribute("role") == "status"
        assert screen.wrong == []


async def test_says_in_words_that_the_log_is_not_right(seat: Seat) -> None:
    flip = (
        "UPDATE log_tiles SET hashes = set_byte(hashes, 3, get_byte(hashes, 3) # 1) WHERE level = 0"
    )
    await seat.world.execute(flip)
    try:
        async with seat.window() as screen:
            await screen.go("/console/integriteit")
            await screen.page.get_by_role("button", name="Controleer nu").click()
            await screen.page.locator("#uitslag .melding").wait_for()
            said = await screen.page.locator("#uitslag").inner_text()
            assert "Niet in orde." in said
            assert "De eerste fout: checkpoint van" in said
            assert await screen.faults() == []
    finally:
        await seat.world.execute(flip)


async def test_a_form_of_another_session_changes_nothing(seat: Seat) -> None:
    async with seat.window() as screen:
        for path in ("zoeken", "inzage", "bevindingen", "integriteit", "export"):
            await screen.go(f"/console/{path}")
            await screen.page.evaluate(
                "document.querySelectorAll('main [name=csrf]').forEach(e => e.value = 'x')"
            )
            async with screen.page.expect_response(f"**/console/{path}") as awaited:
                await screen.page.locator("main form button").first.click()
            assert (await awaited.value).status == 403


async def test_who_is_not_signed_in_is_led_to_the_sign_in_page(seat: Seat, filled: Filled) -> None:
    async with seat.window(party=None) as screen:
        for path in ("overzicht", "zoeken?alles", f"berichten/{filled.handled}", "register"):
            await screen.go(f"/console/{path}")
            assert "/console/aanmelden" in screen.page.url
            assert filled.handled not in await screen.words()
