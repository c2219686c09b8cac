"""The tables of forgetting: what was removed and reported, which stores are late, which keys went.

They belong to the same data model as ``tables``, and hold names of stores, counts and public codes
only (promise P9).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Table, Text, Uuid, text

from exchange.storage.columns import SCHOOLJAAR, TIME, VESTIGING, index, may, must, rule
from exchange.storage.tables import metadata

retention = Table(
    "retention",
    metadata,
    must("store", Text(), primary_key=True),
    must("removed", BigInteger(), server_default=text("0")),
    must("reported", BigInteger(), server_default=text("0")),
    may("checked_at", TIME),
    may("overdue_since", TIME),
    rule("reported", "reported BETWEEN 0 AND removed"),
)
"""``removed`` is counted in the commit that removes, ``reported`` in that of the log record."""

key_destructions = Table(
    "key_destructions",
    metadata,
    must("vestigingscode", VESTIGING, primary_key=True),
    must("schooljaar", SCHOOLJAAR, primary_key=True, autoincrement=False),
    may("destroyed_at", TIME),
    may("entry", Uuid()),
    rule("destroyed", "(destroyed_at IS NULL) = (entry IS NULL)"),
    index("key_destructions_due", "schooljaar", where="destroyed_at IS NULL"),
)
"""Noted with the deletion of what a key sealed, so that no crash in between saves the key."""
