"""``/drempelmeldingen``: pupils who reached the legal threshold, named by the school's own ids."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from exchange.api.openapi import answers
from exchange.api.openapi.answers.schools import Drempelmeldingen
from exchange.api.openapi.refusals import VESTIGING
from exchange.api.paging import Cursor, Limit, page_links
from exchange.api.v1._submission import json_response
from exchange.api.visit import SchoolSide, gateway_of
from exchange.errors import Code
from exchange.messages.identifiers import Vestigingscode
from exchange.pipeline.drempelmeldingen import Drempelmelding, list_drempelmeldingen

router = APIRouter(tags=["Scholen"])


@router.get(
    "/drempelmeldingen",
    **answers(
        "Leerlingen die de wettelijke grens van 16 uur haalden",
        {200: Drempelmeldingen},
        VESTIGING | {Code.VERPLICHT_VELD},
    ),
)
async def get_drempelmeldingen(
    reader: SchoolSide,
    request: Request,
    vestigingscode: Annotated[Vestigingscode, Query()],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Geef wie dit schooljaar de grens haalde, sinds de laatste melding, op volgorde van de dag."""
    page = await list_drempelmeldingen(reader, vestigingscode, cursor, limit, gateway_of(request))
    links = page_links(request, page, "vestigingscode", "namens")
    found = [_as_json(item) for item in page.items]
    return json_response({"drempelmeldingen": found, "_links": links})


def _as_json(item: Drempelmelding) -> dict[str, Any]:
    return {
        "registratieIds": list(item.registratie_ids),
        "bereiktOp": item.bereikt_op.isoformat(),
        "minuten": item.minuten,
    }
