"""Who saw this pupil? From the sign-in page to the answer without a mouse, the focus in sight."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from playwright.async_api import Browser

from exchange.console.navigation import RETURN
from exchange.ports import Identity
from tests.integration.api.world import World
from tests.integration.console.filled import Filled
from tests.integration.console.screen import Screen, Seat, served
from tests.integration.console.visitors import new_account

OFFICER = Identity("https://aanmelden.example.org", "functionaris-1")
MOST_STOPS = 40


@dataclass(frozen=True)
class KnowsMeAlready:
    """A sign-in provider at which the officer is signed in: it sends the browser straight back."""

    base: str

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        assert nonce
        assert verifier
        return f"{self.base}{RETURN}?{urlencode({'state': state, 'code': 'ja'})}"

    async def identify(self, code: str, nonce: str, verifier: str) -> Identity:
        assert (code, bool(nonce), bool(verifier)) == ("ja", True, True)
        return OFFICER


async def tab_to(screen: Screen, **wanted: str) -> None:
    """Press Tab until what is wanted has the focus; every stop on the way must be in sight."""
    for _ in range(MOST_STOPS):
        await screen.page.keyboard.press("Tab")
        stop = await screen.focused()
        assert stop["seen"], stop
        if all(stop[name] == value for name, value in wanted.items()):
            return
    raise AssertionError(f"Tab never came to {wanted}")


async def press_enter(screen: Screen) -> None:
    async with screen.page.expect_navigation():
        await screen.page.keyboard.press("Enter")


async def test_finds_who_saw_a_pupil_by_keyboard_alone(
    shown: World, filled: Filled, browser: Browser
) -> None:
    await new_account(shown, "fg", OFFICER.issuer, OFFICER.subject)
    async with (
        served(shown, KnowsMeAlready) as base,
        Seat(shown, base, browser).window(party=None) as screen,
    ):
        await screen.go("/console/aanmelden")
        await tab_to(screen, text="Aanmelden")
        await press_enter(screen)
        await tab_to(screen, text="Inzage")
        await press_enter(screen)
        await tab_to(screen, name="pgn")
        await screen.page.keyboard.type(filled.pupil.reveal())
        await tab_to(screen, name="reden")
        await screen.page.keyboard.type("Een l")
        await tab_to(screen, text="Toon het overzicht")
        await press_enter(screen)
        seen = await screen.page.get_by_role("region", name="zagen").inner_text()
        assert "leerplicht-0361" in seen
        await tab_to(screen, text=filled.handled)
        await press_enter(screen)
        assert filled.handled in await screen.words()
        assert screen.wrong == []


async def test_the_first_link_leads_past_the_menu(seat: Seat) -> None:
    async with seat.window(width=320) as screen:
        await screen.go("/console/inzage")
        await tab_to(screen, text="Naar de inhoud")
        await screen.page.keyboard.press("Enter")
        await tab_to(screen, name="pgn")


async def test_a_focus_that_nobody_sees_is_caught(seat: Seat) -> None:
    async with seat.window() as screen:
        await screen.go("/console/inzage")
        await screen.page.locator("[name=pgn]").focus()
        assert (await screen.focused())["seen"]
        await screen.page.evaluate("document.activeElement.style.outline = 'none'")
        assert not (await screen.focused())["seen"]
