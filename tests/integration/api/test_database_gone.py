"""Without the database there is one answer, 503, and afterwards the service is back by itself.

A module of its own: everybody's connections are taken away, also those of the tests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.integration.api.test_outage import ACTS, OFFICER
from tests.integration.api.world import World, bericht_id, refusal, signaal
from tests.integration.servers import Server, TestDatabase, database_url, run_sql


@asynccontextmanager
async def without_database(server: Server, database: TestDatabase) -> AsyncIterator[None]:
    """Take the database away under everybody who has it open, and give it back."""
    name = urlsplit(database.url).path.strip("/")
    elsewhere = database_url(server.superuser_url, "postgres")
    await run_sql(
        elsewhere,
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608  our own name
        f"ALTER DATABASE {name} RENAME TO {name}_away",
    )
    try:
        yield
    finally:
        await run_sql(
            elsewhere,
            f"ALTER DATABASE {name}_away RENAME TO {name}",
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS true",
        )


async def test_without_the_database_everything_is_503_and_then_by_itself_as_before(
    world: World, server: Server
) -> None:
    number = await world.sent()
    await world.refresh()
    before = await world.everything()
    async with without_database(server, world.database):
        for what, (_, act) in ACTS.items():
            answer = await act(world, number)
            assert refusal(answer) == (503, "dienst-onbeschikbaar"), what
            assert int(answer.headers["retry-after"]) > 0
            assert "postgres" not in answer.text.lower()
        for path in ("/v1/openapi.json", "/v1/sleutels"):
            assert (await world.call(None, "GET", path)).status_code == 200
    async with world.database.raw() as world.root:  # the old one was taken away too
        assert await world.everything() == before
        assert await world.download(OFFICER, number)
        bericht_id(await world.send(signaal(world.pupil())))
        assert (await world.receipt(number))["berichtId"] == number
