"""The console on a screen: the real application behind a real socket, in a real browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # no types
from playwright.async_api import Browser, ConsoleMessage, Page, StorageState
from starlette.types import ASGIApp

from exchange.api.app import build_app
from exchange.api.visit import Door
from exchange.console.app import build_console
from exchange.console.desk import open_desk
from exchange.ports import SignInProvider
from exchange.telemetry.metrics import Metrics
from tests.integration.api.world import WithPeer, World
from tests.integration.console.visitors import new_account, new_link

_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_POLICY = "Content Security Policy"


@dataclass
class Screen:
    """A window, the address of the gateway, and everything that went wrong in it."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        """Open a page of the console."""
        await self.page.goto(f"{self.base}{path}")

    async def faults(self) -> list[str]:
        """Give what axe finds wrong on the page as it stands."""
        options = {"runOnly": {"type": "tag", "values": list(_RULES)}}
        results = await Axe().run(self.page, options=options)
        found: dict[str, Any] = results.response
        return [
            f"{violation['id']}: {node['target']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    async def words(self) -> str:
        """Give the words of the page's own part."""
        return " ".join((await self.page.locator("main").inner_text()).split())

    async def fits(self) -> bool:
        """Whether the page is no wider than its window; a table may scroll in its own place."""
        found: bool = await self.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        return found

    async def focused(self) -> dict[str, Any]:
        """Say what has the focus, and whether that is to be seen."""
        found: dict[str, Any] = await self.page.evaluate(_FOCUSED)
        return found


_FOCUSED = """(() => {
  const e = document.activeElement, box = e.getBoundingClientRect();
  const style = getComputedStyle(e);
  return {
    tag: e.tagName, name: e.name || '', href: e.getAttribute('href') || '',
    text: (e.innerText || '').trim(),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
      && box.width > 0 && box.left >= 0 && box.top >= -1 && box.top < innerHeight,
  };
})()"""


@asynccontextmanager
async def served(
    world: World, provider: Callable[[str], SignInProvider] | None = None
) -> AsyncIterator[str]:
    """Serve the application of ``world``, its console included, on a port of this machine."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{door.getsockname()[1]}"
        config = uvicorn.Config(
            WithPeer(_app(world, base, provider), None), log_config=None, lifespan="off"
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[door]))
        try:
            yield base
        finally:
            server.should_exit = True
            await running


def _app(world: World, base: str, provider: Callable[[str], SignInProvider] | None) -> ASGIApp:
    door = Door(world.gateway, lambda scope: scope["test.peer"], world.snapshot.refresh)
    desk = open_desk(world.gateway, base, provider(base) if provider else None)
    return build_app(door, Metrics(), build_console(desk))


@dataclass
class Seat:
    """A gateway to look at, and who is signed in there already: each party once."""

    world: World
    base: str
    browser: Browser
    signed_in: dict[str, StorageState] = field(default_factory=dict)

    @asynccontextmanager
    async def window(
        self, party: str | None = "fg", *, width: int = 1280, script: bool = True
    ) -> AsyncIterator[Screen]:
        """Open a window of somebody of ``party``; it notes what its browser has to stop."""
        await self.world.stay_current()
        if party is not None and party not in self.signed_in:
            self.signed_in[party] = await self._sign_in(party)
        context = await self.browser.new_context(
            viewport={"width": width, "height": 900},
            locale="nl-NL",
            java_script_enabled=script,
            storage_state=self.signed_in[party] if party else None,
        )
        screen = Screen(await context.new_page(), self.base)
        screen.page.on("console", lambda message: _note(screen, message))
        screen.page.on("pageerror", lambda error: screen.wrong.append(f"script: {error}"))
        screen.page.on("request", lambda asked: _outside(screen, asked.url))
        try:
            yield screen
        finally:
            await context.close()

    async def _sign_in(self, party: str) -> StorageState:
        context = await self.browser.new_context()
        page = await context.new_page()
        link = await new_link(self.world, await new_account(self.world, party))
        await page.goto(f"{self.base}{link}")
        state = await context.storage_state()
        await context.close()
        return state


def _note(screen: Screen, message: ConsoleMessage) -> None:
    if _POLICY in message.text:
        screen.wrong.append(f"policy: {message.text}")


def _outside(screen: Screen, url: str) -> None:
    if not url.startswith((f"{screen.base}/", "data:", "blob:")):
        screen.wrong.append(f"outside: {url}")
