"""What privacy officers decided about findings; row security shows each party its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin
from exchange.storage.console_tables import finding_reviews
from exchange.storage.rows import values_of


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One decision; ``finding`` is the keyed digest of what the finding is."""

    review: UUID
    finding: bytes = field(repr=False)
    oin: Oin
    account: UUID
    outcome: str
    reviewed_at: datetime


async def add_review(conn: AsyncConnection, review: ReviewRow) -> None:
    """Keep a decision; an earlier one about the same finding stays beside it."""
    await conn.execute(insert(finding_reviews).values(values_of(review)))


async def latest_reviews(
    conn: AsyncConnection, party: Oin, findings: Sequence[bytes]
) -> dict[bytes, ReviewRow]:
    """Give the last decision of ``party`` about each of ``findings`` that has one.

    What another's officer decided is that one's answer, also to whoever may see it.
    """
    columns = (finding_reviews.c[name] for name in ReviewRow.__dataclass_fields__)
    asked = (finding_reviews.c.oin == party, finding_reviews.c.finding.in_(findings))
    order = (finding_reviews.c.reviewed_at, finding_reviews.c.review)
    found = await conn.execute(select(*columns).where(*asked).order_by(*order))
    return {row.finding: ReviewRow(**row._mapping) for row in found}  # noqa: SLF001  public API
