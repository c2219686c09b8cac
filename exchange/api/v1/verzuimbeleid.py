"""``/vestigingen/{vestigingscode}/verzuimbeleid``: a school's absence policy."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter, ValidationError

from exchange.api.openapi import accepts_body, answers
from exchange.api.openapi.answers.receipts import Toetsing
from exchange.api.openapi.answers.schools import VastgelegdBeleid, Verzuimbeleid
from exchange.api.openapi.refusals import BODY, VESTIGING
from exchange.api.v1._submission import json_response
from exchange.api.visit import SchoolSide, Valideer, body_as, gateway_of, vestigingscode_of
from exchange.errors import Code, Invalid, Violation
from exchange.messages.verzuimbeleid import VerzuimbeleidVersie
from exchange.messages.wire import Datum
from exchange.pipeline.school_policy import put_beleid, read_beleid

router = APIRouter(tags=["Scholen"])
Op = Annotated[str | None, Query(description="Dag: geef de versie die dan geldt.")]
_DAY: TypeAdapter[date | None] = TypeAdapter(Datum | None)
_VERSIE = TypeAdapter(VerzuimbeleidVersie)
_PATH = "/vestigingen/{vestigingscode}/verzuimbeleid"


@router.put(
    _PATH,
    **accepts_body(
        VerzuimbeleidVersie,
        "Verzuimbeleid vastleggen",
        {200: VastgelegdBeleid | Toetsing, 201: VastgelegdBeleid},
        VESTIGING | BODY | {Code.DATUM_ONGELDIG, Code.PGN_IN_VRIJE_TEKST},
    ),
)
async def put_verzuimbeleid(
    vestigingscode: str, reader: SchoolSide, request: Request, valideer: Valideer = None
) -> Response:
    """Leg een versie vast; van eigen redenen blijft alleen een onleesbare afdruk bewaard."""
    code = vestigingscode_of(vestigingscode)
    beleid = await body_as(request, _VERSIE)
    rehearsal = valideer == "true"
    gateway = gateway_of(request)
    is_new = await put_beleid(reader, code, beleid, gateway, rehearsal=rehearsal)
    if rehearsal:
        return json_response({"geldig": True, "stromen": []})
    named = [element.reveal() for element in beleid.elementen]
    return json_response(
        {
            "vestigingscode": str(code),
            "geldigVanaf": beleid.geldig_vanaf.isoformat(),
            "ontbrekendeElementen": list(gateway.elementen.missing(named, beleid.geldig_vanaf)),
        },
        201 if is_new else 200,
    )


@router.get(
    _PATH,
    **answers(
        "Het vastgelegde verzuimbeleid",
        {200: Verzuimbeleid},
        VESTIGING | {Code.NIET_GEVONDEN, Code.DATUM_ONGELDIG},
    ),
)
async def get_verzuimbeleid(
    vestigingscode: str, reader: SchoolSide, request: Request, op: Op = None
) -> Response:
    """Geef wat is vastgelegd; van eigen redenen alleen hoeveel het er zijn.

    Zonder `op` de versie die het laatst is vastgelegd, ook als die later pas geldt.
    """
    code, gateway = vestigingscode_of(vestigingscode), gateway_of(request)
    row = await read_beleid(reader, code, _day_of(op), gateway)
    return json_response(
        {
            "vestigingscode": str(code),
            "vastgesteldOp": row.vastgesteld_op.isoformat(),
            "geldigVanaf": row.geldig_vanaf.isoformat(),
            "lesuurInMinuten": row.lesuur_in_minuten,
            "aantalRedenen": len(row.redenen),
            "signaalcriteria": [{"code": code} for code in row.criteria],
            "elementen": list(row.elementen),
            "ontbrekendeElementen": list(
                gateway.elementen.missing(row.elementen, row.geldig_vanaf)
            ),
        }
    )


def _day_of(op: str | None) -> date | None:
    try:
        return _DAY.validate_python(op)
    except ValidationError:
        fault = Violation("/op", Code.DATUM_ONGELDIG, "Een dag is JJJJ-MM-DD en bestaat.")
        raise Invalid([fault]) from None
