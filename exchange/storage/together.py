"""One statement that writes all rows of many acceptances, for the driver itself (ADR 0022)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from itertools import count
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from exchange.storage.acceptance import INTO_OUTBOX, parcel_values
from exchange.storage.log import (
    INTO_LOG_PENDING,
    INTO_LOG_RECORDS,
    INTO_SUBJECT_LINK,
    link_values,
    record_values,
)
from exchange.storage.rows import Acceptance


class TooLate(Exception):
    """The numbers of those whose idempotency key or natural key somebody else has.

    Raised inside the transaction, of which then nothing may remain.
    """

    def __init__(self, numbers: Set[UUID]) -> None:
        self.numbers = numbers
        super().__init__()


async def write_together(driver: asyncpg.Connection, acceptances: Sequence[Acceptance]) -> None:
    """Write all of them; no two may have the same key or the same natural key.

    Raises:
        TooLate: some of them were not the first.
    """
    values = _values(acceptances)
    row = await driver.fetchrow(_WRITE.sql, *(values[name] for name in _WRITE.names))
    said = [one for one in acceptances if one.same_again is not None]
    if len(row["keyed"]) < len(acceptances) or len(row["unsaid"]) < len(said):
        first, unsaid = frozenset(row["keyed"]), frozenset(row["unsaid"])
        late = {one.message.bericht_id for one in acceptances} - first
        raise TooLate(late | ({one.message.bericht_id for one in said} - unsaid))


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
    SELECT k.key_digest, k.body_digest, k.bericht_id, k.status, k.created_at
    FROM unnest(CAST(:keys AS intake_key[])) AS k
    ORDER BY k.key_digest ON CONFLICT DO NOTHING RETURNING bericht_id
"""
_INTO_NATURAL_KEYS = """
    INSERT INTO natural_keys (digest, bericht_id)
    SELECT k.same_again, k.bericht_id FROM unnest(CAST(:keys AS intake_key[])) AS k
    WHERE k.same_again IS NOT NULL
    ORDER BY k.same_again ON CONFLICT DO NOTHING RETURNING bericht_id
"""
_INTO_MESSAGES = """
    INSERT INTO messages
        (bericht_id, soort, vestigingscode, schooljaar, periode, event_day, sender, received_at,
         betreft, digest, policy_date, entry, receipt)
    SELECT m.bericht_id, m.soort, m.vestigingscode, m.schooljaar, m.periode, m.event_day, m.sender,
           m.received_at, m.betreft, m.digest, m.policy_date, m.entry, m.receipt
    FROM unnest(CAST(:messages AS intake_message[])) AS m
"""
_INTO_TALLY_DUE = """
    INSERT INTO tally_due (vestigingscode, periode)
    SELECT * FROM unnest(CAST(:vestigingscodes AS text[]), CAST(:perioden AS text[]))
"""

_FIRST = """
    SELECT ARRAY(SELECT bericht_id FROM keyed) AS keyed,
           ARRAY(SELECT bericht_id FROM unsaid) AS unsaid,
           CASE WHEN CAST(:pushed AS boolean) THEN pg_notify('outbox', '') END
"""

# Rows come as arrays of the types of migration 0014: the driver looks at an array's every element
# before it writes it, and a message has fifty columns.
# Plan: function scans, two of them sorted, and one result; foreign keys look up their message by
# its primary key. One notice goes out at commit, if a parcel has to be pushed.
_WRITE = _Numbered(
    f"WITH keyed AS ({_INTO_IDEMPOTENCY}), unsaid AS ({_INTO_NATURAL_KEYS}),"
    f" written AS ({_INTO_MESSAGES}), due AS ({_INTO_TALLY_DUE}), parcels AS ({INTO_OUTBOX}),"
    f" records AS ({INTO_LOG_RECORDS}), pending AS ({INTO_LOG_PENDING}),"
    f" links AS ({INTO_SUBJECT_LINK}) {_FIRST}"
)


def _values(acceptances: Sequence[Acceptance]) -> Mapping[str, object]:
    parcels = [parcel for one in acceptances for parcel in one.parcels]
    messages = [_message(one) for one in acceptances]
    due = {(message[_CODE], message[_PERIODE]) for message in messages}
    return {
        "keys": [_key(one) for one in acceptances],
        "messages": messages,
        "vestigingscodes": [code for code, _ in due],
        "perioden": [periode for _, periode in due],
        "parcels": [parcel_values(parcel) for parcel in parcels],
        "pushed": any(parcel.push for parcel in parcels),
        "records": [record_values(one.log) for one in acceptances],
        "links": [link_values(one.log, link) for one in acceptances for link in one.links],
    }


def _key(one: Acceptance) -> tuple[object, ...]:
    """Give both keys as an ``intake_key``."""
    key = one.key
    return (
        key.key_digest,
        key.body_digest,
        key.bericht_id,
        key.status,
        key.created_at,
        one.same_again,
    )


_CODE, _PERIODE = 2, 4


def _message(one: Acceptance) -> tuple[object, ...]:
    """Give a message as an ``intake_message``."""
    row = one.message
    return (
        row.bericht_id,
        row.soort,
        row.vestigingscode.reveal(),
        row.schooljaar.start,
        str(row.periode),
        row.event_day,
        row.sender.reveal(),
        row.received_at,
        row.betreft,
        row.digest,
        row.policy_date,
        row.entry,
        row.receipt,
    )
