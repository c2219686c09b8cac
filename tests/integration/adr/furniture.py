"""What a site knows already when strangers begin to knock: policies, keys and messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.policy.calendar import legal_day
from tests.flow.schools import ALKMAAR, signalen
from tests.integration.adr.site import Site
from tests.integration.api.releases import make
from tests.integration.api.world import BELEID, KALENDER
from tests.integration.servers import TestDatabase

KNOWN: Mapping[str, str] = MappingProxyType(
    {"berichten": "berichtId", "entries": "entry", "nummers": "nummer"}
)
"""The files, in the folder of the site, of ids that were handed out; each with its parameter."""

_MESSAGES = 6


async def furnish(site: Site, database: TestDatabase) -> None:
    """Lay everything down, and write the ids to files, each as JSON."""
    await asyncio.to_thread(_send, site)
    async with database.login("exchange_operator") as operator:
        now = datetime.now(UTC)
        made = [await make(operator, now, "ocw", "college-0361") for _ in range(2)]
    _write(site.folder / "nummers", [str(nummer) for nummer in made])


def _send(site: Site) -> None:
    key = RecipientPrivateKey.parse(generate_recipient_key())
    with site.client(ALKMAAR.recipient) as recipient:
        recipient.put("/sleutel", json=dict(key.public_jwk)).raise_for_status()
    with site.client(ALKMAAR.sender) as school:
        base = f"/vestigingen/{ALKMAAR.vestigingscode}"
        school.put(f"{base}/verzuimbeleid", json=BELEID).raise_for_status()
        school.put(f"{base}/schoolkalenders/2026-2027", json=KALENDER).raise_for_status()
        bodies = signalen(ALKMAAR, legal_day(datetime.now(UTC)))
        receipts: list[dict[str, Any]] = []
        for number, body in enumerate(islice(bodies, _MESSAGES)):
            headers = {"idempotency-key": f"meubel-{number}"}
            answer = school.post("/signalen", json=body, headers=headers)
            receipts.append(answer.raise_for_status().json())
    with site.client(ALKMAAR.recipient) as leerplicht:
        for receipt in receipts[::2]:
            path = f"/berichten/{receipt['berichtId']}"
            leerplicht.get(path).raise_for_status()
            answer = leerplicht.post(f"{path}/bevestigingen", json={"uitkomst": "ontvangen"})
            answer.raise_for_status()
    _write(site.folder / "berichten", [receipt["berichtId"] for receipt in receipts])
    _write(site.folder / "entries", [receipt["logboek"]["entry"] for receipt in receipts])


def _write(path: Path, ids: list[str]) -> None:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in ids), "utf-8")
