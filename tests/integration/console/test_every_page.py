"""Every page of the console in a real browser: accessible, inert, on small screens, without script.

Not audited by a human: axe covers a part of WCAG 2.2 only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from playwright.async_api import Route

from exchange.console.navigation import MENU
from tests.integration.console.filled import Filled
from tests.integration.console.screen import Screen, Seat

PAGES: dict[str, Callable[[Filled], str]] = {
    "start": lambda _: "/console",
    "overzicht": lambda _: "/console/overzicht",
    "zoeken": lambda _: "/console/zoeken",
    "gevonden": lambda _: "/console/zoeken?uitkomst=ok&tot=2026-11-18",
    "fout-gezocht": lambda _: "/console/zoeken?van=gisteren&actor=niemand",
    "regel": lambda filled: f"/console/regels/{filled.entry}",
    "bericht": lambda filled: f"/console/berichten/{filled.handled}",
    "inzage": lambda _: "/console/inzage",
    "bevindingen": lambda _: "/console/bevindingen",
    "integriteit": lambda _: "/console/integriteit",
    "export": lambda _: "/console/export",
    "register": lambda _: "/console/register",
    "verwerking": lambda _: "/console/register/signaal-leerplicht/1",
    "niet-gevonden": lambda _: "/console/bestaat-niet",
}
every_page = pytest.mark.parametrize("page", PAGES)


async def open_page(screen: Screen, page: str, filled: Filled) -> None:
    await screen.go(PAGES[page](filled))
    assert await screen.page.locator("h1").count() == 1


def test_every_page_of_the_menu_is_looked_at() -> None:
    nothing: Any = None
    blank = Filled(*[nothing] * len(fields(Filled)))
    assert {item.path for item in MENU} <= {path(blank) for path in PAGES.values()}


@every_page
async def test_breaks_no_rule_and_fits_on_every_screen(
    seat: Seat, filled: Filled, page: str
) -> None:
    async with seat.window() as screen:
        await open_page(screen, page, filled)
        assert screen.wrong == []
        for width in (1280, 768, 320):
            await screen.page.set_viewport_size({"width": width, "height": 900})
            assert await screen.fits(), width
            assert width == 768 or await screen.faults() == []
        title = await screen.page.title()
        assert title.startswith(await screen.page.locator("h1").inner_text())
        assert screen.wrong == []


@every_page
async def test_says_the_same_without_script(seat: Seat, filled: Filled, page: str) -> None:
    async with seat.window() as with_script, seat.window(script=False) as without:
        await open_page(with_script, page, filled)
        await open_page(without, page, filled)
        assert await without.page.locator("h1").inner_text() in await with_script.words()
        assert await without.page.locator("main :is(a, button, input)").count() > 0
        assert without.wrong == []


async def spoil(screen: Screen, path: str, good: str, bad: str) -> None:
    """Open a page with something planted in it, under the headers that it really has."""

    async def planted(route: Route) -> None:
        answer = await route.fetch()
        text = await answer.text()
        assert good in text
        await route.fulfill(response=answer, body=text.replace(good, bad))

    await screen.page.route(f"{screen.base}{path}", planted)
    await screen.go(path)


@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        ('<html lang="nl">', "<html>", "html-has-lang"),
        ('<label for="pgn">', "<label>", "label"),
        ("</main>", '<img src="/console/static/x"></main>', "image-alt"),
        ("<h2", "<h4", "heading-order"),
    ],
)
async def test_a_broken_rule_is_caught(seat: Seat, good: str, bad: str, rule: str) -> None:
    async with seat.window() as screen:
        await spoil(screen, "/console/inzage", good, bad)
        assert any(fault.startswith(rule) for fault in await screen.faults())


@pytest.mark.parametrize(
    ("planted", "directive"),
    [
        ("<script>document.title = 'taken'</script>", "script-src"),
        ('<p style="color: red">x</p>', "style-src"),
        ('<a onclick="x()" href="/console">x</a>', "script-src"),
    ],
)
async def test_what_does_not_belong_is_stopped_and_caught(
    seat: Seat, planted: str, directive: str
) -> None:
    async with seat.window() as screen:
        await spoil(screen, "/console/inzage", "</main>", f"{planted}</main>")
        assert any(directive in one for one in screen.wrong)
        assert await screen.page.title() != "taken"


async def test_something_from_elsewhere_is_caught(seat: Seat) -> None:
    async with seat.window() as screen:
        image = '<img src="https://elders.invalid/x.png" alt="x"></main>'
        await spoil(screen, "/console/inzage", "</main>", image)
        assert any("img-src" in one or "outside" in one for one in screen.wrong)


async def test_a_page_that_is_too_wide_is_caught(seat: Seat) -> None:
    async with seat.window(width=320) as screen:
        wide = f"<p>{'M' * 90}</p></main>"
        await spoil(screen, "/console/inzage", "</main>", f"<pre>{'M' * 90}</pre>{wide}")
        assert not await screen.fits()
