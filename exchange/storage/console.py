"""Who may sign in to the console, and who is signed in; secrets are here as keyed digests only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin
from exchange.storage.console_tables import (
    console_accounts,
    console_links,
    console_logins,
    console_sessions,
)
from exchange.storage.faults import constraint
from exchange.storage.rows import values_of


@dataclass(frozen=True, slots=True)
class AccountRow:
    """Somebody of a party who may sign in; without an issuer only by a one-time link."""

    account: UUID
    oin: Oin
    label: str
    issuer: str | None
    subject: str | None = field(repr=False)
    added_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session from its start; ``expires_at`` is its absolute end."""

    digest: bytes = field(repr=False)
    account: UUID
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    csrf: bytes = field(repr=False)
    by_link: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session together with whose it is."""

    session: SessionRow
    oin: Oin
    label: str


_ACCOUNT = tuple(console_accounts.c[name] for name in AccountRow.__slots__)
_SESSION = tuple(console_sessions.c[name] for name in SessionRow.__slots__)


# --- accounts ---


async def add_account(conn: AsyncConnection, row: AccountRow) -> None:
    """Let somebody sign in; ``al-gemeld`` when that subject has a standing account."""
    try:
        await conn.execute(insert(console_accounts).values(values_of(row)))
    except IntegrityError as error:
        if constraint(error) == "console_accounts_standing":
            raise Refused(Code.AL_GEMELD, rule="een-account-per-subject") from None
        raise


async def revoke_account(conn: AsyncConnection, account: UUID, now: datetime) -> bool:
    """End an account, and with it every session of it; False if there was nothing to end."""
    ended = await conn.execute(
        update(console_accounts)
        .where(console_accounts.c.account == account, console_accounts.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return ended.rowcount == 1


async def accounts(conn: AsyncConnection) -> Sequence[AccountRow]:
    """Give every account, revoked ones too, oldest first."""
    found = await conn.execute(select(*_ACCOUNT).order_by(console_accounts.c.account))
    return [AccountRow(*row) for row in found]


async def account(conn: AsyncConnection, account: UUID) -> AccountRow | None:
    """Give a standing account."""
    return await _standing(conn, console_accounts.c.account == account)


async def account_of(conn: AsyncConnection, issuer: str, subject: str) -> AccountRow | None:
    """Give the standing account of a provider's subject."""
    c = console_accounts.c
    return await _standing(conn, c.issuer == issuer, c.subject == subject)


async def _standing(conn: AsyncConnection, *which: object) -> AccountRow | None:
    query = select(*_ACCOUNT).where(*which, console_accounts.c.revoked_at.is_(None))  # type: ignore[arg-type]
    row = (await conn.execute(query)).one_or_none()
    return AccountRow(*row) if row else None


# --- on the way in ---


async def add_link(
    conn: AsyncConnection, digest: bytes, account: UUID, expires_at: datetime
) -> None:
    """Keep a one-time link."""
    values = {"digest": digest, "account": account, "expires_at": expires_at}
    await conn.execute(insert(console_links).values(values))


async def use_link(conn: AsyncConnection, digest: bytes, now: datetime) -> UUID | None:
    """Use a link up and give its account; of two at once the second waits and finds it used."""
    c = console_links.c
    used = await conn.execute(
        update(console_links)
        .where(c.digest == digest, c.used_at.is_(None), c.expires_at > now)
        .values(used_at=now)
        .returning(c.account)
    )
    owner: UUID | None = used.scalar_one_or_none()
    return owner


async def link_of(conn: AsyncConnection, digest: bytes) -> UUID | None:
    """Give whose link this is or was, whatever became of it."""
    c = console_links.c
    found = await conn.execute(select(c.account).where(c.digest == digest))
    owner: UUID | None = found.scalar_one_or_none()
    return owner


async def is_open_link(conn: AsyncConnection, digest: bytes, now: datetime) -> bool:
    """Whether a link was not used and is in time."""
    c = console_links.c
    found = await conn.execute(
        select(c.digest).where(c.digest == digest, c.used_at.is_(None), c.expires_at > now)
    )
    return found.first() is not None


async def remember_login(
    conn: AsyncConnection, digest: bytes, sealed: bytes, expires_at: datetime
) -> None:
    """Keep a sign-in that is under way at the provider."""
    values = {"digest": digest, "sealed": sealed, "expires_at": expires_at}
    await conn.execute(insert(console_logins).values(values))


async def take_login(conn: AsyncConnection, digest: bytes, now: datetime) -> bytes | None:
    """Give what was kept, once, and only in time."""
    c = console_logins.c
    taken = await conn.execute(
        delete(console_logins).where(c.digest == digest).returning(c.sealed, c.expires_at)
    )
    row = taken.one_or_none()
    return row.sealed if row is not None and row.expires_at > now else None


# --- inside ---


async def open_session(conn: AsyncConnection, row: SessionRow) -> None:
    """Keep a new session."""
    await conn.execute(insert(console_sessions).values(values_of(row)))


async def session_of(conn: AsyncConnection, digest: bytes) -> SignedIn | None:
    """Give a session of a standing account; whether its time has come is the caller's to judge."""
    row = (
        await conn.execute(
            select(*_SESSION, console_accounts.c.oin, console_accounts.c.label)
            .join(console_accounts)
            .where(console_sessions.c.digest == digest, console_accounts.c.revoked_at.is_(None))
        )
    ).one_or_none()
    return SignedIn(SessionRow(*row[:-2]), row.oin, row.label) if row else None


async def touch_session(conn: AsyncConnection, digest: bytes, now: datetime) -> None:
    """Note that a session is in use."""
    c = console_sessions.c
    await conn.execute(update(console_sessions).where(c.digest == digest).values(seen_at=now))


async def close_session(conn: AsyncConnection, digest: bytes) -> bool:
    """End a session for good; False if there was none."""
    closed = await conn.execute(delete(console_sessions).where(console_sessions.c.digest == digest))
    return closed.rowcount == 1
