"""The tree as static files: whole under the head that stands there, whatever went wrong before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemClock
from exchange.accountability.checkpoint import checkpoint_vkey
from exchange.accountability.merkle import root_of
from exchange.accountability.sealing import Seal, seal_once
from exchange.accountability.tile_names import tiles_between
from exchange.errors import Fault, Unavailable
from exchange.storage.database import Database
from exchange.workers.publisher import Publisher
from tests.integration.servers import TestDatabase
from tests.stranger import head_of

SEAL = Seal("verzuim-exchange/00000099000000001000", MemoryKeyProvider(), SystemClock())


@pytest.fixture(scope="module")
async def sealer(fresh: TestDatabase) -> AsyncIterator[Database]:
    async with fresh.login("exchange_sealer") as database:
        yield database


@pytest.fixture(autouse=True)
async def an_empty_log(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute("TRUNCATE log_pending, log_leaves, log_tiles, log_checkpoints CASCADE")


@pytest.fixture
def publisher(sealer: Database, tmp_path: Path) -> Publisher:
    return Publisher(sealer, tmp_path / "logboek")


async def grow(fresh: TestDatabase, sealer: Database, count: int) -> None:
    async with fresh.raw() as root:
        await root.execute(
            "INSERT INTO log_pending SELECT gen_random_uuid(), sha256(random()::text::bytea), now()"
            " FROM generate_series(1, $1::integer)",
            count,
        )
    while await seal_once(sealer, SEAL):
        pass


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def require_whole(folder: Path, size: int) -> dict[str, bytes]:
    """Check that the files are those of the tree under the head, and of earlier ones; give them."""
    found = files(folder)
    head = head_of(found["checkpoint"].decode(), checkpoint_vkey(SEAL.origin, SEAL.keys))
    assert head[0] == size
    tiles = {tile: found[name_of(tile, width)] for tile, width in tiles_between(0, size)}
    assert root_of(size, tiles) == head[1]
    named = {name_of(*one) for one in tiles_between(0, size)}
    for earlier in set(found) - named - {"checkpoint"}:
        (now,) = [name for name in named if name.startswith(earlier.partition(".p/")[0] + ".p/")]
        assert found[now].startswith(found[earlier])
    assert sum(len(found[name]) for name in named if name.startswith("tile/0/")) == size * 32
    return found


def name_of(tile: tuple[int, int], width: int) -> str:
    return f"tile/{tile[0]}/{tile[1]:03}" + (f".p/{width}" if width < 256 else "")


async def test_the_files_follow_the_log_and_full_tiles_replace_partial_ones(
    fresh: TestDatabase, sealer: Database, publisher: Publisher
) -> None:
    assert await publisher.work() == 0
    await seal_once(sealer, SEAL)
    assert await publisher.work() == 0
    assert list(files(publisher.folder)) == ["checkpoint"]
    for count, size in ((255, 255), (1, 256), (600, 856)):
        await grow(fresh, sealer, count)
        assert await publisher.work() > 0
        require_whole(publisher.folder, size)
        assert await publisher.work() == 0
    assert await Publisher(sealer, publisher.folder).work() == 0


async def test_partial_tiles_of_published_heads_stay_until_the_tile_is_full(
    fresh: TestDatabase, sealer: Database, publisher: Publisher
) -> None:
    for count in (3, 4):
        await grow(fresh, sealer, count)
        await publisher.work()
    found = files(publisher.folder)
    assert found["tile/0/000.p/7"].startswith(found["tile/0/000.p/3"])
    await grow(fresh, sealer, 249)
    await publisher.work()
    require_whole(publisher.folder, 256)


async def test_what_an_accident_left_unfinished_is_caught_up(
    fresh: TestDatabase, sealer: Database, publisher: Publisher
) -> None:
    await grow(fresh, sealer, 300)
    await publisher.work()
    before = (publisher.folder / "checkpoint").read_bytes()
    await grow(fresh, sealer, 700)
    await publisher.work()
    whole = require_whole(publisher.folder, 1_000)
    (publisher.folder / "checkpoint").write_bytes(before)  # it died before the head
    (publisher.folder / "tile/0/002").unlink()
    (publisher.folder / "tile/0/003.p/232").unlink()
    await publisher.work()
    assert files(publisher.folder) == whole


async def test_a_published_head_is_never_taken_back(
    fresh: TestDatabase, sealer: Database, publisher: Publisher
) -> None:
    await grow(fresh, sealer, 5)
    await publisher.work()
    before = files(publisher.folder)
    async with fresh.raw() as root:
        await root.execute("TRUNCATE log_leaves, log_tiles, log_checkpoints CASCADE")
    for count in (3, 2):  # a smaller log, and then another one of the same size
        await grow(fresh, sealer, count)
        with pytest.raises(Fault):
            await publisher.work()
        assert files(publisher.folder) == before


async def test_a_folder_that_cannot_be_written_is_out_of_service_and_seals_on(
    fresh: TestDatabase, sealer: Database, publisher: Publisher
) -> None:
    publisher.folder.write_text("in the way")
    await grow(fresh, sealer, 3)
    with pytest.raises(Unavailable):
        await publisher.work()
    await grow(fresh, sealer, 3)
    publisher.folder.unlink()
    assert await publisher.work() == 1
    require_whole(publisher.folder, 6)
