"""Sessions of the console: opened at sign-in, resumed with every request, over when told or late.

A session is a secret of 256 bits in a cookie; here it is known by its keyed digest only. Times are
those that ASVS 5.0 asks to be set (7.3.1, 7.3.2), at the values of NIST SP 800-63B for AAL2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from exchange.crypto.canonical import b64url, unb64url
from exchange.crypto.pseudonym import keyed_digest
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin
from exchange.pipeline.gateway import Gateway
from exchange.policy.necessity import Mode
from exchange.policy.parties import Party
from exchange.ports import GatewayKey, KeyProvider, KeyUse
from exchange.storage import console
from exchange.storage.console import AccountRow, SessionRow
from exchange.storage.database import Connection

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
_TOUCH = timedelta(minutes=1)
SECRET_BYTES = 32

CONSOLE_KEY = GatewayKey(KeyUse.CONSOLE)


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in; ``csrf`` goes into every form and comes back with it."""

    account: UUID
    party: Party
    label: str
    csrf: str = field(repr=False)
    by_link: bool


async def open_session(
    conn: Connection, account: AccountRow, gateway: Gateway, *, by_link: bool
) -> str:
    """Start a session and give its secret; always a fresh one, so that none can be fixed before."""
    party_of(account.oin, gateway)
    secret, now = gateway.ids.random(SECRET_BYTES), gateway.clock.now()
    row = SessionRow(
        digest=secret_digest("session/v1", secret, gateway.keys),
        account=account.account,
        started_at=now,
        seen_at=now,
        expires_at=now + ABSOLUTE,
        csrf=gateway.ids.random(SECRET_BYTES),
        by_link=by_link,
    )
    await console.open_session(conn, row)
    return b64url(secret)


async def resume(secret: str, gateway: Gateway) -> Session:
    """Give the session of ``secret``; ``niet-aangemeld`` when there is none, or none any more.

    Account and party are looked up each time: a revocation holds from the next request on.
    """
    digest = secret_digest("session/v1", read_secret(secret), gateway.keys)
    now = gateway.clock.now()
    async with gateway.database.transaction() as conn:
        found = await console.session_of(conn, digest)
        if found is None:
            raise Refused(Code.NIET_AANGEMELD)
        session = found.session
        over = _is_over(session, now) or (session.by_link and gateway.mode is not Mode.TRIAL)
        if over:
            await console.close_session(conn, digest)
        elif now - session.seen_at >= _TOUCH:
            await console.touch_session(conn, digest, now)
    if over:
        raise Refused(Code.NIET_AANGEMELD)
    party = party_of(found.oin, gateway)
    return Session(session.account, party, found.label, b64url(session.csrf), session.by_link)


async def end_session(conn: Connection, secret: str, gateway: Gateway) -> bool:
    """End a session; False if it was over already."""
    digest = secret_digest("session/v1", read_secret(secret), gateway.keys)
    return await console.close_session(conn, digest)


def party_of(oin: Oin, gateway: Gateway) -> Party:
    """Give a connected party of this mode, or refuse: who left, or tests in production, is out."""
    party = gateway.directory().parties.get(oin)
    if party is None or party.oin.is_test is not (gateway.mode is Mode.TRIAL):
        raise Refused(Code.NIET_AANGEMELD)
    return party


def _is_over(session: SessionRow, now: datetime) -> bool:
    return now >= session.expires_at or now - session.seen_at >= IDLE


def secret_digest(label: str, secret: bytes, keys: KeyProvider) -> bytes:
    """Give the digest under which a secret is stored."""
    return keyed_digest(CONSOLE_KEY, keys, f"console-{label}", secret)


def read_secret(text: str) -> bytes:
    """Read a secret as we wrote it; ``niet-aangemeld`` for anything else."""
    try:
        secret = unb64url(text)
    except ValueError:
        raise Refused(Code.NIET_AANGEMELD) from None
    if len(secret) != SECRET_BYTES:
        raise Refused(Code.NIET_AANGEMELD)
    return secret
