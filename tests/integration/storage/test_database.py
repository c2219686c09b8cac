"""Connections: by passfile, through restarts and overload, and without a value in any log."""

import asyncio
import os
import stat
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from uuid_utils.compat import uuid7

from exchange.errors import Code, ExchangeError, Fault, Unavailable
from exchange.storage import acceptance, directory
from exchange.storage.database import Database
from exchange.storage.embedded import EmbeddedPostgres
from exchange.storage.logins import create_logins, login_url, write_passfile
from exchange.storage.pool import line_of
from exchange.storage.tables import idempotency, parties
from tests.integration.servers import Server, TestDatabase, database_url
from tests.integration.storage import make
from tests.integration.storage.make import LAS, TODAY

ONE = select(1)


async def test_a_login_needs_only_its_address_and_the_passfile(
    fresh: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = login_url(fresh.url, "exchange_gateway")
    assert urlsplit(url).password is None
    await asks(Database(url, passfile=fresh.passfile))
    await asks(Database(f"{url}&passfile={quote(str(fresh.passfile))}"))
    monkeypatch.setenv("PGPASSFILE", str(fresh.passfile))
    await asks(Database(url))


async def test_the_passfile_serves_tcp_too(
    fresh: TestDatabase, embedded: EmbeddedPostgres | None
) -> None:
    async with over_tcp(fresh, embedded) as database:
        await asks(database)


@asynccontextmanager
async def over_tcp(
    fresh: TestDatabase, embedded: EmbeddedPostgres | None, until: bytes | None = None
) -> AsyncIterator[Database]:
    """Give the database at a TCP port, which closes when ``until`` is said."""
    if embedded is None:
        pytest.skip("VERZUIM_TEST_POSTGRES names another server: its addresses are its own")
    socket = embedded.socket_folder / ".s.PGSQL.5432"
    async with tcp_in_front_of(socket, until) as port:
        name = urlsplit(fresh.url).path
        url = f"postgresql://exchange_gateway@127.0.0.1:{port}{name}"
        yield Database(url, passfile=fresh.passfile)


@asynccontextmanager
async def tcp_in_front_of(socket: Path, until: bytes | None) -> AsyncIterator[int]:
    """Pass what arrives on a free TCP port on to a Unix socket, until something is said."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(str(socket))
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (data := await reader.read(65536)) and (until is None or until not in data):
            writer.write(data)
        writer.close()

    proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with proxy:
        yield proxy.sockets[0].getsockname()[1]


async def test_a_line_that_is_cut_while_it_is_opened_is_unavailable(
    fresh: TestDatabase, embedded: EmbeddedPostgres | None
) -> None:
    """SQLAlchemy asks the first connection for the version, before it is any line of ours."""
    async with over_tcp(fresh, embedded, until=b"pg_catalog.version") as database:
        with pytest.raises(Unavailable):
            await asks(database)


async def asks(database: Database) -> None:
    try:
        async with database.transaction() as conn:
            assert await conn.scalar(ONE) == 1
    finally:
        await database.close()


async def test_a_passfile_is_for_its_owner_only_and_refuses_what_it_cannot_hold(
    tmp_path: Path,
) -> None:
    path = tmp_path / "passfile"
    path.write_text("older")
    path.chmod(0o644)
    write_passfile(path, {"exchange_gateway": "long-enough-to-be-one"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "*:*:*:exchange_gateway:long-enough-to-be-one\n"
    for password in (
        "with:a-colon-inside-it",
        "with\\a-backslash-inside",
        "short",
        "newline\n" * 4,
    ):
        with pytest.raises(ValueError, match="16 printable"):
            write_passfile(path, {"exchange_gateway": password})


async def test_a_login_that_exists_gets_its_new_password(
    server: Server, fresh: TestDatabase
) -> None:
    url = login_url(fresh.url, "exchange_reader")
    old = next(
        line.split(":")[-1]
        for line in fresh.passfile.read_text().splitlines()
        if ":exchange_reader:" in line
    )
    await create_logins(server.superuser_url, {"exchange_reader": "another-one-for-now"})
    try:
        with pytest.raises(Unavailable):
            await asks(Database(url, passfile=fresh.passfile))
    finally:
        await create_logins(server.superuser_url, {"exchange_reader": old})
    await asks(Database(url, passfile=fresh.passfile))


async def test_an_unknown_login_is_a_mistake_of_the_caller(server: Server) -> None:
    with pytest.raises(KeyError):
        await create_logins(server.superuser_url, {"postgres": "never-for-the-superuser"})


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("host=", "host=/nowhere"),
        lambda url: url.replace("/vx_", "/unknown_"),
        lambda url: url.replace("exchange_gateway", "stranger"),
    ],
)
async def test_a_database_that_cannot_be_reached_is_unavailable(
    fresh: TestDatabase, change: Callable[[str], str]
) -> None:
    database = Database(change(login_url(fresh.url, "exchange_gateway")), passfile=fresh.passfile)
    with pytest.raises(Unavailable) as refused:
        await asks(database)
    assert refused.value.code is Code.DIENST_ONBESCHIKBAAR


async def test_an_exhausted_pool_is_unavailable_and_works_again_afterwards(
    fresh: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.storage.database._POOL_SECONDS", 0.2)
    async with fresh.login("exchange_gateway", pool_size=1) as database:
        async with database.transaction():
            with pytest.raises(Unavailable):
                async with database.transaction():
                    pass
        async with database.transaction() as conn:
            assert await conn.scalar(ONE) == 1


async def test_a_statement_that_takes_too_long_is_unavailable(gateway: Database) -> None:
    async def take_long() -> None:
        async with gateway.transaction() as conn:
            await conn.execute(text("SET LOCAL statement_timeout = '50ms'"))
            await conn.execute(text("SELECT pg_sleep(5)"))

    with pytest.raises(Unavailable) as refused:
        await take_long()
    assert "57014" in refused.value.facts["reden"]


async def test_an_error_that_the_block_swallows_is_not_taken_for_a_commit(
    gateway: Database, operator: Database
) -> None:
    """PostgreSQL answers the COMMIT of a failed transaction with a silent rollback."""

    async def swallow() -> None:
        async with operator.transaction() as conn:
            await directory.add_party(conn, make.oin(72), "not this one", None, make.NOW)
            with suppress(Exception):
                await conn.execute(text("SELECT 1 / 0"))

    with pytest.raises(Fault):
        await swallow()
    async with operator.transaction() as conn:
        assert "not this one" not in {party.name for party in await directory.list_parties(conn)}


async def test_an_error_in_the_block_rolls_back_and_passes_through(
    fresh: TestDatabase, operator: Database
) -> None:
    class OwnError(Exception):
        pass

    async def fail() -> None:
        async with operator.transaction() as conn:
            await directory.add_party(conn, make.oin(70), "never there", None, make.NOW)
            raise OwnError

    with pytest.raises(OwnError):
        await fail()
    async with operator.transaction() as conn:
        assert "never there" not in {party.name for party in await directory.list_parties(conn)}


async def test_an_error_that_only_the_server_saw_is_not_taken_for_a_commit(
    gateway: Database,
) -> None:
    async def swallow() -> None:
        async with gateway.batch() as driver:
            with suppress(Exception):
                await driver.execute("SELECT 1 / 0")

    with pytest.raises(Fault):
        await swallow()


async def test_a_batch_is_all_or_nothing_and_waits_for_nobody(
    fresh: TestDatabase, gateway: Database
) -> None:
    row, other = make.idempotency(), make.idempotency()
    claim = "INSERT INTO idempotency VALUES ($1, $2, $3, 202, $4) ON CONFLICT DO NOTHING"

    async def write(*keys: bytes) -> None:
        async with gateway.batch() as driver:
            assert await driver.fetchval("SHOW lock_timeout") == "250ms"
            for key in keys:
                await driver.execute(claim, key, row.body_digest, row.bericht_id, make.NOW)

    async with gateway.transaction() as conn:
        assert await acceptance.claim_idempotency(conn, row)
        with pytest.raises(Unavailable) as refused:
            await write(other.key_digest, row.key_digest)
    assert "55P03" in refused.value.facts["reden"]
    await write(other.key_digest)
    async with fresh.raw() as root:
        written = await root.fetch("SELECT key_digest FROM idempotency WHERE status = 202")
    assert {row.key_digest, other.key_digest} <= {found["key_digest"] for found in written}


async def test_what_is_done_at_once_is_done_or_an_error(
    fresh: TestDatabase, gateway: Database
) -> None:
    key = make.idempotency()
    claim = "INSERT INTO idempotency VALUES ($1, $2, $3, 202, $4)"
    said = "INSERT INTO natural_keys VALUES ($1, $2)"  # of no message: found out at its commit

    async def do(statement: str, *values: object) -> None:
        async with gateway.at_once() as conn:
            await line_of(conn).fetch(statement, *values)

    async def swallow() -> None:
        async with gateway.at_once() as conn:
            with suppress(Exception):
                await line_of(conn).fetch("SELECT 1 / 0")

    await do(claim, key.key_digest, key.body_digest, key.bericht_id, make.NOW)
    with pytest.raises(ExchangeError):
        await do(said, key.key_digest, key.bericht_id)
    with pytest.raises(Fault):
        await swallow()
    async with fresh.raw() as root:
        counted = "SELECT count(*) FROM {} WHERE {} = $1"
        assert await root.fetchval(counted.format("idempotency", "key_digest"), key.key_digest) == 1
        assert await root.fetchval(counted.format("natural_keys", "digest"), key.key_digest) == 0


async def test_who_asks_one_thing_is_known_for_as_long_as_that_takes(
    fresh: TestDatabase,
) -> None:
    who = "SELECT exchange_party() AS party, exchange_today() AS today"
    said = "SELECT set_config('exchange.party', $1, true), set_config('exchange.today', $2, true)"
    asks = f"WITH said AS MATERIALIZED ({said}) SELECT * FROM said, LATERAL ({who}) AS who"  # noqa: S608
    async with fresh.login("exchange_gateway", pool_size=1) as database:
        (row,) = await database.ask(asks, party=LAS, today=TODAY)
        assert (row["party"], row["today"]) == (str(LAS), TODAY)
        async with database.batch() as driver:
            assert tuple(await driver.fetchrow(who)) == (None, None)
        async with database.transaction() as conn:
            assert tuple((await conn.execute(text(who))).one()) == (None, None)


async def test_wherever_a_request_is_cancelled_its_connection_is_as_new(
    fresh: TestDatabase,
) -> None:
    async with fresh.raw() as root, fresh.login("exchange_gateway", pool_size=2) as database:
        others = {row["pid"] for row in await root.fetch("SELECT pid FROM pg_stat_activity")}

        async def write() -> None:
            async with database.transaction(party=LAS, today=TODAY) as conn:
                await acceptance.claim_idempotency(conn, make.idempotency())
                await conn.execute(text("SELECT pg_sleep(0.002)"))

        async def in_a_batch() -> None:
            async with database.batch() as driver:
                await driver.execute("SELECT pg_sleep(0.002)")

        for moment in range(60):
            tasks = [asyncio.create_task(work()) for work in (write, in_a_batch, write)]
            await asyncio.sleep(moment / 8000)
            for _ in range(1 + moment % 3):  # and once more while the connection recovers
                for task in tasks:
                    task.cancel()
                await asyncio.sleep(0)
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(nap(database) for _ in range(2)))
        async with database.transaction() as conn:
            assert (await conn.scalar(text("SELECT exchange_party()"))) is None
        standing = await root.fetch(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
            " AND NOT pid = ANY($1::int[])",
            others,
        )
    assert 1 <= len(standing) <= 2
    assert {row["state"] for row in standing} == {"idle"}


async def test_a_cancelled_request_leaves_nothing_behind(fresh: TestDatabase) -> None:
    async with fresh.login("exchange_gateway", pool_size=1) as database:

        async def slow() -> None:
            async with database.transaction() as conn:
                await conn.execute(text("SELECT pg_sleep(30)"))

        task = asyncio.create_task(slow())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with database.transaction() as conn:
            assert await conn.scalar(ONE) == 1


async def test_no_driver_error_or_value_leaves_with_our_own_error(gateway: Database) -> None:
    secret = b"\x01" + b"secret-secret-secret-secret-secr"
    row = make.idempotency(secret)
    with pytest.raises(Fault) as raised:
        async with gateway.transaction() as conn:
            await conn.execute(
                insert(idempotency),
                [
                    {name: getattr(row, name) for name in idempotency.c.keys()},  # noqa: SIM118
                    {name: getattr(row, name) for name in idempotency.c.keys()},  # noqa: SIM118
                ],
            )
    told = "".join(traceback.format_exception(raised.value)) + str(raised.value.facts)
    assert "UniqueViolationError 23505" in told
    assert "secret" not in told
    assert secret.hex() not in told
    assert isinstance(raised.value, ExchangeError)


async def test_even_the_drivers_own_error_holds_no_parameter(gateway: Database) -> None:
    told = []

    async def overhear() -> None:
        async with gateway.transaction() as conn:
            try:
                await acceptance.claim_idempotency(conn, make.idempotency(b"secret"))
            except SQLAlchemyError as error:
                told.append(str(error))
                raise

    with pytest.raises(Fault):
        await overhear()
    assert "idempotency" in told[0]
    assert "secret" not in told[0]


async def test_the_server_never_shows_a_bound_value(
    fresh: TestDatabase, gateway: Database, embedded: EmbeddedPostgres | None
) -> None:
    value = "value-to-look-for"
    async with gateway.transaction(party=LAS, today=TODAY) as conn, fresh.raw() as root:
        await conn.execute(select(parties.c.name).where(parties.c.name == value))
        shown = await root.fetch("SELECT query FROM pg_stat_activity WHERE query <> ''")
    with pytest.raises(Fault):
        async with gateway.transaction() as conn:
            await conn.execute(
                text("INSERT INTO idempotency VALUES (CAST(:v AS bytea))"), {"v": b"x"}
            )
    with pytest.raises(Fault):
        async with gateway.transaction() as conn:
            await acceptance.claim_natural_key(conn, value.encode(), uuid7())
    queries = " ".join(row["query"] for row in shown)
    assert "parties" in queries
    assert value not in queries
    assert str(LAS) not in queries
    async with fresh.raw("exchange_gateway") as connection:
        for setting, quiet in (
            ("log_parameter_max_length", "0"),
            ("log_parameter_max_length_on_error", "0"),
            ("log_error_verbosity", "terse"),
        ):
            assert await connection.fetchval("SELECT current_setting($1)", setting) == quiet
    if embedded is not None:
        log = (embedded.data_folder.parent / "server.log").read_bytes()
        assert value.encode() not in log
        assert value.encode().hex().encode() not in log


async def test_listeners_hear_what_was_committed_and_only_that(
    fresh: TestDatabase, operator: Database
) -> None:
    heard = asyncio.Event()
    task = asyncio.create_task(operator.listen("directory", heard.set))
    await hears(heard)  # once for the connection itself
    with pytest.raises(RuntimeError):
        await add_a_party_and_fail(operator)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(heard.wait(), 0.3)
    async with operator.transaction() as conn:
        await directory.add_party(conn, make.oin(71), "so", None, make.NOW)
    await hears(heard)
    await lose_every_connection(fresh)
    await hears(heard, 5)  # reconnected, so everything may have changed
    async with operator.transaction() as conn:
        await directory.add_party(conn, make.oin(71), "again", None, make.NOW)
    await hears(heard)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def add_a_party_and_fail(operator: Database) -> None:
    async with operator.transaction() as conn:
        await directory.add_party(conn, make.oin(71), "not", None, make.NOW)
        raise RuntimeError


async def hears(heard: asyncio.Event, seconds: float = 2) -> None:
    await asyncio.wait_for(heard.wait(), seconds)
    heard.clear()


async def lose_every_connection(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_connections_that_died_at_rest_cost_nobody_a_request(fresh: TestDatabase) -> None:
    async with fresh.login("exchange_gateway", pool_size=4) as database:
        await asyncio.gather(*(nap(database) for _ in range(4)))
        await lose_every_connection(fresh)
        await asyncio.sleep(0.1)
        await asyncio.gather(*(nap(database) for _ in range(8)))


async def nap(database: Database) -> None:
    async with database.transaction() as conn:
        await conn.execute(text("SELECT pg_sleep(0.1)"))


async def test_a_transaction_cut_off_half_way_is_unavailable_and_the_next_one_works(
    fresh: TestDatabase,
) -> None:
    async def cut_off(database: Database) -> None:
        async with database.transaction() as conn:
            await lose_every_connection(fresh)
            await conn.scalar(ONE)

    async with fresh.login("exchange_gateway", pool_size=2) as database:
        with pytest.raises(Unavailable):
            await cut_off(database)
        for _ in range(4):
            async with database.transaction() as conn:
                assert await conn.scalar(ONE) == 1


async def test_a_killed_server_is_unavailable_until_it_is_back(
    server: Server, tmp_path: Path
) -> None:
    if "VERZUIM_TEST_POSTGRES" in os.environ:
        pytest.skip("VERZUIM_TEST_POSTGRES names another server: we do not kill that")
    cluster = EmbeddedPostgres.open(tmp_path)
    database = Database(cluster.url, pool_size=3)
    heard = asyncio.Event()
    listening = asyncio.create_task(database.listen("directory", heard.set))
    try:
        await hears(heard)
        await asyncio.gather(*(nap(database) for _ in range(3)))
        os.kill(cluster.postmaster_pid or 0, 9)
        await asyncio.sleep(0.5)
        for _ in range(5):
            with pytest.raises(Unavailable):
                await nap(database)
        await asyncio.to_thread(cluster.ensure_running)
        for _ in range(3):
            await nap(database)
        await hears(heard, 10)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await database.close()
        cluster.remove()


def test_the_address_for_a_login_keeps_everything_but_the_credentials() -> None:
    socket = "postgresql://postgres:p%40ss@/exchange?host=/tmp/vx-1"
    assert login_url(socket, "exchange_gateway") == (
        "postgresql://exchange_gateway@/exchange?host=/tmp/vx-1"
    )
    tcp = database_url("postgresql://postgres:secret@db.example:5433/postgres", "exchange")
    assert login_url(tcp, "exchange_worker") == (
        "postgresql://exchange_worker@db.example:5433/exchange"
    )
