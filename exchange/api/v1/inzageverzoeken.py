"""``/inzageverzoeken``: what became of one pupil's data, for the FG or the pupil's own school."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import accepts_body
from exchange.api.openapi.answers.log import Inzage
from exchange.api.openapi.refusals import BODY, CALLER
from exchange.api.v1._submission import json_response
from exchange.api.visit import Inspector, body_as, gateway_of
from exchange.errors import Code
from exchange.messages.inzage import Inzageverzoek
from exchange.pipeline.inzage import inzage

router = APIRouter(tags=["Verantwoording"])
_VERZOEK = TypeAdapter(Inzageverzoek)
_REFUSED = frozenset({Code.PGN_ONGELDIG, Code.GEEN_RECHT, Code.GEEN_MANDAAT})


@router.post(
    "/inzageverzoeken",
    **accepts_body(
        Inzageverzoek,
        "Zien wat er met de gegevens van een leerling is gedaan",
        {200: Inzage},
        CALLER | BODY | _REFUSED,
    ),
)
async def post_inzageverzoek(who: Inspector, request: Request) -> Response:
    """Geef elke verwerking die nog aan deze leerling te koppelen is; ook dit verzoek komt erbij.

    Voor de FG, en voor een school over haar eigen leerlingen (haar leverancier met `namens`).
    """
    require_acceptable(request.headers, "application/json")
    verzoek = await body_as(request, _VERZOEK)
    return json_response((await inzage(who, verzoek, gateway_of(request))).as_json())
