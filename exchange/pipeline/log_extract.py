"""Takes records of the log along as a file: CSV (RFC 4180, UTF-8, ``;``), signed by the gateway.

No cell begins as a formula does: a spreadsheet that opens the file computes nothing (OWASP, CSV
injection).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol
from uuid import UUID

from exchange.accountability.receipt import utc
from exchange.accountability.record import Action
from exchange.crypto.extracts import sign_extract
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.logregels import (
    Logregel,
    Vraag,
    filter_of,
    party_names,
    regel_of,
    sees_all,
    told,
)
from exchange.pipeline.onlooker import Onlooker, log_look
from exchange.ports import KeyProvider
from exchange.storage import logregels
from exchange.storage.database import Connection

MOST_RECORDS = 100_000
_AT_ONCE = 2_000
_COLUMNS = (
    "entry", "tijd", "actie", "activiteit", "doorOin", "doorNaam", "namens", "aanOin", "aanNaam",
    "berichtId", "uitkomst", "code", "velden", "beleid", "toegangspunt", "verzegeld",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Extract:
    """The file, its detached JWS, and whether it is all that was asked or only the newest of it."""

    content: bytes = field(repr=False)
    signature: str
    aantal: int
    complete: bool


class _Writer(Protocol):
    """What the standard library's writer can do; it has no public type."""

    def writerows(self, rows: Iterable[Iterable[str]], /) -> object: ...


async def export(who: Onlooker, vraag: Vraag, gateway: Gateway) -> Extract:
    """Give what is asked, newest first, up to a hundred thousand records.

    The record of it carries the digest of the file: of one that turns up it can be said whose it
    was.
    """
    names = party_names(gateway)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        written, reached = await _write(conn, writer, who, vraag, names, gateway.keys)
        content = text.getvalue().encode()
        await log_look(
            conn,
            who,
            Action.LOGREGELS_UITGEVOERD,
            gateway,
            vraag=told(vraag, gateway),
            aantal=written,
            sha256=hashlib.sha256(content).hexdigest(),
        )
    signature = sign_extract(content, gateway.keys)
    return Extract(content, signature, written, complete=reached is None)


async def _write(
    conn: Connection,
    writer: _Writer,
    who: Onlooker,
    vraag: Vraag,
    names: Mapping[str, str],
    keys: KeyProvider,
) -> tuple[int, UUID | None]:
    wanted, own = filter_of(vraag), not sees_all(who)
    written, before = 0, None
    for turn in count():
        most = min(_AT_ONCE, MOST_RECORDS - written)
        stretch = await logregels.search(conn, wanted, before, most, turn=turn, own=own)
        records = await logregels.records_of(conn, stretch.entries)
        writer.writerows(_cells(regel_of(record, names, keys)) for record in records)
        written, before = written + len(stretch.entries), stretch.reached
        if before is None or written == MOST_RECORDS:
            break
    return written, before


def _cells(one: Logregel) -> tuple[str, ...]:
    door, aan = one.door, one.aan
    cells = (
        str(one.entry),
        utc(one.tijd),
        one.actie,
        one.activiteit,
        door.oin if door else "",
        door.name if door else "",
        one.namens or "",
        aan.oin if aan else "",
        aan.name if aan else "",
        str(one.bericht_id or ""),
        one.uitkomst,
        one.code or "",
        " ".join(one.velden),
        one.beleid or "",
        one.toegangspunt or "",
        "ja" if one.sealed else "nee",
    )
    return tuple(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
