"""``/verzuimmeldingen``: a school makes a statutory verzuimmelding."""

from __future__ import annotations

from fastapi import APIRouter, Response

from exchange.api.openapi import accepts_message
from exchange.api.openapi.answers.receipts import Ontvangstbewijs, Toetsing
from exchange.api.openapi.refusals import VERZUIMMELDING
from exchange.api.v1._submission import Submitted
from exchange.messages.soort import Soort

router = APIRouter(tags=["Scholen"])


@router.post(
    "/verzuimmeldingen",
    **accepts_message(
        Soort.VERZUIMMELDING,
        "Wettelijke verzuimmelding insturen",
        {200: Toetsing, 202: Ontvangstbewijs},
        VERZUIMMELDING,
    ),
)
async def post_verzuimmelding(submission: Submitted) -> Response:
    """Neem een verzuimmelding aan; het antwoord is het getekende ontvangstbewijs."""
    return await submission.take_in(Soort.VERZUIMMELDING)
