"""A figure counts only if nobody paid for it with privacy: what lies there is looked through.

No table may hold a pupil's number that was sent, in the clear or as the bytes of its digits. What
the gateway's own keys open of a stored signaal must still be sealed to its recipient, whose key
alone finds the number in it; what they open of a receipt may not hold it either.
"""

from __future__ import annotations

import json
import re
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from adapters.keys.file import FileKeyProvider
from exchange.crypto.opening import open_message
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.pipeline.at_rest import column_key, mailbox_key, payload_context, receipt_context
from exchange.ports import KeyProvider
from tests.bench.speed.site import RECIPIENTS, Site
from tests.integration.api.world import OINS
from tests.persons import bsns
from tests.privacy.dump import tables, text_of

_SENT = frozenset(pgn.reveal().encode() for pgn in bsns())
_CLEAR = re.compile(rb"(?<![0-9A-Fa-f])99[0-9]{7}(?![0-9A-Fa-f])")
_DIGITS = re.compile(rb"(?<!3[0-9])(?<!6[1-6])(?:39){2}(?:3[0-9]){7}(?!3[0-9]|6[1-6])")
"""A bytea stands in hex in the text of a table: so do the digits of a number within it.

Both leave out what stands in a longer row of hex digits: among as many random ids as a run makes
(traces, and what a history is made of) some hold one of our numbers by chance.
"""

_SOME = 25


def numbers_in(text: bytes) -> set[bytes]:
    """Give the pupils' numbers of the bench in the text of a table."""
    found = {match[0] for match in _CLEAR.finditer(text)}
    found |= {bytes.fromhex(match[0].decode()) for match in _DIGITS.finditer(text)}
    return found & _SENT


async def faults(site: Site) -> list[str]:
    """Look through every table, and try our own keys on the newest signalen."""
    connection = await asyncpg.connect(site.database)
    try:
        held = {
            name: numbers_in(await text_of(connection, name)) for name in await tables(connection)
        }
        newest = await connection.fetch(_NEWEST, _SOME)
    finally:
        await connection.close()
    found = [f"{len(numbers)} numbers in {name}" for name, numbers in held.items() if numbers]
    keys = FileKeyProvider(site.folder / "keys", site.folder / "passphrase")
    sound = sum(_is_sealed(site, keys, row) for row in newest)
    if sound < len(newest) or not newest:
        found.append(f"{len(newest) - sound} of {len(newest)} signalen are not sealed as they must")
    return found


def _is_sealed(site: Site, keys: KeyProvider, row: Any) -> bool:  # noqa: ANN401  no types
    number = row["bericht_id"]
    vestiging, schooljaar = Vestigingscode(row["vestigingscode"]), Schooljaar(row["schooljaar"])
    token = keys.open(
        mailbox_key(vestiging, schooljaar), row["payload"], payload_context(number, "leerplicht")
    )
    receipt = keys.open(column_key(vestiging, schooljaar), row["receipt"], receipt_context(number))
    name = next(name for name in RECIPIENTS if OINS[name].reveal() == row["recipient"])
    jwks = list(keys.public_keys())
    message = open_message(token.decode(), OINS[name], [site.keys[name]], jwks)
    inside = json.dumps(dict(message.content), default=str).encode()
    return bool(numbers_in(inside)) and not numbers_in(token) and not numbers_in(receipt)


_NEWEST = """
    SELECT o.bericht_id, o.recipient, o.vestigingscode, o.schooljaar, o.payload, m.receipt
    FROM outbox o JOIN messages m USING (bericht_id)
    WHERE o.soort LIKE 'signaal%' AND o.payload IS NOT NULL
    ORDER BY bericht_id DESC LIMIT $1
"""
