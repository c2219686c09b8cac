"""A real browser for the pages: the Chromium that is installed here.

Without one these tests are skipped and say so; where CI is set they fail instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.programs import program

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium for all pages of the run."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=program(*PROGRAMS))
        yield launched
        await launched.close()
