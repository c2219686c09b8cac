"""Writes a record and its links to pupils, in the transaction of the act they are about."""

from __future__ import annotations

from exchange.accountability.record import LogRecord
from exchange.storage import log
from exchange.storage.database import Connection
from exchange.storage.rows import LogRow, SubjectLinkRow


async def append_record(conn: Connection, record: LogRecord) -> None:
    """Write the record; raises ``logboek-onbeschikbaar``, and then nothing else commits either."""
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
    links = [
        SubjectLinkRow(
            vestigingscode=link.subject.vestigingscode,
            schooljaar=link.subject.schooljaar,
            salt=link.salt,
            blind_index=link.subject.blind_index,
            periode=link.subject.periode,
        )
        for link in record.links
    ]
    await log.append(conn, row, links)
