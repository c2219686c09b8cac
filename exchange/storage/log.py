"""Appends to the log: what cannot be logged does not happen (promise P8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.errors import Code, Unavailable
from exchange.storage.faults import DATABASE_ERRORS, exchange_error
from exchange.storage.pool import line_of
from exchange.storage.rows import LogRow, SubjectLinkRow

# One round trip for a record, its place in the queue of the sealer, and all its links; the first
# ten are the values of an ``intake_record``. Plan: three inserts, the links from a function scan.
_RECORD = """
    INSERT INTO log_records
        (entry, recorded_at, activity, actor, recipient, bericht_id, action, outcome, leaf,
         leaf_hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_QUEUED = "INSERT INTO log_pending (entry, leaf_hash, recorded_at) VALUES ($1, $10, $2)"
_APPEND = f"""
    WITH written AS ({_RECORD}), queued AS ({_QUEUED})
    INSERT INTO subject_link (entry, bericht_id, vestigingscode, schooljaar, salt, blind_index,
                              periode)
    SELECT CAST($1 AS uuid), CAST($6 AS uuid), link.*
    FROM unnest(CAST($11 AS text[]), CAST($12 AS smallint[]), CAST($13 AS bytea[]),
                CAST($14 AS bytea[]), CAST($15 AS text[])) AS link
"""  # noqa: S608  both are constants of this module

# About no pupil: the operator's login may write such records, and no link at all.
_APPEND_ALONE = f"WITH queued AS ({_QUEUED}) {_RECORD}"


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
_ACCEPTANCE = """
    SELECT l.leaf FROM messages m JOIN log_records l USING (entry) WHERE m.bericht_id = $1
"""


async def append(conn: AsyncConnection, row: LogRow, links: Sequence[SubjectLinkRow] = ()) -> None:
    """Write one record and its links to pupils in the caller's transaction.

    After a failure nothing in that transaction can commit any more, not even for a caller that
    swallows the error: ``Database.transaction`` sees to that.

    Raises:
        Unavailable: ``logboek-onbeschikbaar``, whatever the database's reason.
    """
    with _of_the_log():
        if links:
            await line_of(conn).fetch(_APPEND, *record_values(row), *_links(links))
        else:
            await line_of(conn).fetch(_APPEND_ALONE, *record_values(row))


async def acceptance_of(conn: AsyncConnection, bericht_id: UUID) -> bytes | None:
    """Give the leaf of the record with which a message was accepted; None once its text is gone."""
    with _of_the_log():
        found = await line_of(conn).fetch(_ACCEPTANCE, bericht_id)
    leaf: bytes | None = found[0]["leaf"] if found else None
    return leaf


@contextmanager
def _of_the_log() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS as error:
        facts = exchange_error(error).facts
        raise Unavailable(Code.LOGBOEK_ONBESCHIKBAAR, **facts) from None


def _links(links: Sequence[SubjectLinkRow]) -> Sequence[list[Any]]:
    """Give the columns of all links."""
    return (
        [link.vestigingscode.reveal() for link in links],
        [link.schooljaar.start for link in links],
        [link.salt for link in links],
        [link.blind_index for link in links],
        [str(link.periode) if link.periode else None for link in links],
    )


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
