"""Writes the whole log out, one line per record in order, for whoever verifies it elsewhere.

``exchange.crypto.verify_log`` reads it; a head stands after the last record that it covers.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

from exchange.accountability.checkpoint import with_cosignatures
from exchange.storage import cosignatures, log_audit
from exchange.storage.database import Connection, Database
from exchange.storage.log_audit import AuditRow
from exchange.storage.tree import CheckpointRow

_STRETCH = 2_000


async def export_lines(database: Database, origin: str) -> AsyncIterator[bytes]:
    """Give the lines of everything under the newest head, in constant memory."""
    yield _line({"soort": "logboek", "versie": 1, "oorsprong": origin})
    async with database.transaction() as conn:
        covered = (await log_audit.extent(conn)).covered or 0
        for head in await log_audit.checkpoints_between(conn, -1, 0):
            yield await _head(conn, head)
    for first in range(0, covered, _STRETCH):
        async with database.transaction() as conn:
            lines = await _stretch(conn, first, min(_STRETCH, covered - first))
        for line in lines:
            yield line


async def _stretch(conn: Connection, first: int, count: int) -> list[bytes]:
    """Give records and heads in the order of their places."""
    heads = await log_audit.checkpoints_between(conn, first, first + count)
    due = {head.size: head for head in heads}
    lines = []
    for row in await log_audit.places_from(conn, first, count):
        lines.append(_record(row))
        if row.index + 1 in due:
            lines.append(await _head(conn, due[row.index + 1]))
    return lines


async def _head(conn: Connection, head: CheckpointRow) -> bytes:
    lines = [one.line for one in await cosignatures.cosignatures_of(conn, head.size)]
    return _line({"checkpoint": with_cosignatures(head.note, lines)})


def _record(row: AuditRow) -> bytes:
    written: dict[str, Any] = {"index": row.index, "entry": str(row.entry)}
    if row.leaf is not None:
        written["blad"] = base64.b64encode(row.leaf).decode()
    if row.leaf_hash is not None:
        written["bladhash"] = base64.b64encode(row.leaf_hash).decode()
    return _line(written)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
