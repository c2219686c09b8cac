"""Connects parties and ends it: their roles, and the mandates by which they act for others."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin
from exchange.policy.parties import Dienst, KeyStatus, Mandate, Role
from exchange.storage.directory.notice import announce
from exchange.storage.faults import constraint
from exchange.storage.tables import grants, mandates, parties, recipient_keys


async def add_party(
    conn: AsyncConnection, oin: Oin, name: str, push_url: str | None, now: datetime
) -> bool:
    """Connect a party, or change its name and address; True if it was not connected before.

    A revoked party comes back without its former roles, mandates and key: these are given anew.

    Raises:
        Refused: another party has this name.
    """
    known = await conn.execute(
        select(parties.c.revoked_at).where(parties.c.oin == oin).with_for_update()
    )
    before = known.one_or_none()
    add = insert(parties).values(oin=oin, name=name, push_url=push_url, added_at=now)
    changes = {"name": name, "push_url": push_url, "revoked_at": None}
    try:
        await conn.execute(add.on_conflict_do_update(index_elements=["oin"], set_=changes))
    except IntegrityError as error:
        if constraint(error) == "parties_name_key":
            raise Refused(Code.GEEN_RECHT, rule="een-partij-per-naam") from None
        raise
    await announce(conn)
    return before is None or before.revoked_at is not None


async def grant(conn: AsyncConnection, oin: Oin, role: Role, remit: str = "") -> None:
    """Give a party a role; the same again changes nothing.

    Raises:
        Refused: another connected party is leerplicht, college, SWV or OCW there already.
    """
    add = insert(grants).values(oin=oin, role=role.value, remit=remit)
    again = add.on_conflict_do_update(
        index_elements=["oin", "role", "remit"], set_={"revoked_at": None}
    )
    try:
        await conn.execute(again)
    except IntegrityError as error:
        if constraint(error) == "grants_one_holder":
            raise Refused(Code.GEEN_RECHT, rule="een-houder-per-rol", rol=role.value) from None
        raise
    await announce(conn)


async def add_mandate(conn: AsyncConnection, mandate_id: UUID, mandate: Mandate) -> None:
    """Record a mandate; one of the same parties, service and first day takes the new dates."""
    add = insert(mandates).values(
        id=mandate_id,
        supplier=mandate.supplier,
        principal=mandate.principal,
        dienst=mandate.dienst.value,
        geldig_van=mandate.geldig_van,
        geldig_tot=mandate.geldig_tot,
        betreft_vanaf=mandate.betreft_vanaf,
    )
    await conn.execute(
        add.on_conflict_do_update(
            index_elements=["supplier", "principal", "dienst", "geldig_van"],
            index_where=mandates.c.revoked_at.is_(None),
            set_={name: add.excluded[name] for name in ("geldig_tot", "betreft_vanaf")},
        )
    )
    await announce(conn)


async def revoke_party(conn: AsyncConnection, oin: Oin, now: datetime) -> bool:
    """Disconnect a party with its roles, mandates and key; False if it was not connected."""
    is_connected = (parties.c.oin == oin, parties.c.revoked_at.is_(None))
    revoked = await conn.execute(update(parties).where(*is_connected).values(revoked_at=now))
    roles = (grants.c.oin == oin, grants.c.revoked_at.is_(None))
    await conn.execute(update(grants).where(*roles).values(revoked_at=now))
    acts_for = (mandates.c.supplier == oin, mandates.c.revoked_at.is_(None))
    await conn.execute(update(mandates).where(*acts_for).values(revoked_at=now))
    key = recipient_keys.c.oin == oin
    await conn.execute(update(recipient_keys).where(key).values(status=KeyStatus.VERVANGEN.value))
    await announce(conn)
    return revoked.rowcount == 1


async def revoke_mandate(
    conn: AsyncConnection, supplier: Oin, principal: str, dienst: Dienst, now: datetime
) -> int:
    """End every standing mandate of a supplier for a principal; give how many there were."""
    revoked = await conn.execute(
        update(mandates)
        .where(
            mandates.c.supplier == supplier,
            mandates.c.principal == principal,
            mandates.c.dienst == dienst.value,
            mandates.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    await announce(conn)
    return revoked.rowcount
