"""``/logboek``: the Merkle log as anybody can verify it (RFC 9162, C2SP tlog-tiles)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from exchange.accountability.tile_names import read_tile_name
from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import Text, answers
from exchange.api.openapi.answers.log import Consistentie, Getuigd, Logbewijs
from exchange.api.openapi.refusals import FROM_LOG, LOOKING
from exchange.api.v1._submission import json_response
from exchange.api.visit import Anyone, Looking, bericht_id_of, gateway_of, read_limited
from exchange.errors import Code, Refused
from exchange.messages.document import require_text
from exchange.pipeline import logbook
from exchange.pipeline.witnessing import cosign

router = APIRouter(tags=["Logboek"])

_TEXT, _BYTES = "text/plain", "application/octet-stream"
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
_LONGEST_LINE = 1024

Size = Annotated[str, Query(pattern=r"^(0|[1-9][0-9]{0,17})$")]


@router.get(
    "/logboek/checkpoint",
    **answers(
        "Het nieuwste ondertekende checkpoint",
        {200: Text(_TEXT, "Een ondertekende kop van het logboek (C2SP tlog-checkpoint).")},
        FROM_LOG,
    ),
)
async def get_checkpoint(visit: Anyone) -> Response:
    """Geef omvang en wortel van het logboek, ondertekend (C2SP tlog-checkpoint)."""
    require_acceptable(visit.request.headers, _TEXT)
    return Response(await logbook.newest_checkpoint(visit.gateway), media_type=_TEXT)


@router.get(
    "/logboek/entries/{entry}/bewijs",
    **answers(
        "Een logregel met zijn bewijs van opname", {200: Logbewijs}, LOOKING | {Code.VERVALLEN}
    ),
)
async def get_bewijs(entry: str, who: Looking, request: Request) -> Response:
    """Geef de bytes van een eigen logregel en het bewijs dat hij onder het checkpoint valt."""
    require_acceptable(request.headers, "application/json")
    bundle = await logbook.proof_of(who, bericht_id_of(entry), gateway_of(request))
    return json_response(bundle)


@router.get(
    "/logboek/consistentie",
    **answers(
        "Bewijs dat het logboek alleen is aangegroeid",
        {200: Consistentie},
        FROM_LOG | {Code.VERPLICHT_VELD, Code.WAARDE_ONGELDIG},
    ),
)
async def get_consistentie(visit: Anyone, van: Size, tot: Size) -> Response:
    """Geef het bewijs dat het logboek van `tot` regels begint met dat van `van` regels."""
    require_acceptable(visit.request.headers, "application/json")
    return json_response(await logbook.consistency(int(van), int(tot), visit.gateway))


@router.get(
    "/logboek/tile/{niveau}/{tegel:path}",
    **answers(
        "Een tegel met hashes",
        {200: Text(_BYTES, "Hashes van 32 bytes, zonder iets ertussen.")},
        FROM_LOG | {Code.WAARDE_ONGELDIG, Code.NIET_GEVONDEN},
    ),
)
async def get_tile(niveau: str, tegel: str, visit: Anyone) -> Response:
    """Geef 256 hashes van het logboek, of met `.p/<aantal>` de eerste daarvan (C2SP tlog-tiles)."""
    require_acceptable(visit.request.headers, _BYTES)
    try:
        place, width = read_tile_name(niveau, tegel)
    except ValueError:
        raise Refused(Code.NIET_GEVONDEN) from None
    hashes = await logbook.tile(place, width, visit.gateway)
    return Response(hashes, media_type=_BYTES, headers=_FOR_EVER)


_LINE_REFUSED = frozenset(
    {
        Code.VERPLICHT_VELD,
        Code.WAARDE_ONGELDIG,
        Code.TE_GROOT,
        Code.MEDIATYPE_NIET_ONDERSTEUND,
    }
)
_LINE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {_TEXT: {"schema": {"type": "string", "maxLength": _LONGEST_LINE}}},
    }
}


@router.post(
    "/logboek/cosignatures",
    **answers(
        "De handtekening van een getuige aanbieden",
        {200: Getuigd, 201: Getuigd},
        FROM_LOG | _LINE_REFUSED,
    ),
    openapi_extra=_LINE,
)
async def post_cosignature(visit: Anyone, omvang: Size) -> Response:
    """Bewaar een regel van een bekende getuige onder het checkpoint van deze omvang."""
    require_acceptable(visit.request.headers, "application/json")
    require_text(visit.request.headers)
    line = (await read_limited(visit.request, _LONGEST_LINE)).decode("utf-8", "replace")
    new = await cosign(int(omvang), line.removesuffix("\n"), visit.gateway)
    return json_response({"omvang": int(omvang)}, 201 if new else 200)
