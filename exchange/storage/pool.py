"""Connections that stay open, each with two faces: SQLAlchemy's, and the driver's own.

SQLAlchemy's pool, and its way to begin and end a transaction, cost several times what the database
needs for it (ADR 0022). So SQLAlchemy sees connections that have no transactions; where one begins
and ends is said to the driver, by ``Database`` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import ExceptionContext, event
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from exchange.errors import Code, Fault, Unavailable
from exchange.storage.faults import DATABASE_ERRORS

_ROLLBACK_SECONDS = 5
_OF = "verzuim_line"  # an execution option of SQLAlchemy: the line of which it is a face


@dataclass(slots=True, eq=False)
class Line:
    """A connection; ``failed`` says that a statement met an error since it was taken."""

    conn: AsyncConnection
    driver: asyncpg.Connection
    failed: bool = False

    @property
    def lost(self) -> bool:
        """Whether this connection can never be used again."""
        closed: bool = self.driver.is_closed()
        return closed or self.conn.invalidated

    async def fetch(self, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        """Ask the driver itself: for a constant statement that runs at every request."""
        try:
            found: Sequence[asyncpg.Record] = await self.driver.fetch(statement, *values)
        except BaseException:
            self.failed = True
            raise
        return found

    def settle(self) -> None:
        """End what SQLAlchemy takes for a transaction; nothing goes to the database."""
        if (seen := self.conn.sync_connection) is not None:
            seen.rollback()
        self.failed = False


def line_of(conn: AsyncConnection) -> Line:
    """Give the line of which this is SQLAlchemy's face."""
    if (seen := conn.sync_connection) is None:
        raise Fault("a connection that was never opened")
    line: Line = seen.get_execution_options()[_OF]
    return line


class Pool:
    """At most ``size`` connections, of which the one used last is used first."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int) -> None:
        """Open nothing yet."""
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
        )
        self._places = asyncio.Semaphore(size)
        self._idle: list[Line] = []
        event.listen(self._engine.sync_engine, "handle_error", _note_failure)

    @asynccontextmanager
    async def line(self, seconds: float) -> AsyncIterator[Line]:
        """Hold a connection; if the block raises, what it left open is rolled back.

        Raises:
            Unavailable: none came free within so many seconds.
        """
        line = await self._take(seconds)
        try:
            yield line
        except BaseException:
            # Not for a caller in a hurry: a cancelled one leaves, the connection still recovers.
            await asyncio.shield(self._recover(line))
            raise
        self._put_back(line)

    async def close(self) -> None:
        """Close every connection that is not in use."""
        idle, self._idle = self._idle, []
        for line in idle:
            await line.conn.close()

    async def _take(self, seconds: float) -> Line:
        await self._place(seconds)
        try:
            while self._idle:
                line = self._idle.pop()
                if not line.lost:
                    return line
                await _discard(line)
            return await self._open()
        except BaseException:
            self._places.release()
            raise

    async def _place(self, seconds: float) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden="no free connection") from None

    async def _open(self) -> Line:
        conn = await self._engine.connect()
        line = Line(conn, (await conn.get_raw_connection()).driver_connection)
        await conn.execution_options(**{_OF: line})
        return line

    def _put_back(self, line: Line) -> None:
        self._idle.append(line)
        self._places.release()

    async def _recover(self, line: Line) -> None:
        """Make the connection as new, or do without it."""
        recovered = False
        try:
            with suppress(*DATABASE_ERRORS):
                if not line.lost:
                    line.settle()
                    await _roll_back(line.driver)
                    recovered = True
        finally:
            if not recovered:
                line.driver.terminate()
            self._put_back(line)


def _note_failure(context: ExceptionContext) -> None:
    """Note it with the line; while a connection is being opened it is nobody's yet."""
    if context.connection is None:
        return
    line: Line | None = context.connection.get_execution_options().get(_OF)
    if line is not None:
        line.failed = True


async def _roll_back(driver: asyncpg.Connection) -> None:
    if not driver.is_in_transaction():
        # What was cut off may still begin one: an answer says that it is over.
        await driver.execute("SELECT 1", timeout=_ROLLBACK_SECONDS)
    if driver.is_in_transaction():
        await driver.execute("ROLLBACK", timeout=_ROLLBACK_SECONDS)


async def _discard(line: Line) -> None:
    line.driver.terminate()
    with suppress(*DATABASE_ERRORS):
        await line.conn.invalidate()
    with suppress(*DATABASE_ERRORS):
        await line.conn.close()
