"""The tables of the log: records, their links to pupils, and the Merkle tree over the records.

They belong to the same data model as ``tables``. A record is final when it is written; the tree is
grown beside it by the sealer, which may write nothing else (promise P8).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, SmallInteger, Table, Text, Uuid

from exchange.storage.columns import (
    BYTES,
    OIN,
    PERIODE,
    SCHOOLJAAR,
    TIME,
    VESTIGING,
    index,
    may,
    must,
    rule,
)
from exchange.storage.tables import metadata

# --- The log: append only; after five years the text goes and the leaf hash stays ---

log_records = Table(
    "log_records",
    metadata,
    must("entry", Uuid(), primary_key=True),
    must("recorded_at", TIME),
    may("activity", Text()),
    may("actor", Text()),
    may("recipient", OIN),
    may("bericht_id", Uuid()),
    may("action", Text()),
    may("outcome", Text()),
    may("leaf", BYTES),
    must("leaf_hash", BYTES),
    may("erasure", BYTES),
    rule("leaf_hash", "octet_length(leaf_hash) = 32"),
    rule(
        "erasure",
        "(leaf IS NULL) = (erasure IS NOT NULL)"
        " AND (erasure IS NULL OR octet_length(erasure) = 49)",
    ),
    rule(
        "text",
        "CASE WHEN leaf IS NULL THEN num_nonnulls(activity, actor, recipient, bericht_id, action,"
        " outcome) = 0 ELSE num_nonnulls(activity, outcome) = 2 END",
    ),
    index("log_records_by_age", "recorded_at", postgresql_using="brin"),
    index("log_records_by_actor", "actor", "entry", where="actor IS NOT NULL"),
    index("log_records_by_recipient", "recipient", "entry", where="recipient IS NOT NULL"),
    index("log_records_by_doing", "actor", "activity", "entry", where="actor IS NOT NULL"),
    index("log_records_by_sending", "actor", "recipient", "entry", where="recipient IS NOT NULL"),
    index("log_records_by_activity", "activity", "entry", where="activity IS NOT NULL"),
    index("log_records_by_message", "bericht_id", "entry", where="bericht_id IS NOT NULL"),
    index("log_records_by_action", "action", "entry", where="action IS NOT NULL"),
    index(
        "log_records_not_ok",
        *("outcome", "entry"),
        where="outcome <> 'ok'",
        postgresql_include=["action"],
    ),
)

# No foreign keys: a bulk acceptance writes a link per pupil, and both ends are written by one
# statement (storage.log.append). Links go with the rows they describe; records stay.
subject_link = Table(
    "subject_link",
    metadata,
    must("entry", Uuid(), primary_key=True),
    must("blind_index", BYTES, primary_key=True),
    may("bericht_id", Uuid()),
    must("vestigingscode", VESTIGING),
    must("schooljaar", SCHOOLJAAR),
    must("salt", BYTES),
    may("periode", PERIODE),
    rule("sizes", "octet_length(blind_index) = 33 AND octet_length(salt) = 16"),
    index("subject_link_by_pupil", "vestigingscode", "schooljaar", "blind_index"),
    index("subject_link_by_message", "bericht_id", where="bericht_id IS NOT NULL"),
    index("subject_link_by_periode", "periode", where="periode IS NOT NULL"),
    index("subject_link_by_vestiging", "vestigingscode", "entry"),
)

# --- The tree (RFC 9162): what waits for a place, the places, the hashes, the signed heads ---

log_pending = Table(
    "log_pending",
    metadata,
    must("entry", Uuid(), primary_key=True),
    must("leaf_hash", BYTES),
    must("recorded_at", TIME),
    rule("leaf_hash", "octet_length(leaf_hash) = 32"),
)
"""Records without a place in the tree yet; written with each record, taken away by the sealer."""

log_leaves = Table(
    "log_leaves",
    metadata,
    must("index", BigInteger(), primary_key=True, autoincrement=False),
    must("entry", Uuid(), unique=True),
    rule("index", "index >= 0"),
)
"""Which record has which place; places are given once, without gaps, in the order of sealing."""

log_tiles = Table(
    "log_tiles",
    metadata,
    must("level", SmallInteger(), primary_key=True, autoincrement=False),
    must("number", BigInteger(), primary_key=True, autoincrement=False),
    must("hashes", BYTES),
    rule("place", "level >= 0 AND number >= 0"),
    rule("hashes", "octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0"),
)
"""256 hashes a row, as C2SP tlog-tiles lays them out; only the last tile of a level still grows."""

log_checkpoints = Table(
    "log_checkpoints",
    metadata,
    must("size", BigInteger(), primary_key=True, autoincrement=False),
    must("root", BYTES),
    must("note", Text()),
    must("signed_at", TIME),
    rule("root", "octet_length(root) = 32"),
    rule("size", "size >= 0"),
)

log_witnesses = Table(
    "log_witnesses",
    metadata,
    must("witness", Text(), primary_key=True),
    must("vkey", Text()),
    must("added_at", TIME),
    may("revoked_at", TIME),
)

log_cosignatures = Table(
    "log_cosignatures",
    metadata,
    must("size", BigInteger(), ForeignKey(log_checkpoints.c.size), primary_key=True),
    must("witness", Text(), ForeignKey(log_witnesses.c.witness), primary_key=True),
    must("line", Text()),
    must("cosigned_at", TIME),
)
"""Signature lines (C2SP cosignature/v1) of witnesses under our checkpoints."""
