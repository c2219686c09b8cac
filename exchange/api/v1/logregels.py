"""``/logregels/_zoek``: a privacy officer searches the log."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from exchange.accountability.receipt import utc
from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import accepts_body
from exchange.api.openapi.answers.log import Logregels
from exchange.api.openapi.refusals import BODY, CALLER
from exchange.api.paging import Cursor, Limit, page_links
from exchange.api.v1._submission import json_response
from exchange.api.visit import Officer, body_as, gateway_of
from exchange.errors import Code
from exchange.messages.logregels import LogregelsVraag
from exchange.pipeline.logregels import Logregel, Party, Vraag, zoek

router = APIRouter(tags=["Verantwoording"])
_VRAAG = TypeAdapter(LogregelsVraag)


@router.post(
    "/logregels/_zoek",
    **accepts_body(
        LogregelsVraag,
        "Regels van het logboek zoeken",
        {200: Logregels},
        CALLER | BODY | {Code.DATUM_ONGELDIG, Code.GEEN_RECHT},
    ),
)
async def post_zoek(
    who: Officer, request: Request, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """Geef de regels die voldoen, nieuwste eerst; stuur voor de volgende dezelfde vraag opnieuw.

    Een bladzijde kan minder regels hebben dan gevraagd, ook geen, en toch een volgende noemen: dan
    was er veel te doorzoeken, en gaat de volgende verder waar deze ophield.
    """
    require_acceptable(request.headers, "application/json")
    asked = await body_as(request, _VRAAG)
    page = await zoek(who, _vraag(asked), cursor, limit, gateway_of(request))
    found = [_as_json(one) for one in page.items]
    return json_response({"logregels": found, "_links": page_links(request, page)})


def _vraag(asked: LogregelsVraag) -> Vraag:
    return Vraag(
        van=asked.van,
        tot=asked.tot,
        actor=asked.actor,
        ontvanger=asked.ontvanger,
        activiteit=asked.activiteit,
        bericht_id=asked.bericht_id,
        uitkomst=asked.uitkomst.value if asked.uitkomst else None,
        action=asked.actie,
    )


def _as_json(one: Logregel) -> dict[str, Any]:
    return {
        "entry": str(one.entry),
        "tijd": utc(one.tijd),
        "actie": one.actie,
        "activiteit": one.activiteit,
        "door": _party(one.door),
        "namens": one.namens,
        "aan": _party(one.aan),
        "berichtId": str(one.bericht_id) if one.bericht_id else None,
        "uitkomst": one.uitkomst,
        "code": one.code,
        "velden": list(one.velden),
        "beleid": one.beleid,
        "toegangspunt": one.toegangspunt,
        "verzegeld": one.sealed,
        "ongeschonden": one.unaltered,
    }


def _party(party: Party | None) -> dict[str, str] | None:
    return {"oin": party.oin, "naam": party.name} if party else None
