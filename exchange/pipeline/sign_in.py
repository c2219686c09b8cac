"""Who gets a session of the console and who loses it; all of it is recorded.

A one-time link is for the trial: it stands in for a provider and asks for no second factor.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.crypto.canonical import b64url
from exchange.errors import Code, Refused
from exchange.messages.outcome import Outcome
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.onlooker import SUPERVISION, Onlooker, log_look
from exchange.pipeline.sessions import (
    SECRET_BYTES,
    end_session,
    open_session,
    party_of,
    read_secret,
    secret_digest,
)
from exchange.policy.necessity import Mode
from exchange.ports import Identity, Ids, KeyProvider
from exchange.storage import console
from exchange.storage.console import AccountRow
from exchange.storage.database import Connection
from exchange.telemetry.trace import Trace

LINK_TERM = timedelta(minutes=10)
_BY_LINK, _BY_PROVIDER = "link", "aanmelddienst"


class NoAccount(Refused):
    """Somebody is known to the provider, and may not sign in here."""

    def __init__(self, identity: Identity) -> None:
        super().__init__(Code.GEEN_RECHT, rule="geen-account")
        self.identity = identity


async def make_link(
    conn: Connection, account: AccountRow, expires_at: datetime, ids: Ids, keys: KeyProvider
) -> str:
    """Make a link that signs its account in once, and give its secret."""
    secret = ids.random(SECRET_BYTES)
    digest = secret_digest("link/v1", secret, keys)
    await console.add_link(conn, digest, account.account, expires_at)
    return b64url(secret)


def link_digest(secret: str, keys: KeyProvider) -> bytes:
    """Give the digest under which a link is stored; refuses what cannot be one."""
    return secret_digest("link/v1", _read_link(secret), keys)


async def sign_in_by_link(secret: str, trace: Trace, gateway: Gateway) -> str:
    """Use a one-time link up and give the secret of the session that it opens.

    A second use is ``geen-recht`` and recorded, as is one that comes too late. Outside the trial no
    link is found.
    """
    if gateway.mode is not Mode.TRIAL:
        raise Refused(Code.NIET_GEVONDEN)
    digest = link_digest(secret, gateway.keys)
    async with gateway.database.transaction() as conn:
        used = await console.use_link(conn, digest, gateway.clock.now())
        account = await console.account(conn, used) if used else None
        if account is not None and _stands(account, gateway):
            return await _enter(conn, account, trace, gateway, by_link=True)
        if await console.link_of(conn, digest) is not None:
            await _note_refusal(conn, trace, gateway, _BY_LINK, "link-gebruikt-of-verlopen")
    raise Refused(Code.GEEN_RECHT)


async def sign_in_as(identity: Identity, trace: Trace, gateway: Gateway) -> str:
    """Give the secret of a session for who proved at the provider to be somebody.

    Raises ``NoAccount``, and records it, for who may not come in.
    """
    async with gateway.database.transaction() as conn:
        account = await console.account_of(conn, identity.issuer, identity.subject)
        if account is not None and _stands(account, gateway):
            return await _enter(conn, account, trace, gateway, by_link=False)
        await _note_refusal(conn, trace, gateway, _BY_PROVIDER, "geen-account")
    raise NoAccount(identity)


async def note_failure(error: Refused, trace: Trace, gateway: Gateway) -> None:
    """Record that a sign-in that was under way at the provider proved nothing, and which check."""
    async with gateway.database.transaction() as conn:
        reden = error.facts.get("rule", error.code.value)
        await _note_refusal(conn, trace, gateway, _BY_PROVIDER, reden)


async def sign_out(secret: str, who: Onlooker, gateway: Gateway) -> None:
    """End a session for good."""
    async with gateway.database.transaction() as conn:
        if await end_session(conn, secret, gateway):
            await log_look(conn, who, Action.AFGEMELD, gateway)


def _stands(account: AccountRow, gateway: Gateway) -> bool:
    """Whether the account's party is still connected; the account alone opens nothing."""
    with suppress(Refused):
        party_of(account.oin, gateway)
        return True
    return False


async def _enter(
    conn: Connection, account: AccountRow, trace: Trace, gateway: Gateway, *, by_link: bool
) -> str:
    who = Onlooker(party_of(account.oin, gateway), trace, account=account.account)
    secret = await open_session(conn, account, gateway, by_link=by_link)
    wijze = _BY_LINK if by_link else _BY_PROVIDER
    await log_look(conn, who, Action.AANGEMELD, gateway, wijze=wijze)
    return secret


async def _note_refusal(
    conn: Connection, trace: Trace, gateway: Gateway, wijze: str, reden: str
) -> None:
    """Record a failed sign-in; whose it was is not known, or not to be believed."""
    now = gateway.clock.now()
    happening = Happening(
        action=Action.AANMELDING_GEWEIGERD,
        activiteit=SUPERVISION,
        actor=None,
        namens=None,
        trace=trace,
        started_at=now,
        ended_at=now,
        uitkomst=Outcome.GEWEIGERD,
        code=Code.GEEN_RECHT.value,
        bijzonderheden={"wijze": wijze, "reden": reden},
    )
    await append_record(conn, record(happening, gateway.keys, gateway.ids))


def _read_link(secret: str) -> bytes:
    try:
        return read_secret(secret)
    except Refused:
        raise Refused(Code.GEEN_RECHT) from None
