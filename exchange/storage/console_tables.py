"""The tables of the console: who may sign in, who is signed in, what was said of a finding.

They belong to the same data model as ``tables``. An account is an employee of a party: the sign-in
provider's opaque subject, and a label that the operator chose. Nothing here is about a pupil.
"""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Table, Text, Uuid

from exchange.storage.columns import BYTES, OIN, TIME, index, may, must, rule
from exchange.storage.tables import metadata

console_accounts = Table(
    "console_accounts",
    metadata,
    must("account", Uuid(), primary_key=True),
    must("oin", OIN, ForeignKey("parties.oin")),
    must("label", Text()),
    may("issuer", Text()),
    may("subject", Text()),
    must("added_at", TIME),
    may("revoked_at", TIME),
    rule("provider", "(issuer IS NULL) = (subject IS NULL)"),
    index(
        "console_accounts_standing",
        *("issuer", "subject"),
        unique=True,
        where="issuer IS NOT NULL AND revoked_at IS NULL",
    ),
)
"""An account sees what its party (``oin``) sees: the operator's FG all, a school or gemeente its
own. Without an issuer it can only sign in by a one-time link."""

console_links = Table(
    "console_links",
    metadata,
    must("digest", BYTES, primary_key=True),
    must("account", Uuid(), ForeignKey(console_accounts.c.account)),
    must("expires_at", TIME),
    may("used_at", TIME),
    rule("digest", "octet_length(digest) = 33"),
)
"""One-time sign-in links, by the keyed digest of their secret."""

console_logins = Table(
    "console_logins",
    metadata,
    must("digest", BYTES, primary_key=True),
    must("sealed", BYTES),
    must("expires_at", TIME),
    rule("digest", "octet_length(digest) = 33"),
    rule("sealed", "octet_length(sealed) < 4096"),
)
"""Sign-ins under way at the provider: nonce and verifier, sealed, by the digest of ``state``."""

console_sessions = Table(
    "console_sessions",
    metadata,
    must("digest", BYTES, primary_key=True),
    must("account", Uuid(), ForeignKey(console_accounts.c.account)),
    must("started_at", TIME),
    must("seen_at", TIME),
    must("expires_at", TIME),
    must("csrf", BYTES),
    must("by_link", Boolean()),
    rule("digest", "octet_length(digest) = 33"),
    rule("csrf", "octet_length(csrf) = 32"),
    index("console_sessions_by_account", "account"),
)

finding_reviews = Table(
    "finding_reviews",
    metadata,
    must("review", Uuid(), primary_key=True),
    must("finding", BYTES),
    must("oin", OIN, ForeignKey("parties.oin")),
    must("account", Uuid()),
    must("outcome", Text()),
    must("reviewed_at", TIME),
    rule("finding", "octet_length(finding) = 33"),
    rule("outcome", "outcome IN ('verklaard', 'gemeld-als-datalek', 'nader-onderzoek')"),
    index("finding_reviews_by_finding", "finding"),
)
"""What an FG decided about a finding, by the keyed digest of what the finding is."""
