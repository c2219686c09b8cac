"""The tables of the figures: what is counted of a vestiging in a month, and what was released.

They belong to the same data model as ``tables``. Nothing here knows a pupil: figures are sums over
a vestiging, and what is released was protected first (promise P7).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

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

# --- The tally: figures of a vestiging in a month before protection, for two schooljaren ---

tally_due = Table(
    "tally_due",
    metadata,
    must("id", BigInteger(), Identity(always=True), primary_key=True),
    must("vestigingscode", VESTIGING),
    must("periode", PERIODE),
)
"""Months that must be folded again. Only added to: writers of one month never wait here."""

tally = Table(
    "tally",
    metadata,
    must("vestigingscode", VESTIGING, primary_key=True),
    must("periode", PERIODE, primary_key=True),
    must("schooljaar", SCHOOLJAAR),
    may("bron", Text()),
    may("leerlingen", Integer()),
    may("geplande_minuten", Integer()),
    *(must(f"{soort}_leerlingen", Integer()) for soort in ("geoorloofd", "ongeoorloofd")),
    *(must(f"{soort}_minuten", BigInteger()) for soort in ("geoorloofd", "ongeoorloofd")),
    *(must(f"{soort}_grootste", BigInteger()) for soort in ("geoorloofd", "ongeoorloofd")),
    *(may(trede, Integer()) for trede in ("trede1", "trede2", "trede3")),
    must("verzuimmeldingen", Integer()),
    must("signalen", Integer()),
    must("strijdig", Boolean()),
    must("folded_at", TIME),
    rule("periode", "periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'"),
    rule("bron", "bron IN ('registraties', 'schoolcijfers')"),
    rule(
        "delivered",
        "CASE num_nonnulls(leerlingen, geplande_minuten, trede1, trede2, trede3) WHEN 0 THEN true"
        " WHEN 5 THEN trede1 + trede2 + trede3 = leerlingen ELSE false END",
    ),
    rule("strijdig", "NOT strijdig OR leerlingen IS NOT NULL"),
    index("tally_by_periode", "periode"),
)
"""``strijdig``: more pupils were absent than there are, or one for longer than was planned."""

# --- Releases: published figures, byte for byte as they went out, for seven years ---

releases = Table(
    "releases",
    metadata,
    must("nummer", Integer(), primary_key=True, autoincrement=False),
    must("periode", PERIODE),
    must("stand", Text()),
    must("released_at", TIME),
    must("drempel", SmallInteger()),
    must("certificate_digest", BYTES),
    must("published", BYTES),
    must("manifest", Text()),
    must("entry", Uuid()),
    may("withdrawn_at", TIME),
    may("withdrawn_entry", Uuid()),
    rule("periode", "periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'"),
    rule("stand", "stand IN ('voorlopig', 'definitief')"),
    rule("digest", "octet_length(certificate_digest) = 32"),
    rule("withdrawn", "(withdrawn_at IS NULL) = (withdrawn_entry IS NULL)"),
    index("releases_by_periode", "periode", "nummer"),
)
"""``published``, every row as it went out, is gzipped JSON."""


def of_release() -> Column[int]:
    """Declare the release that a row belongs to, and goes with."""
    owner = ForeignKey(releases.c.nummer, ondelete="CASCADE")
    return must("nummer", Integer(), owner, primary_key=True, autoincrement=False)


release_certificates = Table(
    "release_certificates",
    metadata,
    of_release(),
    must("certificate", BYTES),
)
"""The proof, as gzipped JSON. It tells the figures themselves, so it goes when they go."""

release_files = Table(
    "release_files",
    metadata,
    of_release(),
    must("recipient", OIN, primary_key=True),
    must("media_type", Text(), primary_key=True),
    must("body", BYTES),
    must("sha256", BYTES),
    may("csp", Text()),
    rule("sha256", "octet_length(sha256) = 32"),
    index("release_files_by_recipient", "recipient", "nummer"),
)
"""What each recipient may download: made once, and listed in the manifest by its hash.

``csp`` is the Content-Security-Policy of a page: it names that page's own style by its hash.
"""

release_sealed = Table(
    "release_sealed",
    metadata,
    of_release(),
    must("recipient", OIN, primary_key=True),
    must("kid", Text(), primary_key=True),
    must("body", BYTES),
    must("sha256", BYTES),
    must("made_at", TIME),
    rule("sha256", "octet_length(sha256) = 32"),
)
"""A levering sealed to a key of its recipient, from its first request on."""

release_notices = Table(
    "release_notices",
    metadata,
    of_release(),
    must("recipient", OIN, primary_key=True),
    must("push_status", Text(), server_default="wachtend"),
    must("push_attempt", SmallInteger(), server_default=text("0")),
    may("push_due_at", TIME),
    may("push_lease_until", TIME),
    rule("push_status", "push_status IN ('geen', 'wachtend', 'bezorgd', 'opgegeven')"),
    rule("push_due", "(push_status = 'wachtend') = (push_due_at IS NOT NULL)"),
    rule("push_lease", "push_lease_until IS NULL OR push_status = 'wachtend'"),
    index("release_notices_to_push", "push_due_at", where="push_status = 'wachtend'"),
    index("release_notices_given_up", "nummer", where="push_status = 'opgegeven'"),
)
"""Who wants to be told of a release by push, and how far that is."""
