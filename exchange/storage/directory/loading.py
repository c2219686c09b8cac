"""Reads the directory as a whole, as the rest of the house works with it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, Select, Text, select, text, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Gemeentecode, Oin, Postcode4, Vestigingscode
from exchange.policy.parties import (
    Dienst,
    Directory,
    Gemeente,
    Grant,
    Mandate,
    Party,
    RecipientKey,
    Role,
    Sector,
    Vestiging,
)
from exchange.storage.rows import PartyRow
from exchange.storage.tables import (
    gemeenten,
    grants,
    mandates,
    parties,
    recipient_keys,
    vestigingen,
)


async def load_directory(conn: AsyncConnection) -> Directory:
    """Read everybody and everything that counts now; what was revoked is left out."""
    known = await _parties(conn)
    return Directory(
        parties=MappingProxyType(known),
        mandates=await _mandates(conn, known),
        keys=MappingProxyType(await _keys(conn, known)),
        vestigingen=await _vestigingen(conn),
        gemeenten=await _gemeenten(conn),
    )


async def fingerprint(conn: AsyncConnection) -> str:
    """Give what differs after any change of what ``load_directory`` reads.

    PostgreSQL reads it all, in a few milliseconds of its own: the loop that answers every caller
    has nothing to do for a directory that is as it was.
    """
    found: str = (await conn.execute(_FINGERPRINT)).scalar_one()
    return found


_READ = (parties, grants, mandates, recipient_keys, vestigingen, gemeenten)
_DIGEST = "encode(sha256(convert_to(coalesce(string_agg(t::text, ';'), ''), 'UTF8')), 'hex')"
_DIGESTS = [f"(SELECT {_DIGEST} FROM {table.name} t)" for table in _READ]  # noqa: S608  our own names
_FINGERPRINT = text(f"SELECT concat_ws(' ', {', '.join(_DIGESTS)})")


async def list_parties(conn: AsyncConnection) -> Sequence[PartyRow]:
    """Give every party there ever was, revoked ones included, by name."""
    found = await conn.execute(select(parties).order_by(parties.c.name))
    return [
        PartyRow(row.oin, row.name, row.push_url, row.added_at, row.revoked_at) for row in found
    ]


async def _parties(conn: AsyncConnection) -> dict[Oin, Party]:
    held: defaultdict[Oin, list[Grant]] = defaultdict(list)
    standing = select(grants).where(grants.c.revoked_at.is_(None))
    for row in await conn.execute(standing.order_by(grants.c.oin, grants.c.role, grants.c.remit)):
        held[row.oin].append(Grant(Role(row.role), row.remit))
    connected = select(parties).where(parties.c.revoked_at.is_(None)).order_by(parties.c.oin)
    return {
        row.oin: Party(row.oin, row.name, tuple(held[row.oin]), row.push_url)
        for row in await conn.execute(connected)
    }


async def _mandates(conn: AsyncConnection, known: Mapping[Oin, Party]) -> tuple[Mandate, ...]:
    read = [_mandate(*row) async for row in _rows(conn, _MANDATES)]
    return tuple(mandate for mandate in read if mandate.supplier in known)


async def _rows(conn: AsyncConnection, wanted: Select[Any]) -> AsyncIterator[Row[Any]]:
    """Give thousands of rows, and now and then a turn to whoever else waits for the loop."""
    for number, row in enumerate(await conn.execute(wanted)):
        if number % _ROWS_A_TURN == 0:
            await asyncio.sleep(0)
        yield row


_ROWS_A_TURN = 500
_MANDATES = (
    select(
        type_coerce(mandates.c.supplier, Text()),
        mandates.c.principal,
        mandates.c.dienst,
        mandates.c.geldig_van,
        mandates.c.geldig_tot,
        mandates.c.betreft_vanaf,
    )
    .where(mandates.c.revoked_at.is_(None))
    .order_by(mandates.c.id)
)


@lru_cache(maxsize=65_536)
def _mandate(
    supplier: str,
    principal: str,
    dienst: str,
    geldig_van: date,
    geldig_tot: date | None,
    betreft_vanaf: date,
) -> Mandate:
    """Make the mandate of a row, once; see ``_vestiging``."""
    return Mandate(
        supplier=Oin(supplier),
        principal=principal,
        dienst=Dienst(dienst),
        geldig_van=geldig_van,
        geldig_tot=geldig_tot,
        betreft_vanaf=betreft_vanaf,
    )


async def _keys(conn: AsyncConnection, known: Mapping[Oin, Party]) -> dict[Oin, RecipientKey]:
    active = select(recipient_keys).where(recipient_keys.c.status == "actief")
    return {
        row.oin: RecipientKey(row.oin, row.kid, row.jwk)
        for row in await conn.execute(active)
        if row.oin in known
    }


async def _vestigingen(
    conn: AsyncConnection,
) -> Mapping[Vestigingscode, tuple[Vestiging, ...]]:
    versions: defaultdict[Vestigingscode, list[Vestiging]] = defaultdict(list)
    async for row in _rows(conn, _VESTIGINGEN):
        vestiging = _vestiging(*row)
        versions[vestiging.code].append(vestiging)
    return MappingProxyType({code: tuple(found) for code, found in versions.items()})


# As text: what was read and checked before is known by it, see below. Latest first.
_VESTIGINGEN = select(
    type_coerce(vestigingen.c.code, Text()),
    type_coerce(vestigingen.c.gemeente, Text()),
    vestigingen.c.sector,
    vestigingen.c.swv,
    vestigingen.c.geldig_van,
    vestigingen.c.geldig_tot,
    vestigingen.c.naam,
    vestigingen.c.bevoegd_gezag,
    type_coerce(vestigingen.c.postcode4, Text()),
).order_by(vestigingen.c.geldig_van.desc())


@lru_cache(maxsize=65_536)
def _vestiging(  # noqa: PLR0913, PLR0917  a row, column by column
    code: str,
    gemeente: str,
    sector: str,
    swv: str,
    geldig_van: date,
    geldig_tot: date | None,
    naam: str | None,
    bevoegd_gezag: str | None,
    postcode4: str | None,
) -> Vestiging:
    """Make the vestiging of a row, once: a gateway reads thousands of them after every change.

    The same rows give the same objects, so that comparing two directories costs nothing either.
    """
    return Vestiging(
        code=Vestigingscode(code),
        gemeente=Gemeentecode(gemeente),
        sector=Sector(sector),
        swv=swv,
        geldig_van=geldig_van,
        geldig_tot=geldig_tot,
        naam=naam,
        bevoegd_gezag=bevoegd_gezag,
        postcode4=Postcode4(postcode4) if postcode4 else None,
    )


async def _gemeenten(conn: AsyncConnection) -> Mapping[Gemeentecode, tuple[Gemeente, ...]]:
    versions: defaultdict[Gemeentecode, list[Gemeente]] = defaultdict(list)
    latest_first = select(gemeenten).order_by(gemeenten.c.geldig_van.desc())
    for row in await conn.execute(latest_first):
        versions[row.code].append(Gemeente(row.code, row.naam, row.geldig_van, row.geldig_tot))
    return MappingProxyType({code: tuple(found) for code, found in versions.items()})
