"""``/vestigingen/{vestigingscode}/schoolcijfers/{periode}``: figures in place of registrations."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from exchange.api.openapi import accepts_body, answers
from exchange.api.openapi.answers.receipts import Toetsing
from exchange.api.openapi.answers.schools import SchoolcijfersVanMaand, VastgelegdeMaand
from exchange.api.openapi.refusals import FIGURES, VESTIGING
from exchange.api.v1 import _figures
from exchange.api.v1._figures import Month
from exchange.api.visit import SchoolSide, Valideer
from exchange.errors import Code
from exchange.messages.schoolcijfers import Schoolcijfers
from exchange.messages.soort import Soort

router = APIRouter(tags=["Scholen"])
_PATH = "/vestigingen/{vestigingscode}/schoolcijfers/{periode}"


@router.put(
    _PATH,
    **accepts_body(
        Schoolcijfers,
        "Schoolcijfers van een maand vastleggen",
        {200: VastgelegdeMaand | Toetsing, 201: VastgelegdeMaand},
        FIGURES | {Code.PERIODE_GESLOTEN, Code.BRON_STRIJDIG},
    ),
)
async def put_schoolcijfers(
    vestigingscode: str,
    periode: str,
    reader: SchoolSide,
    request: Request,
    valideer: Valideer = None,
) -> Response:
    """Leg de cijfers van een open maand vast, in plaats van registraties: het een of het ander."""
    month = Month.named(vestigingscode, periode)
    return await _figures.put(month, Soort.SCHOOLCIJFERS, reader, request, valideer)


@router.get(
    _PATH,
    **answers(
        "De vastgelegde schoolcijfers van een maand",
        {200: SchoolcijfersVanMaand},
        VESTIGING | {Code.NIET_GEVONDEN},
    ),
)
async def get_schoolcijfers(
    vestigingscode: str, periode: str, reader: SchoolSide, request: Request
) -> Response:
    """Geef de cijfers die zijn vastgelegd."""
    month = Month.named(vestigingscode, periode)
    return await _figures.get(month, Soort.SCHOOLCIJFERS, reader, request)
