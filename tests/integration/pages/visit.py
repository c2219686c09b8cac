"""One visit to a page in a browser: what it looked like, and what the browser had to stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # no types
from playwright.async_api import Browser, Page

from exchange.figures.publish import page_csp
from tests.integration.pages.server import served

_LISTEN = """
window.stopped = [];
document.addEventListener('securitypolicyviolation', e => {
  window.stopped.push(e.effectiveDirective + ' ' + e.blockedURI);
});
"""


@dataclass
class Visit:
    """A page that is open, and every address that it asked for."""

    page: Page
    asked: list[str] = field(default_factory=list)

    async def stopped(self) -> list[str]:
        """Give what the Content-Security-Policy stopped."""
        found: list[str] = await self.page.evaluate("window.stopped")
        return found

    async def faults(self, *rules: str) -> list[str]:
        """Give what these rules of axe find wrong; without any all, the best practices included."""
        chosen = {"runOnly": list(rules)} if rules else {}
        results = await Axe().run(self.page, options={"resultTypes": ["violations"], **chosen})
        found: dict[str, Any] = results.response
        return [
            f"{violation['id']}: {node['target']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    async def run(self, script: str) -> Any:  # noqa: ANN401  whatever the script gives
        """Evaluate in the page."""
        return await self.page.evaluate(script)


@asynccontextmanager
async def visit(
    browser: Browser,
    content: bytes,
    width: int = 1280,
    motion: Literal["no-preference", "reduce"] = "no-preference",
) -> AsyncIterator[Visit]:
    """Open ``content`` as the gateway would serve it, in a window of this width."""
    with served(content, page_csp()) as address:
        page = await browser.new_page(
            viewport={"width": width, "height": 900}, reduced_motion=motion
        )
        opened = Visit(page)
        page.on("request", lambda request: opened.asked.append(request.url))
        await page.add_init_script(_LISTEN)
        await page.goto(address)
        try:
            yield opened
        finally:
            await page.close()
