"""``/vestigingen/{vestigingscode}/verzuimbeleid``: a school's absence policy."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from exchange.api.openapi import accepts_body, answers
from exchange.api.v1._submission import json_response
from exchange.api.visit import SchoolSide, Valideer, body_as, gateway_of, vestigingscode_of
from exchange.messages.verzuimbeleid import VerzuimbeleidVersie
from exchange.pipeline.school_policy import put_beleid, read_beleid
from exchange.policy.elementen import missing_elements

router = APIRouter(tags=["Scholen"])
_VERSIE = TypeAdapter(VerzuimbeleidVersie)
_PATH = "/vestigingen/{vestigingscode}/verzuimbeleid"


@router.put(_PATH, **accepts_body(VerzuimbeleidVersie, "Verzuimbeleid vastleggen"))
async def put_verzuimbeleid(
    vestigingscode: str, reader: SchoolSide, request: Request, valideer: Valideer = None
) -> Response:
    """Leg een versie vast; van eigen redenen blijft alleen een onleesbare afdruk bewaard."""
    code = vestigingscode_of(vestigingscode)
    beleid = await body_as(request, _VERSIE)
    rehearsal = valideer == "true"
    is_new = await put_beleid(reader, code, beleid, gateway_of(request), rehearsal=rehearsal)
    if rehearsal:
        return json_response({"geldig": True, "stromen": []})
    named = [element.reveal() for element in beleid.elementen]
    return json_response(
        {
            "vestigingscode": str(code),
            "geldigVanaf": beleid.geldig_vanaf.isoformat(),
            "ontbrekendeElementen": list(missing_elements(named, beleid.geldig_vanaf)),
        },
        201 if is_new else 200,
    )


@router.get(_PATH, **answers("Het laatst vastgelegde verzuimbeleid"))
async def get_verzuimbeleid(vestigingscode: str, reader: SchoolSide, request: Request) -> Response:
    """Geef wat is vastgelegd; van eigen redenen alleen hoeveel het er zijn."""
    code = vestigingscode_of(vestigingscode)
    row = await read_beleid(reader, code, gateway_of(request))
    return json_response(
        {
            "vestigingscode": str(code),
            "vastgesteldOp": row.vastgesteld_op.isoformat(),
            "geldigVanaf": row.geldig_vanaf.isoformat(),
            "lesuurInMinuten": row.lesuur_in_minuten,
            "aantalRedenen": len(row.redenen),
            "signaalcriteria": [{"code": code} for code in row.criteria],
            "elementen": list(row.elementen),
            "ontbrekendeElementen": list(missing_elements(row.elementen, row.geldig_vanaf)),
        }
    )
