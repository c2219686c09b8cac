"""One statement that writes all rows of many acceptances, for the driver itself (ADR 0022)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from exchange.storage.acceptance import INTO_OUTBOX, parcel_columns
from exchange.storage.log import (
    INTO_LOG_PENDING,
    INTO_LOG_RECORDS,
    INTO_SUBJECT_LINK,
    link_columns,
    record_columns,
)
from exchange.storage.rows import Acceptance


class TooLate(Exception):
    """The numbers of those whose idempotency key or natural key somebody else has.

    Raised inside the transaction, of which then nothing may remain.
    """

    def __init__(self, numbers: frozenset[UUID]) -> None:
        self.numbers = numbers
        super().__init__()


async def write_together(driver: asyncpg.Connection, acceptances: Sequence[Acceptance]) -> None:
    """Write all of them; no two may have the same key or the same natural key.

    Raises:
        TooLate: some of them were not the first.
    """
    values = _columns(acceptances)
    row = await driver.fetchrow(_WRITE.sql, *(values[name] for name in _WRITE.names))
    first = frozenset(row["keyed"])
    unsaid = frozenset(row["unsaid"])
    late = frozenset(
        one.message.bericht_id
        for one in acceptances
        if one.message.bericht_id not in first
        or (one.same_again is not None and one.message.bericht_id not in unsaid)
    )
    if late:
        raise TooLate(late)


class _Numbered:
    """A statement with named parameters in the driver's own form ($1, $2), and their order."""

    def __init__(self, sql: str) -> None:
        numbers = dict[str, int]()
        upwards = count(1)

        def numbered(found: re.Match[str]) -> str:
            name = found.group(1)
            if name not in numbers:
                numbers[name] = next(upwards)
            return f"${numbers[name]}"

        self.sql = re.sub(r":([a-z_]+)\b", numbered, sql)
        self.names = tuple(numbers)


# Keys in their own order, and all idempotency keys before all natural keys, here as on the way
# alone: so two gateways that want the same keys wait for each other in one direction only.
_INTO_IDEMPOTENCY = """
    INSERT INTO idempotency (key_digest, body_digest, bericht_id, status, created_at)
    SELECT * FROM unnest(
        CAST(:key_digests AS bytea[]), CAST(:key_bodies AS bytea[]), CAST(:key_numbers AS uuid[]),
        CAST(:key_statuses AS smallint[]), CAST(:key_moments AS timestamptz[])) AS k(digest)
    ORDER BY digest ON CONFLICT DO NOTHING RETURNING bericht_id
"""
_INTO_NATURAL_KEYS = """
    INSERT INTO natural_keys (digest, bericht_id)
    SELECT * FROM unnest(
        CAST(:same_digests AS bytea[]), CAST(:same_numbers AS uuid[])) AS n(digest)
    ORDER BY digest ON CONFLICT DO NOTHING RETURNING bericht_id
"""
_INTO_MESSAGES = """
    INSERT INTO messages
        (bericht_id, soort, vestigingscode, schooljaar, periode, event_day, sender, received_at,
         betreft, digest, policy_date, entry, receipt)
    SELECT * FROM unnest(
        CAST(:message_numbers AS uuid[]), CAST(:message_soorten AS text[]),
        CAST(:message_vestigingscodes AS text[]), CAST(:message_schooljaren AS smallint[]),
        CAST(:message_perioden AS text[]), CAST(:message_days AS date[]),
        CAST(:message_senders AS text[]), CAST(:message_moments AS timestamptz[]),
        CAST(:message_betreffen AS uuid[]), CAST(:message_digests AS bytea[]),
        CAST(:message_policies AS date[]), CAST(:message_entries AS uuid[]),
        CAST(:message_receipts AS bytea[]))
"""
_INTO_TALLY_DUE = """
    INSERT INTO tally_due (vestigingscode, periode)
    SELECT DISTINCT * FROM unnest(
        CAST(:message_vestigingscodes AS text[]), CAST(:message_perioden AS text[]))
"""

_FIRST = """
    SELECT ARRAY(SELECT bericht_id FROM keyed) AS keyed,
           ARRAY(SELECT bericht_id FROM unsaid) AS unsaid,
           CASE WHEN true = ANY(CAST(:parcel_pushes AS boolean[])) THEN pg_notify('outbox', '') END
"""

# Plan: function scans, two of them sorted, and one result; foreign keys look up their message by
# its primary key. One notice goes out at commit, if a parcel has to be pushed.
_WRITE = _Numbered(
    f"WITH keyed AS ({_INTO_IDEMPOTENCY}), unsaid AS ({_INTO_NATURAL_KEYS}),"
    f" written AS ({_INTO_MESSAGES}), due AS ({_INTO_TALLY_DUE}), parcels AS ({INTO_OUTBOX}),"
    f" records AS ({INTO_LOG_RECORDS}), pending AS ({INTO_LOG_PENDING}),"
    f" links AS ({INTO_SUBJECT_LINK}) {_FIRST}"
)


def _columns(acceptances: Sequence[Acceptance]) -> Mapping[str, list[Any]]:
    parcels = [parcel for one in acceptances for parcel in one.parcels]
    links = [(one.log, link) for one in acceptances for link in one.links]
    return {
        **_key_columns(acceptances),
        **_message_columns(acceptances),
        **parcel_columns(parcels),
        **record_columns([one.log for one in acceptances]),
        **link_columns(links),
    }


def _key_columns(acceptances: Sequence[Acceptance]) -> dict[str, list[Any]]:
    keys = [one.key for one in acceptances]
    said = [one for one in acceptances if one.same_again is not None]
    return {
        "key_digests": [key.key_digest for key in keys],
        "key_bodies": [key.body_digest for key in keys],
        "key_numbers": [key.bericht_id for key in keys],
        "key_statuses": [key.status for key in keys],
        "key_moments": [key.created_at for key in keys],
        "same_digests": [one.same_again for one in said],
        "same_numbers": [one.message.bericht_id for one in said],
    }


def _message_columns(acceptances: Sequence[Acceptance]) -> dict[str, list[Any]]:
    rows = [one.message for one in acceptances]
    return {
        "message_numbers": [row.bericht_id for row in rows],
        "message_soorten": [row.soort for row in rows],
        "message_vestigingscodes": [row.vestigingscode.reveal() for row in rows],
        "message_schooljaren": [row.schooljaar.start for row in rows],
        "message_perioden": [str(row.periode) for row in rows],
        "message_days": [row.event_day for row in rows],
        "message_senders": [row.sender.reveal() for row in rows],
        "message_moments": [row.received_at for row in rows],
        "message_betreffen": [row.betreft for row in rows],
        "message_digests": [row.digest for row in rows],
        "message_policies": [row.policy_date for row in rows],
        "message_entries": [row.entry for row in rows],
        "message_receipts": [row.receipt for row in rows],
    }
