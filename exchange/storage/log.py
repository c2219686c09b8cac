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
    SELECT * FROM unnest(
        CAST(:log_entries AS uuid[]), CAST(:log_moments AS timestamptz[]),
        CAST(:log_activities AS text[]), CAST(:log_actors AS text[]),
        CAST(:log_recipients AS text[]), CAST(:log_numbers AS uuid[]),
        CAST(:log_actions AS text[]), CAST(:log_outcomes AS text[]),
        CAST(:log_leaves AS bytea[]), CAST(:log_hashes AS bytea[]))
"""
INTO_LOG_PENDING = """
    INSERT INTO log_pending (entry, leaf_hash, recorded_at)
    SELECT * FROM unnest(
        CAST(:log_entries AS uuid[]), CAST(:log_hashes AS bytea[]),
        CAST(:log_moments AS timestamptz[]))
"""
INTO_SUBJECT_LINK = """
    INSERT INTO subject_link
        (entry, bericht_id, vestigingscode, schooljaar, salt, blind_index, periode)
    SELECT * FROM unnest(
        CAST(:link_entries AS uuid[]), CAST(:link_numbers AS uuid[]),
        CAST(:link_vestigingscodes AS text[]), CAST(:link_schooljaren AS smallint[]),
        CAST(:link_salts AS bytea[]), CAST(:link_indexes AS bytea[]),
        CAST(:link_perioden AS text[]))
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


def record_columns(rows: Sequence[LogRow]) -> dict[str, list[Any]]:
    """Give the parameters of ``INTO_LOG_RECORDS`` and ``INTO_LOG_PENDING``."""
    return {
        "log_entries": [row.entry for row in rows],
        "log_moments": [row.recorded_at for row in rows],
        "log_activities": [row.activity for row in rows],
        "log_actors": [row.actor for row in rows],
        "log_recipients": [row.recipient and row.recipient.reveal() for row in rows],
        "log_numbers": [row.bericht_id for row in rows],
        "log_actions": [row.action for row in rows],
        "log_outcomes": [row.outcome for row in rows],
        "log_leaves": [row.leaf for row in rows],
        "log_hashes": [row.leaf_hash for row in rows],
    }


def link_columns(links: Sequence[tuple[LogRow, SubjectLinkRow]]) -> dict[str, list[Any]]:
    """Give the parameters of ``INTO_SUBJECT_LINK``: each link with the record that it is of."""
    return {
        "link_entries": [row.entry for row, _ in links],
        "link_numbers": [row.bericht_id for row, _ in links],
        "link_vestigingscodes": [link.vestigingscode.reveal() for _, link in links],
        "link_schooljaren": [link.schooljaar.start for _, link in links],
        "link_salts": [link.salt for _, link in links],
        "link_indexes": [link.blind_index for _, link in links],
        "link_perioden": [link.periode and str(link.periode) for _, link in links],
    }
