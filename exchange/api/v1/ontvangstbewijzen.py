"""``/ontvangstbewijzen``: what a school sent and where it stands today."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from exchange.api.openapi import answers
from exchange.api.openapi.answers.receipts import OntvangstbewijsVandaag, Ontvangstbewijzen
from exchange.api.openapi.refusals import SCHOOL, VESTIGING
from exchange.api.paging import Cursor, Limit, page_links
from exchange.api.v1._submission import json_response
from exchange.api.visit import SchoolSide, bericht_id_of, gateway_of
from exchange.errors import Code, Invalid, Violation
from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.pipeline.reading import list_receipts, read_receipt

router = APIRouter(tags=["Scholen"])


@router.get(
    "/ontvangstbewijzen/{berichtId}",
    **answers(
        "Ontvangstbewijs met de status van vandaag",
        {200: OntvangstbewijsVandaag},
        SCHOOL | {Code.NIET_GEVONDEN, Code.VERVALLEN},
    ),
)
async def get_ontvangstbewijs(berichtId: str, reader: SchoolSide, request: Request) -> Response:  # noqa: N803  wire name
    """Geef het ontvangstbewijs opnieuw, vers getekend, met `peildatum` en status per stroom."""
    receipt = await read_receipt(reader, bericht_id_of(berichtId), gateway_of(request))
    return Response(receipt, media_type="application/json")


@router.get(
    "/ontvangstbewijzen",
    **answers(
        "Ontvangstbewijzen van een vestiging",
        {200: Ontvangstbewijzen},
        VESTIGING | {Code.VERPLICHT_VELD},
    ),
)
async def get_ontvangstbewijzen(
    reader: SchoolSide,
    request: Request,
    vestigingscode: Annotated[Vestigingscode, Query()],
    periode: Annotated[
        str | None, Query(description="Maand waarin een bericht telt: 2026-09.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Geef de ontvangstbewijzen van een vestiging, nieuwste status, bladzijde voor bladzijde."""
    page = await list_receipts(
        reader, vestigingscode, _periode(periode), cursor, limit, gateway_of(request)
    )
    receipts = [json.loads(receipt) for receipt in page.items]
    links = page_links(request, page, "vestigingscode", "periode", "namens")
    return json_response({"ontvangstbewijzen": receipts, "_links": links})


def _periode(text: str | None) -> Periode | None:
    try:
        return Periode.parse(text) if text is not None else None
    except ValueError as error:
        raise Invalid([Violation("/periode", Code.WAARDE_ONGELDIG, str(error))]) from None
