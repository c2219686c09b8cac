"""SIGKILL while figures are counted: what was marked is counted all the same, and once."""

from __future__ import annotations

import pytest

from tests.flow.installation import NOTHING, Installation
from tests.flow.killable import WORKERS
from tests.flow.orders import POSTGRES

FOLDED = "SELECT count(*) = 0 FROM tally_due"


async def require_all_is_folded(installation: Installation) -> None:
    """Wait until no mark is left; then the audit compares the figures with what is registered."""
    await installation.drained()
    await installation.until_sql(FOLDED, "every mark is folded")
    assert await installation.findings() == NOTHING


async def test_the_workers_count_what_schools_send(installation: Installation) -> None:
    await installation.registers.deliver(installation.registers.delivery())
    await installation.schools.send(2)
    await require_all_is_folded(installation)
    (counted,) = await installation.sql(
        "SELECT sum(geoorloofd_minuten + ongeoorloofd_minuten) AS minuten,"
        " sum(signalen) AS signalen FROM tally"
    )
    assert counted["minuten"] > 0
    assert counted["signalen"] > 0


@pytest.mark.parametrize("victim", [WORKERS, POSTGRES])
async def test_a_kill_after_the_marks_were_taken_loses_none_of_them(
    installation: Installation, victim: str
) -> None:
    async with installation.locked(
        "LOCK TABLE tally IN EXCLUSIVE MODE", "exchange_worker"
    ) as wanted:
        await installation.registers.deliver(installation.registers.delivery())
        await wanted()
        installation.scene.kill(victim)
    await require_all_is_folded(installation)
