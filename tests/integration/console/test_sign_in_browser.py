"""An officer signs in at a real provider in a real browser, looks, and signs out; with and without
script, and by keyboard alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from exchange.console.cookies import SESSION
from tests.integration.api.world import World
from tests.integration.console.providers import provider_at, provider_process
from tests.integration.console.screen import Screen, served
from tests.integration.console.visitors import new_account

SUBJECT = "fg@school.example"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that runs."""
    with provider_process() as running:
        yield running


@pytest.fixture(scope="module")
async def gateway_at(
    world: World, issuer: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The address of the gateway, which knows one officer at the provider."""
    secret = tmp_path_factory.mktemp("oidc") / "client-secret"
    secret.write_text("geheim")
    provider = partial(provider_at, issuer, world.clock, secret=secret)
    with world.at(datetime.now(UTC)):
        await new_account(world, "fg", issuer, SUBJECT)
        async with served(world, provider) as address:
            yield address


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
async def window(
    browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """A fresh window, with script and without."""
    context = await browser.new_context(locale="nl-NL", java_script_enabled=request.param)
    yield context, await context.new_page()
    await context.close()


async def sign_in(page: Page, address: str, subject: str) -> None:
    """Ask for the console, leave for the provider, and sign in there."""
    await page.goto(f"{address}/console?van=hier")
    assert await page.title() == "Aanmelden – Verzuim Exchange"
    await page.get_by_role("link", name="Aanmelden", exact=True).click()
    await page.locator("[name=sub]").first.fill(subject)
    await page.get_by_role("button", name="Authorize").first.click()


async def test_an_officer_signs_in_looks_and_signs_out(
    window: tuple[BrowserContext, Page], gateway_at: str
) -> None:
    context, page = window
    await sign_in(page, gateway_at, SUBJECT)
    assert page.url == f"{gateway_at}/console?van=hier"
    assert "FG van fg" in await page.locator("main").inner_text()
    (cookie,) = [c for c in await context.cookies() if c.get("name") == SESSION]
    assert (cookie.get("httpOnly"), cookie.get("secure"), cookie.get("sameSite")) == (
        True,
        True,
        "Lax",
    )
    await page.get_by_role("button", name="Afmelden").click()
    assert "U bent afgemeld" in await page.locator("main").inner_text()
    await page.goto(f"{gateway_at}/console")
    assert page.url.startswith(f"{gateway_at}/console/aanmelden")
    assert not [c for c in await context.cookies() if c.get("name") == SESSION]


async def test_somebody_without_an_account_reads_what_to_do(
    window: tuple[BrowserContext, Page], gateway_at: str
) -> None:
    _, page = window
    await sign_in(page, gateway_at, "niemand@school.example")
    said = await page.locator("main").inner_text()
    assert "heeft hier geen account" in said
    assert "niemand@school.example" in said


async def test_the_page_before_signing_in_breaks_no_rule_and_fits_any_width(
    browser: Browser, gateway_at: str
) -> None:
    for path in ("aanmelden?sessie=voorbij", "link/x", "nergens", "aanmelden/terug"):
        for width in (1280, 320):
            context = await browser.new_context(viewport={"width": width, "height": 900})
            screen = Screen(await context.new_page(), gateway_at)
            screen.page.on("console", lambda message: screen.wrong.append(message.text))  # noqa: B023
            await screen.go(f"/console/{path}")
            assert await screen.faults() == [], path
            assert await screen.fits()
            policy = [text for text in screen.wrong if "Content Security Policy" in text]
            assert policy == []
            await context.close()


async def test_signing_in_takes_the_keyboard_alone(browser: Browser, gateway_at: str) -> None:
    context = await browser.new_context()
    screen = Screen(await context.new_page(), gateway_at)
    await screen.go("/console/aanmelden")
    reached = []
    for _ in range(3):
        await screen.page.keyboard.press("Tab")
        reached.append(await screen.focused())
    assert [one["text"] for one in reached] == ["Naar de inhoud", "Verzuim Exchange", "Aanmelden"]
    assert all(one["seen"] for one in reached)
    await screen.page.keyboard.press("Enter")
    await screen.page.wait_for_url("**/oauth2/authorize?**")
    await context.close()
