"""Lets every recipient of figures collect a release, and holds what each got against the rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exchange.crypto.canonical import b64url
from exchange.crypto.signatures import Jwks, Kind, SignatureBroken, verify_compact
from exchange.policy.grounds import FIGURE_ROLES
from exchange.policy.parties import Role
from exchange.sandbox.story.caller import Caller
from exchange.sandbox.world import Participant, World

_TIERS = ("trede1", "trede2", "trede3")


@dataclass(frozen=True, slots=True)
class Collected:
    """What one recipient got of a release; ``page`` is the form for people."""

    party: Participant
    sha256: str
    document: Mapping[str, Any]
    page: bytes

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """The published rows."""
        rows: Sequence[Mapping[str, Any]] = self.document["rijen"]
        return rows


def collect(nummer: int, world: World, callers: Callable[[str], Caller]) -> list[Collected]:
    """Let each college, samenwerkingsverband and OCW collect its own part."""
    return [
        _collect(nummer, party, callers(party.name))
        for role in FIGURE_ROLES
        for party in world.holders(role)
    ]


def levering_faults(collected: Sequence[Collected], manifest: str, jwks: Jwks) -> Iterator[str]:
    """Give everything that is wrong with what was collected."""
    try:
        listed = json.loads(verify_compact(manifest, Kind.MANIFEST, jwks).payload)["bestanden"]
    except SignatureBroken:
        yield "de handtekening onder het manifest van de levering klopt niet"
        return
    hashes = {(file["ontvanger"], file["mediatype"]): file["sha256"] for file in listed}
    whole = next(one for one in collected if one.party.grant.role is Role.OCW)
    everything = {_key(row): row for row in whole.rows}
    for one in collected:
        if hashes.get((str(one.party.oin), "application/json")) != one.sha256:
            yield f"{one.party.name}: de hash van het bestand staat niet in het manifest"
        for row in one.rows:
            if everything.get(_key(row)) != row:
                yield f"{one.party.name}: rij {row['code']} is anders dan die van OCW"
            yield from (f"{one.party.name}: {fault}" for fault in _faults(row, one.party))


def _collect(nummer: int, party: Participant, caller: Caller) -> Collected:
    path = f"/v1/leveringen/{nummer}"
    reply = caller.call("GET", path, headers={"accept": "application/json"})
    page = caller.call("GET", path, headers={"accept": "text/html"})
    digest = b64url(hashlib.sha256(reply.body).digest())
    return Collected(party, digest, json.loads(reply.body), page.body)


def _faults(row: Mapping[str, Any], party: Participant) -> Iterator[str]:
    role, remit = party.grant.role, party.grant.remit
    if role is not Role.OCW and row.get("gemeente" if role is Role.COLLEGE else "swv") != remit:
        yield f"rij {row['code']} is van een ander gebied"
    shown = [row[tier] for tier in _TIERS if row.get(tier) is not None]
    if len(shown) == len(_TIERS) and sum(shown) != row["leerlingen"]:
        yield f"rij {row['code']}: de drie treden zijn samen niet alle leerlingen"


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["niveau"], row["code"], row["sector"]
