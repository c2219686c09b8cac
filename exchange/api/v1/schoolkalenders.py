"""``/vestigingen/{vestigingscode}/schoolkalenders/{schooljaar}``: the weeks without lessons."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from exchange.api.openapi import accepts_body, answers
from exchange.api.openapi.answers.receipts import Toetsing
from exchange.api.openapi.answers.schools import Schoolkalender, VastgelegdeKalender
from exchange.api.openapi.refusals import BODY, VESTIGING
from exchange.api.v1._submission import json_response
from exchange.api.visit import SchoolSide, Valideer, body_as, gateway_of, vestigingscode_of
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Schooljaar
from exchange.messages.verzuimbeleid import SchoolkalenderVersie
from exchange.pipeline.school_policy import put_kalender, read_kalender

router = APIRouter(tags=["Scholen"])
_KALENDER = TypeAdapter(SchoolkalenderVersie)
_PATH = "/vestigingen/{vestigingscode}/schoolkalenders/{schooljaar}"


@router.put(
    _PATH,
    **accepts_body(
        SchoolkalenderVersie,
        "Schoolkalender vastleggen",
        {200: VastgelegdeKalender | Toetsing, 201: VastgelegdeKalender},
        VESTIGING | BODY | {Code.DATUM_ONGELDIG, Code.NIET_GEVONDEN},
    ),
)
async def put_schoolkalender(
    vestigingscode: str,
    schooljaar: str,
    reader: SchoolSide,
    request: Request,
    valideer: Valideer = None,
) -> Response:
    """Leg de lesvrije perioden van een schooljaar vast."""
    code, year = vestigingscode_of(vestigingscode), _schooljaar_of(schooljaar)
    kalender = await body_as(request, _KALENDER)
    rehearsal = valideer == "true"
    created = await put_kalender(
        reader, code, year, kalender, gateway_of(request), rehearsal=rehearsal
    )
    if rehearsal:
        return json_response({"geldig": True, "stromen": []})
    document = {"vestigingscode": str(code), "schooljaar": str(year)}
    return json_response(document, 201 if created else 200)


@router.get(
    _PATH,
    **answers(
        "De vastgelegde schoolkalender", {200: Schoolkalender}, VESTIGING | {Code.NIET_GEVONDEN}
    ),
)
async def get_schoolkalender(
    vestigingscode: str, schooljaar: str, reader: SchoolSide, request: Request
) -> Response:
    """Geef de lesvrije perioden die zijn vastgelegd."""
    code, year = vestigingscode_of(vestigingscode), _schooljaar_of(schooljaar)
    periods = await read_kalender(reader, code, year, gateway_of(request))
    named = [{"van": van.isoformat(), "tot": tot.isoformat()} for van, tot in periods]
    return json_response(
        {"vestigingscode": str(code), "schooljaar": str(year), "lesvrijePerioden": named}
    )


def _schooljaar_of(text: str) -> Schooljaar:
    try:
        return Schooljaar.parse(text)
    except ValueError:
        raise Refused(Code.NIET_GEVONDEN) from None
