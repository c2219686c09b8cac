"""The inzage page in a real browser: what it tells, what it never shows again, and on paper."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.integration.console.filled import Filled
from tests.integration.console.paper import letters_of, without_spaces
from tests.integration.console.screen import Screen, Seat

REASON = "Een leerling of ouder vraagt om inzage"


async def ask(screen: Screen, number: str, reason: str = REASON) -> None:
    await screen.go("/console/inzage")
    await screen.page.get_by_label("Nummer van de leerling").fill(number)
    await screen.page.get_by_label("Waarom zoekt u dit op?").select_option(label=reason)
    async with screen.page.expect_navigation():
        await screen.page.get_by_role("button", name="Toon het overzicht").click()


async def test_tells_what_happened_and_breaks_no_rule(seat: Seat, filled: Filled) -> None:
    async with seat.window() as screen:
        await ask(screen, filled.pupil.reveal())
        words = await screen.words()
        assert "haalde leerplicht-0361 een signaal van zorgelijk verzuim op" in words
        assert "Hoe ver dit overzicht teruggaat" in words
        seen = await screen.page.get_by_role("region", name="zagen").inner_text()
        assert "leerplicht-0361" in seen
        for width in (1280, 320):
            await screen.page.set_viewport_size({"width": width, "height": 900})
            assert await screen.fits()
            assert await screen.faults() == []
        assert screen.wrong == []


async def test_shows_the_number_nowhere(seat: Seat, filled: Filled) -> None:
    number = filled.pupil.reveal()
    async with seat.window() as screen:
        await ask(screen, number)
        assert number not in await screen.page.content()
        assert number not in screen.page.url
        assert await screen.page.get_by_label("Nummer van de leerling").input_value() == ""
        stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        kept = json.loads(await screen.page.evaluate(stored))
        assert kept == [{}, {"htmx-current-path-for-history": "/console/inzage"}, ""]


async def test_is_kept_by_nobody_and_asks_before_it_is_sent_again(
    seat: Seat, filled: Filled
) -> None:
    async with seat.window() as screen:
        await ask(screen, filled.pupil.reveal())
        async with screen.page.expect_response("**/console/inzage") as awaited:
            await screen.page.evaluate("document.forms[1].requestSubmit()")
        answer = await awaited.value
        assert answer.headers["cache-control"] == "no-store"
        assert answer.request.method == "POST"


async def test_tells_at_each_field_what_is_wrong_and_repeats_nothing(seat: Seat) -> None:
    async with seat.window(script=False) as screen:
        await screen.go("/console/inzage")
        await screen.page.get_by_label("Nummer van de leerling").fill("999990018")
        async with screen.page.expect_navigation():
            await screen.page.get_by_role("button", name="Toon het overzicht").click()
        number = screen.page.get_by_label("Nummer van de leerling")
        assert await number.get_attribute("aria-invalid") == "true"
        assert await number.input_value() == ""
        described = await number.get_attribute("aria-describedby") or ""
        told = screen.page.locator(f"#{described.split()[-1]}")
        assert "geen BSN of onderwijsnummer" in await told.inner_text()
        assert await screen.page.get_by_role("alert").get_by_role("link").count() == 2
        assert "999990018" not in await screen.page.content()


async def test_on_paper_stands_the_report_and_no_form(
    seat: Seat, filled: Filled, tmp_path: Path
) -> None:
    async with seat.window() as screen:
        await ask(screen, filled.pupil.reveal())
        await screen.page.pdf(path=tmp_path / "inzage.pdf", prefer_css_page_size=True)
    pdf = (tmp_path / "inzage.pdf").read_bytes()
    printed = letters_of(pdf)
    for told in (
        "Inzage in één leerling",
        REASON,
        "haalde leerplicht-0361 een signaal van zorgelijk verzuim op",
        "Wetsvoorstel 36 663",
        "Hoe ver dit overzicht teruggaat",
    ):
        assert without_spaces(told) in printed
    sizes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf))
    assert [(round(float(w)), round(float(h))) for w, h in sizes] == [(595, 842)]  # A4
    for left_out in ("Toon het overzicht", "Afmelden", "Bevindingen", filled.pupil.reveal()):
        assert without_spaces(left_out) not in printed


async def test_comes_as_json_too(seat: Seat, filled: Filled, tmp_path: Path) -> None:
    async with seat.window(script=False) as screen:
        await screen.go("/console/inzage")
        await screen.page.get_by_label("Nummer van de leerling").fill(filled.pupil.reveal())
        await screen.page.get_by_label("Waarom zoekt u dit op?").select_option("CONTROLE")
        async with screen.page.expect_download() as awaited:
            await screen.page.get_by_role("button", name="Download als JSON").click()
        download = await awaited.value
        assert download.suggested_filename == "inzage.json"
        await download.save_as(tmp_path / "inzage.json")
    text = (tmp_path / "inzage.json").read_text("utf-8")
    assert filled.handled in {one["berichtId"] for one in json.loads(text)["verwerkingen"]}
    assert filled.pupil.reveal() not in text


async def test_a_school_hears_of_its_own_pupils_only(seat: Seat, filled: Filled) -> None:
    async with seat.window("school-99AA") as screen:
        await ask(screen, filled.pupil.reveal())  # a pupil of another school
        assert "niets gevonden" in await screen.words()
        assert filled.handled not in await screen.page.content()
        await ask(screen, filled.primary_pupil.reveal())
        assert "haalde leerplicht-0361 een signaal" in await screen.words()


async def test_a_gemeente_is_told_no_before_it_types_a_number(seat: Seat) -> None:
    async with seat.window("leerplicht-0361") as screen:
        await screen.go("/console/inzage")
        assert await screen.page.locator("h1").inner_text() == "Dit mag niet"
        assert await screen.page.get_by_label("Nummer van de leerling").count() == 0
