"""A store that is emptied too late is an alarm, whatever keeps the purge from its work (P9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from exchange.bootstrap.gateway import measure
from exchange.bootstrap.law import open_stores
from exchange.policy.stores import watched
from exchange.storage.database import Database
from exchange.telemetry.metrics import Metrics
from exchange.workers.months import MonthKeeper
from exchange.workers.purger import Purger
from exchange.workers.retention_watch import GRACE, RetentionWatch
from exchange.workers.sweeper import Sweeper
from tests.integration.api.registrations import register
from tests.integration.api.world import BELEID, World, bericht_id, verzuimmelding

STORES = watched(open_stores())
LATER = datetime(2028, 8, 3, 22, tzinfo=UTC)  # the term of schooljaar 2026 was over on 1 August
A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Night:
    """What works at night, and what watches it."""

    world: World
    purge: Database

    async def work(self) -> None:
        """Do all that a purge should do."""
        gateway = self.world.gateway
        for work in (
            MonthKeeper(self.purge, gateway.clock, gateway.law).keep,
            Sweeper(self.purge, gateway.keys, gateway.clock, gateway.ids, gateway.law).sweep,
            Purger(self.purge, gateway.keys, gateway.clock, gateway.ids, gateway.law).purge,
        ):
            while await work():
                pass

    async def late(self) -> set[str]:
        """Watch once, and give the stores that the operator's page calls late and the log names."""
        gateway = self.world.gateway
        with capture_logs() as lines:
            await RetentionWatch(self.purge, gateway.clock, gateway.law, STORES).look()
        errors = [line for line in lines if line["log_level"] == "error"]
        assert {line["event"] for line in errors} <= {"retention-overdue"}
        page = await self.page()
        shown = {store for store in STORES if page["exchange_retention_overdue_seconds", store] > 0}
        new = {line["store"] for line in errors} - shown
        assert all(page["exchange_retention_overdue_seconds", store] == 0 for store in new)
        return shown | new

    async def page(self) -> dict[tuple[str, str], float]:
        """Read the operator's metrics as a monitor does: value by name and store."""
        metrics = Metrics()
        await measure(self.world.gateway, metrics)
        return {
            (sample.name, sample.labels.get("store", "")): sample.value
            for family in text_string_to_metric_families(metrics.page().decode())
            for sample in family.samples
            if sample.name.startswith("exchange_retention")
        }


@pytest.fixture
async def night(world: World) -> AsyncIterator[Night]:
    async with world.database.login("exchange_purge") as purge:
        yield Night(world, purge)


async def test_the_alarm_comes_when_the_purge_stands_still_and_goes_when_it_works(
    night: Night,
) -> None:
    world = night.world
    pupil = world.pupil()
    bericht_id(await world.report_absence(verzuimmelding(pupil)))
    await world.collect("leerplicht-0361", await world.sent())
    await register(world, pupil, {"2026-11-17": 60})
    newer = {**BELEID, "geldigVanaf": "2026-08-01"}
    path = "/v1/vestigingen/99BB00/verzuimbeleid"
    assert (await world.call("las-noord", "PUT", path, newer)).status_code == 201
    await night.work()
    assert await night.late() == set()
    with world.at(LATER):
        late = await night.late()
        assert late >= {
            "messages", "outbox", "subject_link", "idempotency", "registrations",
            "registration_ids", "telstand", "tally_due", "month_sources", "verzuimbeleid",
            "schoolkalenders",
        }  # fmt: skip
        assert "log_records" not in late
    with world.at(LATER + timedelta(hours=5)):
        assert await night.late() == late
        page = await night.page()
        assert page["exchange_retention_overdue_seconds", "messages"] == 5 * 3600
        await night.work()
        assert await night.late() == set()
        assert (await night.page())["exchange_retention_removed_rows", "messages"] >= 2
    with world.at(datetime(2031, 12, 1, tzinfo=UTC)):
        assert await night.late() >= {"log_records"}
        await night.work()
        assert await night.late() == set()


async def test_a_store_may_be_late_for_two_days(night: Night) -> None:
    world = night.world
    assert timedelta(days=2) == GRACE
    async with world.database.raw() as root:
        await root.execute(
            "INSERT INTO console_logins VALUES (decode(repeat('01', 33), 'hex'), 'sealed', $1)",
            world.clock.now(),
        )
    with world.at(world.clock.now() + GRACE):
        assert "console_logins" not in await night.late()
    with world.at(world.clock.now() + GRACE + A_SECOND):
        assert "console_logins" in await night.late()
        await night.work()
        assert "console_logins" not in await night.late()


async def test_a_watch_that_stands_still_is_an_alarm_too(night: Night) -> None:
    world = night.world
    await night.late()
    with world.at(world.clock.now() + timedelta(hours=30)):
        page = await night.page()
    assert page["exchange_retention_unwatched_seconds", ""] == 30 * 3600


async def test_every_store_with_an_end_is_watched(night: Night) -> None:
    assert len(STORES) > 20
    await night.late()
    page = await night.page()
    assert {store for name, store in page if name.endswith("overdue_seconds")} >= set(STORES)
