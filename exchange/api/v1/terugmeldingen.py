"""``/terugmeldingen``: what recipients did with a school's messages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from exchange.accountability.receipt import utc
from exchange.api.openapi import answers
from exchange.api.openapi.answers.schools import Terugmeldingen
from exchange.api.openapi.refusals import VESTIGING
from exchange.api.paging import Cursor, Limit, page_links
from exchange.api.v1._submission import json_response
from exchange.api.visit import SchoolSide, gateway_of
from exchange.errors import Code
from exchange.messages.identifiers import Vestigingscode
from exchange.pipeline.reading import list_terugmeldingen
from exchange.storage.rows import TerugmeldingRow

router = APIRouter(tags=["Scholen"])


@router.get(
    "/terugmeldingen",
    **answers(
        "Terugmeldingen over berichten van een vestiging",
        {200: Terugmeldingen},
        VESTIGING | {Code.VERPLICHT_VELD},
    ),
)
async def get_terugmeldingen(
    reader: SchoolSide,
    request: Request,
    vestigingscode: Annotated[Vestigingscode, Query()],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Geef meldingen van leerplicht, weigeringen, en berichten die bleven liggen of vervielen."""
    page = await list_terugmeldingen(reader, vestigingscode, cursor, limit, gateway_of(request))
    reports = [_as_json(row) for row in page.items]
    links = page_links(request, page, "vestigingscode", "namens")
    return json_response({"terugmeldingen": reports, "_links": links})


def _as_json(row: TerugmeldingRow) -> dict[str, Any]:
    why = {"reden": row.reden} if row.reden else {}
    return {
        "berichtId": str(row.bericht_id),
        "status": row.status,
        "afsluitreden": row.afsluitreden,
        **why,
        "ontvangenOp": utc(row.received_at),
    }
