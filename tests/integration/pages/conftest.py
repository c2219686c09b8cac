"""A real browser for the pages: the Chromium that is installed here.

Without one these tests are skipped and say so; where CI is set they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium for all pages of the run."""
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        missing = f"no browser on the path; install one of: {', '.join(PROGRAMS)}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=program)
        yield launched
        await launched.close()
