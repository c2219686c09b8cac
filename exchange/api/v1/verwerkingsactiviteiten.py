"""``/verwerkingsactiviteiten``: the register of processing (AVG art. 30), as this gateway works."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from exchange.accountability.register import Register, register
from exchange.accountability.register_document import activity_document, register_document
from exchange.api.conditions import cut
from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import answers, tagged
from exchange.api.openapi.answers.published import Verwerkingsactiviteit, Verwerkingsactiviteiten
from exchange.api.openapi.refusals import PUBLISHED
from exchange.api.visit import Anyone, Visit
from exchange.errors import Code, Invalid, Refused, Violation

router = APIRouter(tags=["Openbaar"])

JSON = "application/json"
Op = Annotated[
    str | None,
    Query(description="Peildatum, zoals `2026-09-01`; zonder is het vandaag.", max_length=10),
]


@router.get(
    "/verwerkingsactiviteiten",
    **tagged(
        answers(
            "Het register van verwerkingen",
            {200: Verwerkingsactiviteiten},
            PUBLISHED | {Code.WAARDE_ONGELDIG},
        )
    ),
)
async def get_verwerkingsactiviteiten(visit: Anyone, op: Op = None) -> Response:
    """Geef elke verwerking die op de peildatum geldt, met haar geschiedenis."""
    gateway = visit.gateway
    day = gateway.today() if op is None else _day(op)
    document = register_document(_register(visit), day, gateway.law, gateway.mode)
    return _tagged(document, visit)


@router.get(
    "/verwerkingsactiviteiten/{activiteit}/{versie}",
    **tagged(
        answers(
            "Een versie van een verwerking",
            {200: Verwerkingsactiviteit},
            PUBLISHED | {Code.WAARDE_ONGELDIG, Code.NIET_GEVONDEN},
        )
    ),
)
async def get_verwerkingsactiviteit(activiteit: str, versie: str, visit: Anyone) -> Response:
    """Geef de verwerking die een logregel met deze naam noemt, ook als zij niet meer geldt."""
    found = _register(visit).find(f"{activiteit}/{versie}")
    if found is None:
        raise Refused(Code.NIET_GEVONDEN)
    return _tagged(activity_document(found, visit.gateway.today(), visit.gateway.law), visit)


def _register(visit: Visit) -> Register:
    require_acceptable(visit.request.headers, JSON)
    gateway = visit.gateway
    return register(gateway.necessity, gateway.activities, gateway.mode)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        fault = Violation("/op", Code.WAARDE_ONGELDIG, "Geef een datum zoals 2026-09-01.")
        raise Invalid([fault])
    return day


def _tagged(document: dict[str, Any], visit: Visit) -> Response:
    """Give the document, or nothing new to whoever has it already (RFC 9110 section 13)."""
    body = json.dumps(document, ensure_ascii=False).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {"if-none-match": visit.request.headers.get("if-none-match", "")}
    if cut(known, tag, len(body), head=False).status == 304:
        return Response(status_code=304, headers={"etag": tag})
    return Response(body, headers={"etag": tag}, media_type=JSON)
