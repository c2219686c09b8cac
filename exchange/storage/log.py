"""Appends to the log: what cannot be logged does not happen (promise P8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.errors import Code, Unavailable
from exchange.storage.faults import DATABASE_ERRORS, exchange_error
from exchange.storage.rows import LogRow, SubjectLinkRow

# One round trip for a record, its place in the queue of the sealer, and all its links.
# Plan: three inserts, the links from a function scan.
_APPEND = text("""
    WITH written AS (
        INSERT INTO log_records
            (entry, recorded_at, activity, actor, recipient, bericht_id, action, outcome, leaf,
             leaf_hash)
        VALUES (CAST(:entry AS uuid), :recorded_at, :activity, :actor, :recipient,
                CAST(:bericht_id AS uuid), :action, :outcome, :leaf, :leaf_hash)
    ), queued AS (
        INSERT INTO log_pending (entry, leaf_hash, recorded_at)
        VALUES (CAST(:entry AS uuid), :leaf_hash, :recorded_at)
    )
    INSERT INTO subject_link (entry, bericht_id, vestigingscode, schooljaar, salt, blind_index,
                              periode)
    SELECT CAST(:entry AS uuid), CAST(:bericht_id AS uuid), link.*
    FROM unnest(CAST(:vestigingscodes AS text[]), CAST(:schooljaren AS smallint[]),
                CAST(:salts AS bytea[]), CAST(:blind_indexes AS bytea[]),
                CAST(:perioden AS text[])) AS link
""")

# About no pupil: the operator's login may write such records, and no link at all.
_APPEND_ALONE = text("""
    WITH queued AS (
        INSERT INTO log_pending (entry, leaf_hash, recorded_at)
        VALUES (CAST(:entry AS uuid), :leaf_hash, :recorded_at)
    )
    INSERT INTO log_records
        (entry, recorded_at, activity, actor, recipient, bericht_id, action, outcome, leaf,
         leaf_hash)
    VALUES (CAST(:entry AS uuid), :recorded_at, :activity, :actor, :recipient,
            CAST(:bericht_id AS uuid), :action, :outcome, :leaf, :leaf_hash)
""")


# The three tables of a record, for many at once. Plan: a function scan each.
INTO_LOG_RECORDS = """
    INSERT INTO log_records
        (entry, recorded_at, activity, actor, recipient, bericht_id, action, outcome, leaf,
         leaf_hash)
    SELECT r.entry, r.recorded_at, r.activity, r.actor, r.recipient, r.bericht_id, r.action,
           r.outcome, r.leaf, r.leaf_hash
    FROM unnest(CAST(:records AS intake_record[])) AS r
"""
INTO_LOG_PENDING = """
    INSERT INTO log_pending (entry, leaf_hash, recorded_at)
    SELECT r.entry, r.leaf_hash, r.recorded_at
    FROM unnest(CAST(:records AS intake_record[])) AS r
"""
INTO_SUBJECT_LINK = """
    INSERT INTO subject_link
        (entry, bericht_id, vestigingscode, schooljaar, salt, blind_index, periode)
    SELECT l.entry, l.bericht_id, l.vestigingscode, l.schooljaar, l.salt, l.blind_index, l.periode
    FROM unnest(CAST(:links AS intake_link[])) AS l
"""

# Plan: one row of messages_pkey, then one of log_records_pkey.
_ACCEPTANCE = text("""
    SELECT l.leaf FROM messages m JOIN log_records l USING (entry)
    WHERE m.bericht_id = CAST(:bericht_id AS uuid)
""")


async def append(conn: AsyncConnection, row: LogRow, links: Sequence[SubjectLinkRow] = ()) -> None:
    """Write one record and its links to pupils in the caller's transaction.

    After a failure nothing in that transaction can commit any more, not even for a caller that
    swallows the error: ``Database.transaction`` sees to that.

    Raises:
        Unavailable: ``logboek-onbeschikbaar``, whatever the database's reason.
    """
    with _of_the_log():
        if links:
            await conn.execute(_APPEND, _record(row) | _links(links))
        else:
            await conn.execute(_APPEND_ALONE, _record(row))


async def acceptance_of(conn: AsyncConnection, bericht_id: UUID) -> bytes | None:
    """Give the leaf of the record with which a message was accepted; None once its text is gone."""
    with _of_the_log():
        found = await conn.execute(_ACCEPTANCE, {"bericht_id": bericht_id})
    leaf: bytes | None = found.scalar_one_or_none()
    return leaf


@contextmanager
def _of_the_log() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS as error:
        facts = exchange_error(error).facts
        raise Unavailable(Code.LOGBOEK_ONBESCHIKBAAR, **facts) from None


def _record(row: LogRow) -> dict[str, Any]:
    return {
        "entry": row.entry,
        "recorded_at": row.recorded_at,
        "activity": row.activity,
        "actor": row.actor,
        "recipient": None if row.recipient is None else row.recipient.reveal(),
        "bericht_id": row.bericht_id,
        "action": row.action,
        "outcome": row.outcome,
        "leaf": row.leaf,
        "leaf_hash": row.leaf_hash,
    }


def _links(links: Sequence[SubjectLinkRow]) -> dict[str, Any]:
    return {
        "vestigingscodes": [link.vestigingscode.reveal() for link in links],
        "schooljaren": [link.schooljaar.start for link in links],
        "salts": [link.salt for link in links],
        "blind_indexes": [link.blind_index for link in links],
        "perioden": [str(link.periode) if link.periode else None for link in links],
    }


def record_values(row: LogRow) -> tuple[object, ...]:
    """Give a record as an ``intake_record``."""
    return (
        row.entry,
        row.recorded_at,
        row.activity,
        row.actor,
        row.recipient and row.recipient.reveal(),
        row.bericht_id,
        row.action,
        row.outcome,
        row.leaf,
        row.leaf_hash,
    )


def link_values(row: LogRow, link: SubjectLinkRow) -> tuple[object, ...]:
    """Give a link with the record that it is of, as an ``intake_link``."""
    return (
        row.entry,
        row.bericht_id,
        link.vestigingscode.reveal(),
        link.schooljaar.start,
        link.salt,
        link.blind_index,
        link.periode and str(link.periode),
    )
