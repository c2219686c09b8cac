"""Registrations that a school sent earlier."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from exchange.messages.identifiers import Pgn
from tests.integration.api.world import World


async def register(
    world: World,
    pgn: Pgn,
    minutes: Mapping[str, int],
    vestigingscode: str = "99BB00",
    categorie: str = "ongeoorloofd",
) -> list[str]:
    """Have each day's absence accepted that evening, and give the registratieIds in that order."""
    ids = [f"{day}/{uuid4().hex[:8]}/{n}" for n, day in enumerate(minutes)]
    sender = "las-zuid" if vestigingscode == "99CC00" else "las-noord"
    for own, (day, minuten) in zip(ids, minutes.items(), strict=True):
        body = {
            "vestigingscode": vestigingscode,
            "registratieId": own,
            "pgn": pgn.reveal(),
            "datum": day,
            "minuten": minuten,
            "categorie": categorie,
        }
        path, key = "/v1/verzuimregistraties", world.key()
        with world.at(datetime.fromisoformat(f"{day}T20:00:00Z")):
            answer = await world.call(sender, "POST", path, body, idempotency_key=key)
        assert answer.status_code == 202, answer.text
    return ids
