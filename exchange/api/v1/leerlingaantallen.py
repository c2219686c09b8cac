"""``/vestigingen/{vestigingscode}/leerlingaantallen/{periode}``: how many pupils there are."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from exchange.api.openapi import accepts_body, answers
from exchange.api.openapi.answers.receipts import Toetsing
from exchange.api.openapi.answers.schools import LeerlingaantallenVanMaand, VastgelegdeMaand
from exchange.api.openapi.refusals import FIGURES, VESTIGING
from exchange.api.v1 import _figures
from exchange.api.v1._figures import Month
from exchange.api.visit import SchoolSide, Valideer
from exchange.errors import Code
from exchange.messages.schoolcijfers import Leerlingaantallen
from exchange.messages.soort import Soort

router = APIRouter(tags=["Scholen"])
_PATH = "/vestigingen/{vestigingscode}/leerlingaantallen/{periode}"


@router.put(
    _PATH,
    **accepts_body(
        Leerlingaantallen,
        "Leerlingaantallen van een maand vastleggen",
        {200: VastgelegdeMaand | Toetsing, 201: VastgelegdeMaand},
        FIGURES,
    ),
)
async def put_leerlingaantallen(
    vestigingscode: str,
    periode: str,
    reader: SchoolSide,
    request: Request,
    valideer: Valideer = None,
) -> Response:
    """Leg vast hoeveel leer- of kwalificatieplichtige leerlingen er zijn; een maand sluit niet."""
    month = Month.named(vestigingscode, periode)
    return await _figures.put(month, Soort.LEERLINGAANTALLEN, reader, request, valideer)


@router.get(
    _PATH,
    **answers(
        "De vastgelegde leerlingaantallen van een maand",
        {200: LeerlingaantallenVanMaand},
        VESTIGING | {Code.NIET_GEVONDEN},
    ),
)
async def get_leerlingaantallen(
    vestigingscode: str, periode: str, reader: SchoolSide, request: Request
) -> Response:
    """Geef de aantallen die zijn vastgelegd."""
    month = Month.named(vestigingscode, periode)
    return await _figures.get(month, Soort.LEERLINGAANTALLEN, reader, request)
