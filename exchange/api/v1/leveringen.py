"""``/leveringen``: the released figures of a recipient's own territory, in the form it asks for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from exchange.accountability.receipt import utc
from exchange.api.conditions import Cut, cut
from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import Other, Text, answers, answers_in_forms
from exchange.api.openapi.answers.recipients import Levering, Leveringen
from exchange.api.openapi.refusals import RECIPIENT
from exchange.api.paging import Cursor, Limit, page_links
from exchange.api.v1._submission import json_response
from exchange.api.visit import CijferOntvanger, gateway_of, nummer_of
from exchange.crypto.canonical import b64url
from exchange.errors import Code
from exchange.pipeline.leveringen import JOSE, JSON, HandedOut, hand_out, list_leveringen
from exchange.pipeline.mailbox import Collector
from exchange.storage.release_rows import FormRow, ListedRelease

router = APIRouter(tags=["Ontvangers"])

CSV, CSVW = "text/csv", "application/csvm+json"
PARQUET, HTML = "application/vnd.apache.parquet", "text/html"
FORMS = (JSON, CSV, PARQUET, HTML, JOSE)
"""What an Accept header can ask for; who accepts anything gets the first."""

_DESCRIBED = (
    Levering,
    Text(CSV, "UTF-8, met `;`; verborgen is `.`, niet geleverd is `x`."),
    Text(PARQUET, "Apache Parquet; verborgen is null."),
    Text(HTML, "Een bladzijde met grafieken."),
    Text(JOSE, "De JSON, verzegeld voor uw sleutel (compacte JWE)."),
)
_MISSED = RECIPIENT | {Code.NIET_GEVONDEN, Code.LEVERING_INGETROKKEN, Code.BEREIK_ONGELDIG}

_ENDINGS = {
    JSON: "json",
    CSV: "csv",
    CSVW: "csv-metadata.json",
    PARQUET: "parquet",
    HTML: "html",
    JOSE: "jose",
}


@router.get(
    "/leveringen",
    **answers("Leveringen van schoolcijfers voor uw gebied", {200: Leveringen}, RECIPIENT),
)
async def get_leveringen(
    collector: CijferOntvanger, request: Request, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """Geef de leveringen met cijfers van het eigen gebied, nieuwste eerst."""
    require_acceptable(request.headers, JSON)
    page = await list_leveringen(collector, cursor, limit, gateway_of(request))
    items = [_as_json(item) for item in page.items]
    return json_response({"leveringen": items, "_links": page_links(request, page, "namens")})


@router.get(
    "/leveringen/{nummer}",
    **answers_in_forms(
        "Een levering ophalen", _DESCRIBED, _MISSED | {Code.ONTVANGER_NIET_AANGESLOTEN}
    ),
)
async def get_levering(nummer: str, collector: CijferOntvanger, request: Request) -> Response:
    """Geef de cijfers van het eigen gebied in de gevraagde vorm, geheel of een deel ervan."""
    return await _given(nummer, require_acceptable(request.headers, *FORMS), collector, request)


@router.get(
    "/leveringen/{nummer}/csvw",
    **answers_in_forms(
        "De kolommen van de CSV",
        [Other(CSVW, "Metadata van de tabel (W3C CSV on the Web).")],
        _MISSED,
    ),
)
async def get_csvw(nummer: str, collector: CijferOntvanger, request: Request) -> Response:
    """Geef de beschrijving van de kolommen van de CSV (CSV on the Web)."""
    return await _given(nummer, require_acceptable(request.headers, CSVW), collector, request)


async def _given(nummer: str, media_type: str, collector: Collector, request: Request) -> Response:
    def judged(form: FormRow) -> Cut:
        return cut(request.headers, _tag(form), form.size, head=request.state.head)

    found = await hand_out(
        collector,
        nummer_of(nummer),
        media_type,
        lambda form: judged(form).span,
        gateway_of(request),
    )
    return _response(found, judged(found.form), request)


def _response(found: HandedOut, made: Cut, request: Request) -> Response:
    form = found.form
    headers = {"etag": _tag(form), "vary": "accept", "accept-ranges": "bytes"}
    if made.status == 304:
        return Response(status_code=304, headers=headers)
    headers |= _described(found, request) | {"content-disposition": _disposition(found)}
    if made.status == 206:
        span = made.span
        headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{form.size}"
    elif not made.span:
        headers["content-length"] = str(form.size)
    return Response(found.content, made.status, headers, form.media_type)


def _described(found: HandedOut, request: Request) -> dict[str, str]:
    """Give what belongs to one form: to the CSV its columns, to the page what a browser may do."""
    if found.form.csp is not None:
        return {"content-security-policy": found.form.csp}
    if found.form.media_type == CSV:
        namens = request.query_params.get("namens")
        query = f"?{urlencode({'namens': namens})}" if namens else ""
        href = f"/v1/leveringen/{found.levering.nummer}/csvw{query}"
        return {"link": f'<{href}>; rel="describedby"; type="{CSVW}"'}
    return {}


def _disposition(found: HandedOut) -> str:
    levering, form = found.levering, found.form
    name = f"levering-{levering.nummer}-{levering.periode}-{levering.stand}"
    shown = "inline" if form.media_type == HTML else "attachment"
    return f'{shown}; filename="{name}.{_ENDINGS[form.media_type]}"'


def _as_json(item: ListedRelease) -> dict[str, Any]:
    return {
        "nummer": item.nummer,
        "periode": str(item.periode),
        "stand": item.stand,
        "vrijgegevenOp": utc(item.released_at),
        "ingetrokkenOp": utc(item.withdrawn_at) if item.withdrawn_at else None,
        "drempel": item.drempel,
        "certificaat": b64url(item.certificate_digest),
        "manifest": item.manifest,
        "bestanden": [
            {"mediatype": form.media_type, "sha256": b64url(form.sha256), "bytes": form.size}
            for form in item.forms
        ],
    }


def _tag(form: FormRow) -> str:
    """Give the strong entity tag: SHA-256 in base64url, as the manifest lists it."""
    return f'"{b64url(form.sha256)}"'
