"""Releases made by hand: bytes of our own, put there as whoever releases puts them there."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from uuid_utils.compat import uuid7

from exchange.crypto.canonical import b64url
from exchange.figures.measures import Niveau, measures_of
from exchange.messages.identifiers import Periode
from exchange.storage import releases
from exchange.storage.database import Database
from exchange.storage.release_rows import FileRow, ReleaseRow
from tests.integration.api.world import OINS, World

JSON, CSV, CSVW = "application/json", "text/csv", "application/csvm+json"
PARQUET, HTML, JOSE = "application/vnd.apache.parquet", "text/html", "application/jose"
MEDIA = (JSON, CSV, CSVW, PARQUET, HTML)
CSP = "default-src 'none'; style-src 'sha256-of-its-own-style'"
DIGEST = hashlib.sha256(b"certificate").digest()


def body_of(nummer: int, name: str, media_type: str) -> bytes:
    """Give the bytes of one form: no two are the same, and each names its recipient."""
    if media_type == JSON:
        document = _levering(nummer, [_row("99BB00", 412), _row(f"Curaçao, {name}", None)])
        return json.dumps(document, ensure_ascii=False).encode()
    text = f"{media_type} of {nummer} for {name} · 0123456789"
    if media_type == CSVW:
        return json.dumps({"dc:title": text}, ensure_ascii=False).encode()
    return text.encode()


def _levering(nummer: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "nummer": nummer,
        "periode": "2026-09",
        "stand": "voorlopig",
        "vrijgegevenOp": "2026-11-18T10:00:00Z",
        "drempel": 5,
        "dekking": {"vestigingen": 2, "geleverd": 1},
        "certificaat": b64url(DIGEST),
        "rijen": rows,
    }


def _row(code: str, leerlingen: int | None) -> dict[str, Any]:
    place = {"niveau": "vestiging", "code": code, "periode": "2026-09", "sector": "vo"}
    measures = {measure.value: leerlingen for measure in measures_of(Niveau.VESTIGING)}
    missing = leerlingen is None
    return {
        **place, "leerlingen": leerlingen, **measures, "onderdrukt": [], "ontbreekt": missing
    }  # fmt: skip


async def release(
    world: World,
    *names: str,
    periode: str = "2026-09",
    stand: str = "voorlopig",
    notify: bool = False,
) -> int:
    """Make a release with a part for each of these parties, and give its number."""
    async with world.database.login("exchange_operator") as operator:
        now = world.clock.now()
        return await make(operator, now, *names, periode=periode, stand=stand, notify=notify)


async def withdraw(world: World, nummer: int) -> bool:
    """Withdraw a release as the operator does."""
    async with world.database.login("exchange_operator") as operator:
        return await unmake(operator, world.clock.now(), nummer)


async def make(
    operator: Database,
    at: datetime,
    *names: str,
    periode: str = "2026-09",
    stand: str = "voorlopig",
    notify: bool = False,
) -> int:
    """Make a release with the operator's login; ``notify`` all that have a part in it."""
    async with operator.transaction() as conn:
        nummer = await releases.next_number(conn)
        await releases.insert_release(conn, release_row(nummer, periode, stand, at))
        await releases.insert_files(conn, [file_row(nummer, n, m) for n in names for m in MEDIA])
        if notify:
            await releases.insert_notices(conn, nummer, [OINS[name] for name in names], at)
    return nummer


async def unmake(operator: Database, at: datetime, nummer: int) -> bool:
    """Withdraw a release with the operator's login."""
    async with operator.transaction() as conn:
        return await releases.withdraw(conn, nummer, at, uuid7())


def release_row(nummer: int, periode: str, stand: str, at: datetime) -> ReleaseRow:
    """Give a release as it is stored."""
    return ReleaseRow(
        nummer=nummer,
        periode=Periode.parse(periode),
        stand=stand,
        released_at=at,
        drempel=5,
        certificate=b'{"certificate": 1}',
        certificate_digest=DIGEST,
        published=json.dumps({"nummer": nummer, "periode": periode}).encode(),
        manifest=f"manifest.of.{nummer}",
        entry=uuid7(),
    )


def file_row(nummer: int, name: str, media_type: str) -> FileRow:
    """Give one form as it is stored."""
    body = body_of(nummer, name, media_type)
    digest = hashlib.sha256(body).digest()
    return FileRow(
        nummer, OINS[name], media_type, body, digest, CSP if media_type == HTML else None
    )
