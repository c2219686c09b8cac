"""Whatever a school sends, corrects and takes back: its figures are those of what stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib import import_module
from random import Random
from typing import Any

import pytest

from exchange.figures.tally import fold, folding
from exchange.storage.database import Database
from exchange.storage.folding import fold_due
from tests.integration.api.histories import School
from tests.integration.api.test_verzuimregistraties import ndjson, post, registration
from tests.integration.api.world import World, bericht_id
from tests.pure import LAW

VESTIGINGEN = ("99AA00", "99BB00", "99BB01")
AFTER_TERM = datetime(2026, 12, 8, 12, tzinfo=UTC)  # September closed, and seven days passed
EXPAND = import_module("exchange.storage.migrations.versions.0008_expand_figures")
AANTALLEN = "/v1/vestigingen/99AA00/leerlingaantallen/2026-09"
START_AGAIN = (
    "TRUNCATE registrations, registration_ids, month_sources, leerlingaantallen, schoolcijfers",
    "TRUNCATE tally, tally_due",
    "UPDATE messages SET withdrawn_at = received_at, withdrawn_by = bericht_id",
)

Figures = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(autouse=True)
async def _nothing_yet(world: World) -> AsyncIterator[None]:
    yield
    await world.execute(*START_AGAIN)


async def fold_all(database: Database, world: World) -> int:
    """Fold until nothing is due; give how many marks that took."""
    taken = 0
    while found := await fold(database, world.clock.now(), LAW):
        taken += found
    return taken


async def tallied(world: World) -> Figures:
    """Give the figures as they stand, by vestiging and month."""
    rows = await world.rows("SELECT * FROM tally")
    left_out = {"vestigingscode", "periode", "schooljaar", "folded_at"}
    return {
        (row["vestigingscode"], row["periode"]): {
            name: value for name, value in row.items() if name not in left_out
        }
        for row in rows
    }


def expected_of(*schools: School) -> Figures:
    return {
        (school.vestiging, month): row
        for school in schools
        for month, row in school.expected().items()
    }


def nothing_counted(row: dict[str, Any]) -> bool:
    """Whether a row says that of this month nothing is left."""
    return not any(value for name, value in row.items() if name != "bron")


async def check(world: World, *schools: School) -> None:
    """Have the tally equal what was counted by hand; what lost everything may stand at nothing."""
    found, expected = await tallied(world), expected_of(*schools)
    left_over = {key: row for key, row in found.items() if key not in expected}
    assert {key: found.get(key) for key in expected} == expected
    assert all(nothing_counted(row) for row in left_over.values()), left_over


async def test_figures_equal_a_count_by_hand_after_any_history(
    world: World, worker: Database
) -> None:
    met: set[object] = set()
    for seed in range(6):
        dice = Random(seed)
        schools = [School(world, vestiging, dice) for vestiging in VESTIGINGEN[:2]]
        for _ in range(24):
            for school in schools:
                await school.act()
            if dice.random() < 0.3:
                await fold_all(worker, world)
                await check(world, *schools)
        await fold_all(worker, world)
        await check(world, *schools)
        for row in expected_of(*schools).values():
            met |= {row["bron"], *(name for name, value in row.items() if value)}
            met |= {"delivered"} if row["leerlingen"] is not None else {"not delivered"}
        await world.execute(*START_AGAIN)
    assert met >= {
        None, "registraties", "schoolcijfers", "strijdig", "delivered", "not delivered",
        "signalen", "verzuimmeldingen", "trede1", "trede2", "trede3",
    }, "the histories are too much alike for their figures to say anything"  # fmt: skip


async def test_folding_again_changes_nothing(world: World, worker: Database) -> None:
    school = School(world, "99BB01", Random(99))
    for _ in range(30):
        await school.act()
    await fold_all(worker, world)
    before = await tallied(world)
    assert await fold_all(worker, world) == 0
    everything = "SELECT vestigingscode, periode FROM tally"
    await world.execute(f"INSERT INTO tally_due (vestigingscode, periode) {everything}")
    assert await fold_all(worker, world) == len(before)
    assert await tallied(world) == before


async def test_folds_at_once_and_deliveries_between_them_lose_nothing(
    world: World, worker: Database, operator: Database
) -> None:
    schools = [School(world, code, Random(n)) for n, code in enumerate(VESTIGINGEN)]
    done = asyncio.Event()

    async def keep_folding(database: Database) -> None:
        while not done.is_set():
            await fold(database, world.clock.now(), LAW)

    async def live(school: School) -> None:
        for _ in range(40):
            await school.act()

    folders = [asyncio.create_task(keep_folding(database)) for database in (worker, operator)]
    await asyncio.gather(*(live(school) for school in schools))
    done.set()
    await asyncio.gather(*folders)
    await fold_all(operator, world)
    await check(world, *schools)


async def test_a_fold_waits_for_the_one_before_it(
    world: World, worker: Database, operator: Database
) -> None:
    """Else the one that looked first could write last."""
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    how = folding(world.gateway.today(), LAW)
    async with worker.transaction() as conn:
        await fold_due(conn, 1, how, world.clock.now())
        other = asyncio.create_task(fold(operator, world.clock.now(), LAW))
        while not (other.done() or (await world.rows(waits))[0]["count"]):
            pass
        assert not other.done()
    assert await other == 0


async def test_what_was_sent_before_there_was_a_tally_is_counted_after_the_migration(
    world: World, worker: Database
) -> None:
    school = School(world, "99AA00", Random(7))
    for _ in range(30):
        await school.act()
    await world.execute("TRUNCATE tally, tally_due", EXPAND.MARKS)
    await fold_all(worker, world)
    await check(world, school)


async def test_what_changes_nothing_marks_nothing(world: World, worker: Database) -> None:
    body = ndjson(registration(1), registration(2))
    assert (await post(world, body)).status_code == 202
    await world.call("las-noord", "PUT", AANTALLEN, _numbers(40))
    assert await fold_all(worker, world) == 2
    assert (await post(world, body)).status_code == 202
    await world.call("las-noord", "PUT", AANTALLEN, _numbers(40))
    await world.call("las-noord", "PUT", AANTALLEN + "?valideer=true", _numbers(41))
    assert await fold_all(worker, world) == 0


async def test_figures_stay_when_their_registrations_are_gone(
    world: World, worker: Database
) -> None:
    """Messages count on; what was counted of registrations no longer moves."""
    lines = (registration(n, world.pupil(), datum="2026-09-14") for n in range(3))
    assert (await post(world, ndjson(*lines))).status_code == 202
    await world.call("las-noord", "PUT", AANTALLEN, _numbers(40))
    venster = {"van": "2026-09-14", "tot": "2026-09-14"}
    sent = await world.sent(vestigingscode="99AA00", venster=venster)
    await world.sent(vestigingscode="99AA00", venster=venster)
    await fold_all(worker, world)
    (before,) = (await tallied(world)).values()
    assert (before["geoorloofd_leerlingen"], before["trede1"], before["signalen"]) == (3, 40, 2)
    await world.execute("TRUNCATE registrations, registration_ids")
    with world.at(AFTER_TERM):
        bericht_id(await world.withdraw(sent))
        put = await world.call("las-noord", "PUT", AANTALLEN, _numbers(1))
        assert put.status_code == 200
        assert await fold_all(worker, world) == 2
    assert await tallied(world) == {("99AA00", "2026-09"): {**before, "signalen": 1}}


async def test_a_month_without_absence_can_be_delivered_after_its_term(
    world: World, worker: Database
) -> None:
    with world.at(AFTER_TERM):
        await world.call("las-noord", "PUT", AANTALLEN, _numbers(40))
        await fold_all(worker, world)
    (found,) = (await tallied(world)).values()
    assert (found["leerlingen"], found["trede1"], found["geoorloofd_minuten"]) == (40, 40, 0)


def _numbers(leerlingen: int) -> dict[str, int]:
    return {"leerlingen": leerlingen, "geplandeMinutenPerLeerling": 6000}
