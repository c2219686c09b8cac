"""What holds for every test: a field that the event catalogue does not list is a mistake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange.telemetry.events import Strictness


@pytest.fixture(scope="session", autouse=True)
def _strict_events() -> Iterator[None]:
    """Raise where production drops, so that a leak into an operator's log is found here."""
    Strictness.raises = True
    yield
    Strictness.raises = False
