"""How a vestiging delivers a month: as registrations or as finished figures, never both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Periode, Vestigingscode

Delivery = tuple[Vestigingscode, Periode]


async def claim(
    conn: AsyncConnection, deliveries: Iterable[Delivery], bron: str
) -> frozenset[Delivery]:
    """Claim months for one way of delivering; give those that were delivered the other way.

    Two claims at once wait for each other, so that one of them sees the other's. Claims are made
    in a fixed order: two deliveries never wait for each other in a circle.
    """
    wanted = sorted({(code.reveal(), str(periode)) for code, periode in deliveries})
    held = await conn.execute(
        _CLAIM,
        {"codes": [c for c, _ in wanted], "perioden": [p for _, p in wanted], "bron": bron},
    )
    return frozenset(
        (Vestigingscode(row.vestigingscode), Periode.parse(row.periode))
        for row in held
        if row.bron != bron
    )


async def take_over(conn: AsyncConnection, delivery: Delivery, bron: str) -> bool:
    """Deliver a month in another way after all, if no registration of it stands; True if so.

    After a ``claim`` in the same transaction: its lock keeps a new registration out.
    """
    code, periode = delivery
    found = await conn.execute(
        _TAKE_OVER,
        {
            "code": code.reveal(),
            "periode": str(periode),
            "bron": bron,
            "first": periode.first_day,
            "last": periode.last_day,
        },
    )
    return found.rowcount == 1


async def is_registered(conn: AsyncConnection, delivery: Delivery) -> bool:
    """Whether any registration of a month stands."""
    code, periode = delivery
    asked = {"code": code.reveal(), "first": periode.first_day, "last": periode.last_day}
    return bool(await conn.scalar(_IS_REGISTERED, asked))


async def delivered_as(
    conn: AsyncConnection, vestigingen: Collection[Vestigingscode], bron: str
) -> Mapping[Vestigingscode, frozenset[Periode]]:
    """Give the months that each of these vestigingen delivers in this way."""
    codes = [code.reveal() for code in vestigingen]
    found: dict[Vestigingscode, set[Periode]] = {code: set() for code in vestigingen}
    for code, periode in await conn.execute(_DELIVERED, {"codes": codes, "bron": bron}):
        found[Vestigingscode(code)].add(Periode.parse(periode))
    return {code: frozenset(months) for code, months in found.items()}


# DO UPDATE to the value that stands: it locks the row and gives it back, ours or another's.
_CLAIM = text("""
    INSERT INTO month_sources AS standing (vestigingscode, periode, bron)
    SELECT vestigingscode, periode, :bron
    FROM unnest(CAST(:codes AS text[]), CAST(:perioden AS text[])) AS d(vestigingscode, periode)
    ON CONFLICT (vestigingscode, periode) DO UPDATE SET bron = standing.bron
    RETURNING vestigingscode, periode, bron
""")

_DELIVERED = text("""
    SELECT vestigingscode, periode FROM month_sources
    WHERE vestigingscode = ANY(CAST(:codes AS text[])) AND bron = :bron
""")

_TAKE_OVER = text("""
    UPDATE month_sources SET bron = :bron
    WHERE vestigingscode = :code AND periode = :periode AND NOT EXISTS (
        SELECT FROM registrations r
        WHERE r.vestigingscode = :code AND r.datum BETWEEN :first AND :last
    )
""")

_IS_REGISTERED = text("""
    SELECT EXISTS (
        SELECT FROM registrations r
        WHERE r.vestigingscode = :code AND r.datum BETWEEN :first AND :last
    )
""")
