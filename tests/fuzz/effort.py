"""How hard the fuzzing tries: the same few examples in every run, or as many new ones as asked.

VERZUIM_FUZZ_EXAMPLES=20000 tries that many for each property, other ones in every run. What it
finds is written as a file under ``found/``, which is tried for ever after (``test_found.py``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings

_ASKED: Final = int(os.environ.get("VERZUIM_FUZZ_EXAMPLES", "0"))


def fuzzed(usual: int) -> Callable[[Any], Any]:
    """Try ``usual`` examples, always the same, or as many other ones as the environment asks."""
    return settings(
        max_examples=_ASKED or usual,
        derandomize=not _ASKED,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
