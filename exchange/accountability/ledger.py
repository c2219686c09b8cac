"""The rows of a record and its links to pupils, written with the act that they are about."""

from __future__ import annotations

from exchange.accountability.record import LogRecord
from exchange.storage import log
from exchange.storage.database import Connection
from exchange.storage.rows import LogRow, SubjectLinkRow


async def append_record(conn: Connection, record: LogRecord) -> None:
    """Write the record; raises ``logboek-onbeschikbaar``, and then nothing else commits either."""
    await log.append(conn, *rows_of(record))


def rows_of(record: LogRecord) -> tuple[LogRow, tuple[SubjectLinkRow, ...]]:
    """Give the rows of a record: itself, and its links to pupils."""
    happening = record.happening
    row = LogRow(
        entry=record.entry,
        recorded_at=happening.ended_at,
        activity=happening.activiteit,
        actor=str(happening.actor) if happening.actor else None,
        recipient=happening.recipient,
        bericht_id=happening.bericht_id,
        action=happening.action.value,
        outcome=happening.uitkomst.value,
        leaf=record.leaf,
        leaf_hash=record.leaf_hash,
    )
    links = tuple(
        SubjectLinkRow(
            vestigingscode=link.subject.vestigingscode,
            schooljaar=link.subject.schooljaar,
            salt=link.salt,
            blind_index=link.subject.blind_index,
            periode=link.subject.periode,
        )
        for link in record.links
    )
    return row, links
