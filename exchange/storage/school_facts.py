"""What a school told about itself: its verzuimbeleid (absence policy) and its calendars."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Row, insert, literal_column, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.storage.tables import schoolkalenders, verzuimbeleid

_BELEID = verzuimbeleid.c


class Put(Enum):
    """What became of something that replaces what was put before."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class BeleidRow:
    """A verzuimbeleid as it was put; ``redenen`` maps a reason's keyed digest to its category.

    ``digest`` is keyed too, and covers everything that was put: the same again is no new version.
    """

    geldig_vanaf: date
    vastgesteld_op: date
    lesuur_in_minuten: int
    redenen: Mapping[bytes, str] = field(repr=False)
    criteria: Sequence[str]
    elementen: Sequence[str]
    digest: bytes = field(repr=False)
    put_at: datetime
    put_by: Oin


async def latest_beleid(
    conn: AsyncConnection, vestiging: Vestigingscode
) -> tuple[int, BeleidRow] | None:
    """Give the version number and content of the policy that was put last."""
    found = await conn.execute(
        select(verzuimbeleid)
        .where(_BELEID.vestigingscode == vestiging)
        .order_by(_BELEID.versie.desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return row.versie, _beleid(row)


async def all_beleid(conn: AsyncConnection, vestiging: Vestigingscode) -> tuple[BeleidRow, ...]:
    """Give every policy of a vestiging, in the order in which ``in_force`` looks."""
    found = await conn.execute(
        select(verzuimbeleid)
        .where(_BELEID.vestigingscode == vestiging)
        .order_by(_BELEID.geldig_vanaf.desc(), _BELEID.versie.desc())
    )
    return tuple(_beleid(row) for row in found)


async def beleid_of_all(
    conn: AsyncConnection, vestigingen: Collection[Vestigingscode]
) -> Mapping[Vestigingscode, tuple[BeleidRow, ...]]:
    """Give every policy of each of these vestigingen, in the order in which ``in_force`` looks."""
    found = await conn.execute(
        select(verzuimbeleid)
        .where(_BELEID.vestigingscode.in_(vestigingen))
        .order_by(_BELEID.geldig_vanaf.desc(), _BELEID.versie.desc())
    )
    policies: dict[Vestigingscode, list[BeleidRow]] = {code: [] for code in vestigingen}
    for row in found:
        policies[row.vestigingscode].append(_beleid(row))
    return {code: tuple(rows) for code, rows in policies.items()}


def in_force(policies: Iterable[BeleidRow], day: date) -> BeleidRow | None:
    """Give the policy on ``day`` of all: the latest put among the latest valid ones."""
    return next((beleid for beleid in policies if beleid.geldig_vanaf <= day), None)


async def put_beleid(
    conn: AsyncConnection, vestiging: Vestigingscode, beleid: BeleidRow
) -> tuple[int, bool]:
    """Store a policy; give its version and whether it is a new one.

    What equals the version that rules from the same day changes nothing, whatever was put for
    other days since. Two puts for one vestiging wait for each other.
    """
    await conn.execute(_ONE_AT_A_TIME, {"vestiging": vestiging.reveal()})
    found = await conn.execute(
        select(_BELEID.versie, _BELEID.geldig_vanaf, _BELEID.digest)
        .where(_BELEID.vestigingscode == vestiging)
        .order_by(_BELEID.versie.desc())
    )
    versions = found.all()
    same_day = next((v for v in versions if v.geldig_vanaf == beleid.geldig_vanaf), None)
    if same_day is not None and same_day.digest == beleid.digest:
        return same_day.versie, False
    versie = versions[0].versie + 1 if versions else 1
    await conn.execute(insert(verzuimbeleid), _beleid_values(vestiging, versie, beleid))
    return versie, True


async def kalender(
    conn: AsyncConnection, vestiging: Vestigingscode, schooljaar: Schooljaar
) -> tuple[tuple[date, date], ...] | None:
    """Give the lesson-free periods that were put, both ends inclusive; None if none were."""
    lesvrij = await conn.scalar(
        select(schoolkalenders.c.lesvrij).where(
            schoolkalenders.c.vestigingscode == vestiging,
            schoolkalenders.c.schooljaar == schooljaar,
        )
    )
    return None if lesvrij is None else periods_of(lesvrij)


def periods_of(lesvrij: Iterable[tuple[str, str]]) -> tuple[tuple[date, date], ...]:
    """Read lesson-free periods as they are stored."""
    return tuple((date.fromisoformat(van), date.fromisoformat(tot)) for van, tot in lesvrij)


async def put_kalender(
    conn: AsyncConnection,
    vestiging: Vestigingscode,
    schooljaar: Schooljaar,
    lesvrij: Sequence[tuple[date, date]],
    put_by: Oin,
    put_at: datetime,
) -> Put:
    """Store the calendar of one schooljaar, unless it is what stands there."""
    put = postgresql.insert(schoolkalenders).values(
        vestigingscode=vestiging,
        schooljaar=schooljaar,
        lesvrij=[[van.isoformat(), tot.isoformat()] for van, tot in lesvrij],
        put_at=put_at,
        put_by=put_by,
    )
    latest = {name: put.excluded[name] for name in ("lesvrij", "put_at", "put_by")}
    created: bool | None = await conn.scalar(
        put.on_conflict_do_update(
            index_elements=["vestigingscode", "schooljaar"],
            set_=latest,
            where=schoolkalenders.c.lesvrij != put.excluded.lesvrij,
        ).returning(literal_column("xmax = 0"))
    )
    if created is None:
        return Put.UNCHANGED
    return Put.NEW if created else Put.CHANGED


def _beleid(row: Row[*tuple[Any, ...]]) -> BeleidRow:
    return BeleidRow(
        geldig_vanaf=row.geldig_vanaf,
        vastgesteld_op=row.vastgesteld_op,
        lesuur_in_minuten=row.lesuur_in_minuten,
        redenen=dict(zip(row.reden_digests, row.reden_categorieen, strict=True)),
        criteria=tuple(row.criteria),
        elementen=tuple(row.elementen),
        digest=row.digest,
        put_at=row.put_at,
        put_by=row.put_by,
    )


_ONE_AT_A_TIME = text(
    "SELECT pg_advisory_xact_lock(hashtext('verzuimbeleid'), hashtext(:vestiging))"
)


def _beleid_values(vestiging: Vestigingscode, versie: int, beleid: BeleidRow) -> dict[str, object]:
    return {
        "vestigingscode": vestiging,
        "versie": versie,
        "geldig_vanaf": beleid.geldig_vanaf,
        "vastgesteld_op": beleid.vastgesteld_op,
        "lesuur_in_minuten": beleid.lesuur_in_minuten,
        "reden_digests": list(beleid.redenen),
        "reden_categorieen": list(beleid.redenen.values()),
        "criteria": list(beleid.criteria),
        "elementen": list(beleid.elementen),
        "digest": beleid.digest,
        "put_at": beleid.put_at,
        "put_by": beleid.put_by,
    }
