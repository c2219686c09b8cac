"""Transactions in which PostgreSQL knows who asks: the pool, its limits, and the listener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, Never
from weakref import WeakSet

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import ExceptionContext, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from exchange.errors import Fault
from exchange.messages.identifiers import Oin
from exchange.storage.faults import DATABASE_ERRORS, translated

Connection = AsyncConnection
"""An open transaction; outside this package it is only passed on."""

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

_WHO_ASKS = text(
    "SELECT set_config('exchange.party', :party, true), set_config('exchange.today', :today, true)"
)


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
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_POOL_SECONDS,
            pool_use_lifo=True,
            hide_parameters=True,
        )
        self._failed: WeakSet[Any] = WeakSet()
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)
        event.listen(self._engine.sync_engine, "handle_error", self._note_failure)

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
        who = {"party": str(party or ""), "today": today.isoformat() if today else ""}
        with translated():
            async with self._engine.begin() as conn:
                await conn.execute(_WHO_ASKS, who)
                yield conn
                if conn.sync_connection in self._failed:
                    raise Fault("an error of the database was swallowed inside its transaction")

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
            await self._engine.dispose()

    def _note_failure(self, context: ExceptionContext) -> None:
        if context.connection is not None:
            self._failed.add(context.connection)

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
                    await asyncio.wait_for(gone.wait(), _HEARTBEAT_SECONDS)
                    return
                await connection.execute("SELECT 1", timeout=_CONNECT_SECONDS)
        finally:
            connection.terminate()


def _refuse_closed(connection: object, _entry: ConnectionPoolEntry, _proxy: object) -> None:
    """Let the pool replace a connection that died at rest, without asking the server first."""
    if connection.driver_connection.is_closed():  # type: ignore[attr-defined]  # asyncpg's adapter
        raise DisconnectionError
