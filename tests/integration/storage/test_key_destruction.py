"""Keys of a vestiging and schooljaar go when nothing is left that they sealed, and never before.

A crash between two steps is repaired by the next run, and the log says of each key once that it
went.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemIds
from exchange.bootstrap.law import open_law
from exchange.errors import KeyDestroyed
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.policy.retention import is_kept
from exchange.ports import KeyUse, VestigingKey
from exchange.storage import key_destructions
from exchange.storage.database import Database
from exchange.workers.purger import Purger
from exchange.workers.sweeper import Sweeper
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import A, B, C

LAW = open_law()
OLD, KEPT = Schooljaar(2024), Schooljaar(2025)
LAST_SECOND = datetime(2026, 7, 31, 21, 59, 59, tzinfo=UTC)  # of 31 July, in Amsterdam
MIDNIGHT = LAST_SECOND + timedelta(seconds=1)
Pair = tuple[Vestigingscode, Schooljaar]


class At:
    """A clock that stands still."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """Give that moment."""
        return self._moment


class Killed(Exception):
    """The process ends here."""


class MortalKeys(MemoryKeyProvider):
    """Keys whose process dies around the first destruction."""

    def __init__(self) -> None:
        super().__init__()
        self.dies: dict[str, bool] = {"before": False, "after": False}
        self.ended: list[Schooljaar] = []

    def destroy(self, vestiging: Vestigingscode, schooljaar: Schooljaar) -> None:
        """Destroy, unless death comes first."""
        if self.dies["before"]:
            raise Killed
        super().destroy(vestiging, schooljaar)
        if self.dies["after"]:
            raise Killed

    def end_schooljaar(self, schooljaar: Schooljaar) -> None:
        """End what is left, and remember when it was asked."""
        super().end_schooljaar(schooljaar)
        self.ended.append(schooljaar)


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)


@pytest.fixture(autouse=True)
async def nothing_yet(fresh: TestDatabase) -> AsyncIterator[None]:
    yield
    async with fresh.raw() as root:
        await root.execute(
            "TRUNCATE messages, subject_link, log_records, log_pending, retention,"
            " key_destructions, registrations CASCADE"
        )


@pytest.fixture
def keys() -> MortalKeys:
    """Give keys that live until a test says otherwise."""
    return MortalKeys()


def sealer_of(keys: MortalKeys) -> Callable[[Pair], bool]:
    """Seal something under a few keys, and give what says whether one of them still opens it."""
    sealed = {
        (place, year): keys.seal(VestigingKey(KeyUse.COLUMN, place, year), b"text", b"row")
        for place in (A, B, C)
        for year in (OLD, KEPT)
    }

    def opens(pair: Pair) -> bool:
        try:
            return keys.open(VestigingKey(KeyUse.COLUMN, *pair), sealed[pair], b"row") == b"text"
        except KeyDestroyed:
            return False

    return opens


async def pass_time(purge: Database, keys: MortalKeys, moment: datetime) -> None:
    """Sweep and purge until nothing is left to do."""
    clock, ids = At(moment), SystemIds()
    for work in (
        Sweeper(purge, keys, clock, ids, LAW).sweep,
        Purger(purge, keys, clock, ids, LAW).purge,
    ):
        while await work():
            pass


async def destructions(fresh: TestDatabase) -> list[tuple[str, str]]:
    """Give what the log says went."""
    async with fresh.raw() as root:
        rows = await root.fetch(
            "SELECT leaf FROM log_records WHERE action = 'sleutel-vernietigd' ORDER BY entry"
        )
    told = [json.loads(row["leaf"])["bijzonderheden"] for row in rows]
    return [(one["vestigingscode"], one["schooljaar"]) for one in told]


async def test_a_key_goes_when_nothing_is_left_that_it_sealed_and_not_before(
    fresh: TestDatabase, gateway: Database, purge: Database, keys: MortalKeys
) -> None:
    opens = sealer_of(keys)
    for place, year in ((A, OLD), (A, KEPT), (B, OLD)):
        await make.accept(gateway, place, schooljaar=year)
    everything = {(place, year) for place in (A, B, C) for year in (OLD, KEPT)}
    await pass_time(purge, keys, LAST_SECOND)
    assert {pair for pair in everything if opens(pair)} == everything
    assert await destructions(fresh) == []
    await pass_time(purge, keys, MIDNIGHT)
    assert {pair for pair in everything if not opens(pair)} == {(A, OLD), (B, OLD), (C, OLD)}
    assert await destructions(fresh) == [("99AA00", "2024-2025"), ("99BB00", "2024-2025")]
    await pass_time(purge, keys, MIDNIGHT)
    assert len(await destructions(fresh)) == 2


async def test_the_keys_of_every_vestiging_and_month_of_a_delivery_go(
    fresh: TestDatabase, gateway: Database, purge: Database, keys: MortalKeys
) -> None:
    """A delivery is one message about many vestigingen, and may touch two schooljaren."""
    row = await make.accept(gateway, A, schooljaar=OLD)
    async with fresh.raw() as root:
        for place, month in (("99BB00", "2024-08"), ("99BB00", "2025-07"), ("99CC00", "2025-08")):
            await root.execute(
                "INSERT INTO message_scope VALUES ($1, $2, $3)", row.bericht_id, place, month
            )
    await pass_time(purge, keys, MIDNIGHT)
    assert await destructions(fresh) == [("99AA00", "2024-2025"), ("99BB00", "2024-2025")]
    await pass_time(purge, keys, datetime(2027, 8, 1, tzinfo=UTC))
    assert (await destructions(fresh))[2:] == [("99CC00", "2025-2026")]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_kill_around_the_destruction_is_repaired_by_the_next_run(
    fresh: TestDatabase, gateway: Database, purge: Database, keys: MortalKeys, when: str
) -> None:
    """The messages are gone by then: only the note says that a key must still go."""
    opens = sealer_of(keys)
    await make.accept(gateway, A, schooljaar=OLD)
    keys.dies[when] = True
    with pytest.raises(Killed):
        await pass_time(purge, keys, MIDNIGHT)
    async with fresh.raw() as root:
        assert not await root.fetchval("SELECT count(*) FROM messages")
    assert opens((A, OLD)) is (when == "before")
    assert await destructions(fresh) == []
    keys.dies[when] = False
    await pass_time(purge, keys, MIDNIGHT)
    assert not opens((A, OLD))
    assert await destructions(fresh) == [("99AA00", "2024-2025")]


async def test_a_schooljaar_ends_when_the_last_of_its_keys_is_on_the_record_and_not_before(
    fresh: TestDatabase, gateway: Database, purge: Database, keys: MortalKeys
) -> None:
    """Then what all its keys have in common goes too, and what nobody ever stored under."""
    for place, year in ((A, OLD), (B, OLD), (A, KEPT)):
        await make.accept(gateway, place, schooljaar=year)
    unused = VestigingKey(KeyUse.COLUMN, C, OLD)
    keys.mac(unused, b"looked up, never stored")
    await pass_time(purge, keys, LAST_SECOND)
    keys.dies["before"] = True
    with pytest.raises(Killed):
        await pass_time(purge, keys, MIDNIGHT)
    assert keys.ended == []
    keys.dies["before"] = False
    await pass_time(purge, keys, MIDNIGHT)
    assert keys.ended == [OLD]
    assert len(await destructions(fresh)) == 2
    with pytest.raises(KeyDestroyed):
        keys.mac(unused, b"again")
    await pass_time(purge, keys, MIDNIGHT)
    assert keys.ended == [OLD, OLD], "an older copy of the key store may have been put back"


@pytest.mark.parametrize(
    "left",
    [
        (
            "INSERT INTO messages (bericht_id, soort, vestigingscode, schooljaar, periode,"
            " event_day, sender, received_at, digest, policy_date, entry, receipt)"
            " SELECT gen_random_uuid(), 'signaal', '99AA00', 2024, '2025-03', '2025-03-31', 'x',"
            " now(), decode(repeat('01', 33), 'hex'), '2024-08-01', gen_random_uuid(), 'sealed'"
        ),
        (
            "INSERT INTO subject_link (entry, blind_index, vestigingscode, schooljaar, salt)"
            " SELECT gen_random_uuid(), decode(repeat('01', 33), 'hex'), '99AA00', 2024,"
            " decode(repeat('01', 16), 'hex')"
        ),
        (
            "INSERT INTO registrations SELECT '99AA00', '2025-07-31', d, d, d, 60, 'geoorloofd',"
            " gen_random_uuid() FROM decode(repeat('01', 33), 'hex') AS d"
        ),
    ],
)
async def test_a_key_is_kept_while_anything_lies_under_it(
    fresh: TestDatabase, purge: Database, left: str
) -> None:
    async with purge.transaction() as conn:
        await key_destructions.note(conn, [("99AA00", 2024)])
        assert len(await key_destructions.due(conn, KEPT, 10)) == 1
        assert await key_destructions.over(conn, KEPT) == []
        await key_destructions.note(conn, [("99BB00", 2023)])
        await key_destructions.strike(conn, B, Schooljaar(2023), MIDNIGHT, SystemIds().uuid7())
        assert await key_destructions.over(conn, KEPT) == [Schooljaar(2023)]
    async with fresh.raw() as root:
        await root.execute(left)
    async with purge.transaction() as conn:
        assert await key_destructions.due(conn, KEPT, 10) == []
        await key_destructions.strike(conn, A, OLD, MIDNIGHT, SystemIds().uuid7())
        assert await key_destructions.over(conn, KEPT) == [Schooljaar(2023)], "it was struck early"


async def test_no_key_of_a_schooljaar_that_is_kept_ever_goes(
    purge: Database, keys: MortalKeys
) -> None:
    """All pairs are noted and nothing lies under any key: the term alone decides."""
    years = [Schooljaar(start) for start in range(2024, 2030)]
    async with purge.transaction() as conn:
        await key_destructions.note(conn, [("99AA00", year.start) for year in years])
    for year in years:
        keys.seal(VestigingKey(KeyUse.COLUMN, A, year), b"", b"")
    for day in (date(y, m, d) for y in (2026, 2027, 2028) for m, d in ((7, 31), (8, 1))):
        await pass_time(purge, keys, datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        gone = {year for year in years if not _there(keys, year)}
        assert gone == {year for year in years if year < Schooljaar(Schooljaar.of(day).start - 1)}
        assert not [year for year in gone if is_kept(year, day, LAW)]


def _there(keys: MortalKeys, year: Schooljaar) -> bool:
    try:
        keys.mac(VestigingKey(KeyUse.COLUMN, A, year), b"")
    except KeyDestroyed:
        return False
    return True
