"""``/berichten/{berichtId}/bevestigingen`` and ``.../terugmeldingen``: a recipient answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import accepts_body
from exchange.api.openapi.answers.recipients import Behandeld, Bevestigd
from exchange.api.openapi.refusals import ANSWERING
from exchange.api.v1._submission import json_response
from exchange.api.visit import Leerplicht, bericht_id_of, body_as, gateway_of
from exchange.messages.antwoord import Bevestiging, Terugmelding
from exchange.pipeline.mailbox import answer, report

router = APIRouter(tags=["Ontvangers"])
_BEVESTIGING = TypeAdapter(Bevestiging)
_TERUGMELDING = TypeAdapter(Terugmelding)


@router.post(
    "/berichten/{berichtId}/bevestigingen",
    **accepts_body(
        Bevestiging,
        "Een opgehaald bericht bevestigen of weigeren",
        {200: Bevestigd, 201: Bevestigd},
        ANSWERING,
    ),
)
async def post_bevestiging(berichtId: str, collector: Leerplicht, request: Request) -> Response:  # noqa: N803  wire name
    """Bevestig het bericht, of weiger het met een reden; een herhaling geeft 200."""
    require_acceptable(request.headers, "application/json")
    bevestiging = await body_as(request, _BEVESTIGING)
    number = bericht_id_of(berichtId)
    new = await answer(collector, number, bevestiging, gateway_of(request))
    return _answered(new, number, {"uitkomst": bevestiging.uitkomst.value})


@router.post(
    "/berichten/{berichtId}/terugmeldingen",
    **accepts_body(
        Terugmelding,
        "De behandeling terugmelden aan de school",
        {200: Behandeld, 201: Behandeld},
        ANSWERING,
    ),
)
async def post_terugmelding(berichtId: str, collector: Leerplicht, request: Request) -> Response:  # noqa: N803  wire name
    """Meld de behandeling terug; een herhaling geeft 200."""
    require_acceptable(request.headers, "application/json")
    terugmelding = await body_as(request, _TERUGMELDING)
    number = bericht_id_of(berichtId)
    new = await report(collector, number, terugmelding, gateway_of(request))
    return _answered(new, number, {"status": terugmelding.status.value})


def _answered(new: bool, bericht_id: UUID, said: dict[str, Any]) -> Response:
    return json_response({"berichtId": str(bericht_id), **said}, 201 if new else 200)
