"""The end of registrations: whole months are dropped, and what hung on them goes too (P9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Periode, Schooljaar


async def open_month(conn: AsyncConnection, periode: Periode) -> None:
    """Make the partition of a month, if there is none yet."""
    await conn.execute(_OPEN, {"month": periode.first_day})


async def drop_months(conn: AsyncConnection, before: date) -> int:
    """Drop the months before a day. Until the commit nobody else reads or writes registrations."""
    return await conn.scalar(_DROP, {"before": before}) or 0


async def forget_registrations(conn: AsyncConnection, before: date, limit: int) -> int:
    """Delete what is left of the months before a day, of at most ``limit`` vestigingen.

    Gives how much was done; call again until nothing is left.
    """
    return (await conn.execute(_STRAYS, {"before": before, "limit": limit})).rowcount


async def forget_numbers(conn: AsyncConnection, before: date, limit: int) -> int:
    """Delete the keyed numbers of registrations in the months before a day, likewise."""
    return (await conn.execute(_NUMBERS, {"before": before, "limit": limit})).rowcount


async def forget_links(conn: AsyncConnection, before: Periode, limit: int) -> int:
    """Delete at most ``limit`` links to pupils that came with registrations of older months."""
    return (await conn.execute(_LINKS, {"before": str(before), "limit": limit})).rowcount


async def forget_counts(conn: AsyncConnection, before: Schooljaar) -> int:
    """Delete what restarted a count in older schooljaren: none of their registrations are left."""
    return (await conn.execute(_COUNTS, {"before": before.start})).rowcount


async def forget_figures(conn: AsyncConnection, before: Periode) -> Mapping[str, int]:
    """Delete what schools put about the months before one, how they delivered, and what it sums to.

    What was released of those months is not touched, but for the certificates: whoever holds one
    knows the figures.
    """
    values = {"before": str(before)}
    return {
        store: (await conn.execute(statement, values)).rowcount
        for store, statement in _FIGURES.items()
    }


async def forget_releases(conn: AsyncConnection, now: datetime, years: int) -> int:
    """Delete releases of more than ``years`` ago with all their files."""
    return (await conn.execute(_RELEASES, {"now": now, "years": years})).rowcount


_OPEN = text("SELECT exchange_open_month(:month)")

_DROP = text("SELECT exchange_drop_months(:before)")

# What lies in the partition for months that were never opened.
_STRAYS = text("""
    DELETE FROM registrations WHERE datum < :before AND vestigingscode IN (
        SELECT DISTINCT vestigingscode FROM registrations WHERE datum < :before LIMIT :limit
    )
""")

# The vestigingen of the first numbers that are found: to tell all apart, each batch would read all.
_NUMBERS = text("""
    DELETE FROM registration_ids WHERE datum < :before AND vestigingscode IN (
        SELECT DISTINCT vestigingscode FROM (
            SELECT vestigingscode FROM registration_ids WHERE datum < :before LIMIT 20000
        ) AS first LIMIT :limit
    )
""")

# A month of the whole country has millions: each statement stays far from its timeout. In order, so
# that subject_link_by_periode is walked and the table is not read past what is gone already.
_LINKS = text("""
    DELETE FROM subject_link WHERE (entry, blind_index) IN (
        SELECT entry, blind_index FROM subject_link WHERE periode < :before
        ORDER BY periode LIMIT :limit
    )
""")

_FIGURES = {
    "leerlingaantallen": text("DELETE FROM leerlingaantallen WHERE periode < :before"),
    "schoolcijfers": text("DELETE FROM schoolcijfers WHERE periode < :before"),
    "month_sources": text("DELETE FROM month_sources WHERE periode < :before"),
    "tally_due": text("DELETE FROM tally_due WHERE periode < :before"),
    "tally": text("DELETE FROM tally WHERE periode < :before"),
    "release_certificates": text("""
        DELETE FROM release_certificates
        WHERE nummer IN (SELECT nummer FROM releases WHERE periode < :before)
    """),
}

_RELEASES = text("""
    DELETE FROM releases
    WHERE released_at < CAST(:now AS timestamptz) - make_interval(years => :years)
""")

_COUNTS = text("DELETE FROM telstand WHERE schooljaar < :before")
