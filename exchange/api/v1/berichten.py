"""``/berichten``: a recipient's own mailbox."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from exchange.accountability.receipt import utc
from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import Text, answers
from exchange.api.openapi.answers.log import Bewaarketen
from exchange.api.openapi.answers.recipients import Postbus
from exchange.api.openapi.refusals import LOOKING, RECIPIENT
from exchange.api.paging import Cursor, Limit, page_links
from exchange.api.v1._submission import json_response
from exchange.api.visit import Leerplicht, Looking, bericht_id_of, gateway_of
from exchange.errors import Code
from exchange.pipeline.custody import custody_bundle
from exchange.pipeline.mailbox import download, list_mailbox, look_at
from exchange.policy.status import MailboxStatus, seen_by_recipient
from exchange.storage.rows import ListedParcel

router = APIRouter(tags=["Ontvangers"])
_JOSE = "application/jose"
_SEALED = Text(_JOSE, "Compacte JWE voor uw sleutel; daarin een compacte JWS van de poort.")
_GONE = frozenset({Code.NIET_GEVONDEN, Code.INGETROKKEN, Code.VERVALLEN})


@router.get("/berichten", **answers("Berichten in uw postbus", {200: Postbus}, RECIPIENT))
async def get_berichten(
    collector: Leerplicht,
    request: Request,
    status: Annotated[MailboxStatus | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Geef de berichten in de eigen postbus, oudste eerst."""
    require_acceptable(request.headers, "application/json")
    page = await list_mailbox(collector, status, cursor, limit, gateway_of(request))
    items = [_as_json(item) for item in page.items]
    links = page_links(request, page, "status", "namens")
    return json_response({"berichten": items, "_links": links})


@router.get(
    "/berichten/{berichtId}",
    **answers("Een verzegeld bericht ophalen", {200: _SEALED}, RECIPIENT | _GONE),
)
async def get_bericht(berichtId: str, collector: Leerplicht, request: Request) -> Response:  # noqa: N803  wire name
    """Geef het bericht als compacte JWE voor uw sleutel; ophalen is nog geen bevestiging."""
    require_acceptable(request.headers, _JOSE)
    collect = look_at if request.state.head else download
    token = await collect(collector, bericht_id_of(berichtId), gateway_of(request))
    return Response(token, media_type=_JOSE)


@router.get(
    "/berichten/{berichtId}/bewaarketen",
    **answers("Bewaarketen van een bericht, met bewijzen", {200: Bewaarketen}, LOOKING),
)
async def get_bewaarketen(berichtId: str, who: Looking, request: Request) -> Response:  # noqa: N803  wire name
    """Geef alles wat u van een bericht mag zien, met bewijs; te controleren zonder deze poort."""
    require_acceptable(request.headers, "application/json")
    bundle = await custody_bundle(who, bericht_id_of(berichtId), gateway_of(request))
    return Response(bundle, media_type="application/json")


def _as_json(parcel: ListedParcel) -> dict[str, Any]:
    return {
        "berichtId": str(parcel.bericht_id),
        "soort": parcel.soort,
        "aangemaaktOp": utc(parcel.created_at),
        "status": seen_by_recipient(parcel.status).value,
    }
