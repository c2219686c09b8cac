"""What holds for every test: a field that the event catalogue does not list is a mistake.

And what tests of several folders have in their hands.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange.telemetry.events import Strictness
from tests.keyboard import Keyboard


@pytest.fixture(scope="session", autouse=True)
def _strict_events() -> Iterator[None]:
    """Raise where production drops, so that a leak into an operator's log is found here."""
    Strictness.raises = True
    yield
    Strictness.raises = False


@pytest.fixture(scope="session")
def keyboard() -> Iterator[Keyboard]:
    """Where ``exchange`` is typed."""
    made = Keyboard()
    yield made
    made.close()
