"""``/codelijsten``: every closed list of codes, taken from the enums that check the input."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Response

from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import answers
from exchange.api.openapi.answers.published import Codelijsten
from exchange.api.openapi.refusals import PUBLISHED
from exchange.api.v1._submission import json_response
from exchange.api.visit import Anyone
from exchange.messages.antwoord import Afsluitreden, Behandeling, Uitkomst, WeigerReden
from exchange.messages.intrekking import IntrekkingReden
from exchange.messages.inzage import InzageReden
from exchange.messages.outcome import Outcome
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.messages.wire import ActieSchool, Categorie, ContactRol, Plicht
from exchange.policy.elementen import Elementen
from exchange.policy.parties import Role, Sector
from exchange.policy.status import MailboxStatus, Status

router = APIRouter(tags=["Openbaar"])

CODELIJSTEN: Mapping[str, type[StrEnum]] = MappingProxyType(
    {
        "actiesSchool": ActieSchool,
        "contactRollen": ContactRol,
        "plicht": Plicht,
        "categorieen": Categorie,
        "verzuimsoorten": Verzuimsoort,
        "soorten": Soort,
        "intrekkingsredenen": IntrekkingReden,
        "uitkomsten": Uitkomst,
        "weigeringsredenen": WeigerReden,
        "terugmeldstatussen": Behandeling,
        "afsluitredenen": Afsluitreden,
        "statussen": Status,
        "berichtstatussen": MailboxStatus,
        "sectoren": Sector,
        "rollen": Role,
        "inzageredenen": InzageReden,
        "loguitkomsten": Outcome,
    }
)
"""Each list by its public name."""

ELEMENTEN = "verzuimbeleidElementen"
"""The one list that is dated data: the elements that a verzuimbeleid must have."""


@router.get("/codelijsten", **answers("Alle gesloten codelijsten", {200: Codelijsten}, PUBLISHED))
async def get_codelijsten(visit: Anyone) -> Response:
    """Geef elke codelijst met haar bron en van elke code de betekenis."""
    require_acceptable(visit.request.headers, "application/json")
    elementen = _list(ELEMENTEN, _dated(visit.gateway.elementen))
    return json_response({"codelijsten": [*_CLOSED, elementen], "_links": {}})


def _list(name: str, codes: Iterable[dict[str, str]]) -> dict[str, Any]:
    meaning = _TEXTS[name]["codes"]
    described = [{**code, "omschrijving": meaning[code["code"]]} for code in codes]
    return {"naam": name, "bron": _TEXTS[name]["bron"], "codes": described}


def _dated(elementen: Elementen) -> Iterable[dict[str, str]]:
    for required in elementen.lists:
        dated = {"status": required.status.value, "geldigVanaf": required.geldig_vanaf.isoformat()}
        yield from ({"code": code, **dated} for code in required.codes)


_TEXTS = tomllib.loads(files("exchange.api").joinpath("codelijsten.toml").read_text("utf-8"))
_CLOSED = [_list(name, ({"code": c.value} for c in codes)) for name, codes in CODELIJSTEN.items()]
"""Built once; a code without a text stops the gateway at start."""
