"""A record and its links to pupils, written with the act that they are about."""

from __future__ import annotations

from exchange.accountability.record import LogRecord
from exchange.storage import log
from exchange.storage.database import Connection


async def append_record(conn: Connection, record: LogRecord) -> None:
    """Write the record; raises ``logboek-onbeschikbaar``, and then nothing else commits either."""
    await log.append(conn, record.row, record.links)
