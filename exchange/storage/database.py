"""Transactions in which PostgreSQL knows who asks: their limits, and the listener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Never

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.errors import Fault
from exchange.messages.identifiers import Oin
from exchange.storage.faults import DATABASE_ERRORS, translated
from exchange.storage.pool import Pool

Connection = AsyncConnection
"""An open transaction; outside this package it is only passed on.

``Database`` alone begins and ends it: who wants nothing to be written raises.
"""

_CONNECT_SECONDS = 5
_POOL_SECONDS = 5
_STATEMENT_SECONDS = 20
_SETTINGS = {
    "statement_timeout": f"{_STATEMENT_SECONDS}s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "30s",
    "search_path": "public, pg_temp",  # pg_temp last: a temporary table never shadows one of ours
    "timezone": "UTC",
    "jit": "off",  # row security makes plans look costly; compiling them costs more
}
_RELISTEN_SECONDS = 1.0
_HEARTBEAT_SECONDS = 20.0

_BEGIN_BATCH = "BEGIN; SET LOCAL lock_timeout = '250ms'"
_SWALLOWED = "an error of the database was swallowed inside its transaction"


class Database:
    """A pool of connections as one login; row-level security decides what each caller sees.

    ``url`` is a libpq URL without a password (TCP or ``?host=/socket/folder``); the password comes
    from ``passfile``, from ``passfile=`` in the URL or from PGPASSFILE. Nothing is opened before
    the first transaction. All failures leave as ``Unavailable`` or ``Fault``.
    """

    def __init__(
        self,
        url: str,
        *,
        passfile: Path | None = None,
        application_name: str = "exchange",
        pool_size: int = 10,
    ) -> None:
        self._url = url
        self._passfile = passfile
        self._settings = {**_SETTINGS, "application_name": application_name}
        self._pool = Pool(self._connect, pool_size)

    @asynccontextmanager
    async def transaction(
        self, *, party: Oin | None = None, today: date | None = None
    ) -> AsyncIterator[Connection]:
        """Open a transaction on behalf of ``party`` on the legal day ``today``.

        It commits when the block ends and rolls back when the block raises. Without a party the
        api role sees no row of any school or recipient.

        Raises:
            Fault: the block swallowed an error of the database. PostgreSQL would answer the COMMIT
                of such a transaction with a silent rollback, and the caller would take it for done.
        """
        with translated():
            async with self._pool.line(_POOL_SECONDS) as line:
                await line.driver.execute(_begin(party, today))
                yield line.conn
                if line.failed:
                    raise Fault(_SWALLOWED)
                await _commit(line.driver)
                line.settle()

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[asyncpg.Connection]:
        """Open a transaction in nobody's name, for statements made for the driver itself.

        It commits and rolls back as ``transaction`` does. A lock that is not given at once is an
        error: who writes for many keeps none of them waiting for one.
        """
        with translated():
            async with self._pool.line(_POOL_SECONDS) as line:
                await line.driver.execute(_BEGIN_BATCH)
                yield line.driver
                await _commit(line.driver)

    @asynccontextmanager
    async def at_once(self) -> AsyncIterator[Connection]:
        """Give a connection for one statement of the driver, in nobody's name.

        It is a transaction of its own and commits in its one round trip, before its result is in.
        """
        with translated():
            async with self._pool.line(_POOL_SECONDS) as line:
                yield line.conn
                if line.failed:
                    raise Fault(_SWALLOWED)

    async def ask(
        self, question: str, *facts: object, party: Oin, today: date
    ) -> Sequence[asyncpg.Record]:
        """Ask one thing in one round trip, as a transaction of its own.

        The statement itself must say who asks, from its first two parameters ($1 and $2, the party
        and the legal day), with ``set_config(..., true)``: that ends with the statement.
        """
        with translated():
            async with self._pool.line(_POOL_SECONDS) as line:
                found: Sequence[asyncpg.Record] = await line.driver.fetch(
                    question, str(party), today.isoformat(), *facts
                )
                return found

    async def listen(self, channel: str, callback: Callable[[], None]) -> Never:
        """Call back after each notice on ``channel``, and once after each (re)connection.

        Runs until cancelled. What was announced while the line was down is not repeated, so the
        call after a reconnection stands for it.
        """
        while True:
            with suppress(*DATABASE_ERRORS):
                await self._hear(channel, callback)
            await asyncio.sleep(_RELISTEN_SECONDS)

    async def close(self) -> None:
        """Close every connection that is not in use."""
        with translated():
            await self._pool.close()

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._url,
            passfile=self._passfile,
            timeout=_CONNECT_SECONDS,
            command_timeout=_STATEMENT_SECONDS + 5,  # for a network that no longer answers
            server_settings=self._settings,
        )

    async def _hear(self, channel: str, callback: Callable[[], None]) -> None:
        """Listen on one connection until it fails, which a heartbeat finds out."""
        connection = await self._connect()
        gone = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(channel, lambda *_: callback())
            callback()
            while not gone.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_HEARTBEAT_SECONDS):
                        await gone.wait()
                    return
                await connection.execute("SELECT 1", timeout=_CONNECT_SECONDS)
        finally:
            connection.terminate()


def _begin(party: Oin | None, today: date | None) -> str:
    """Begin and say who asks, in one round trip; by their types no sign in it ends a text."""
    if not party and not today:
        return "BEGIN"
    day = today.isoformat() if today else ""
    return f"BEGIN; SET LOCAL exchange.party = '{party or ''}'; SET LOCAL exchange.today = '{day}'"


async def _commit(driver: asyncpg.Connection) -> None:
    """Commit; PostgreSQL answers the COMMIT of a failed transaction with a silent rollback."""
    if await driver.execute("COMMIT") != "COMMIT":
        raise Fault(_SWALLOWED)
