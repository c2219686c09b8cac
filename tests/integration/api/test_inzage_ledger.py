"""Inzage equals the truth: what a client did about a pupil is what is told, no more and no less."""

from __future__ import annotations

from random import Random

import pytest

from tests.integration.api.inzage_ledger import Ledger
from tests.integration.api.world import World

_SEEDS, _STEPS = range(6), 70


@pytest.mark.parametrize("seed", _SEEDS)
async def test_what_is_told_is_what_was_done(world: World, seed: int) -> None:
    ledger = Ledger(world, Random(seed))
    for _ in range(_STEPS):
        await ledger.act()
    for pupil in ledger.pupils:
        expected = ledger.for_school(pupil)
        assert await ledger.told(pupil, "school-99AA") == expected
        expected = ledger.for_fg(pupil)
        assert await ledger.told(pupil, "fg") == expected
