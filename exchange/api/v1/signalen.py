"""``/signalen``: a school sends a signaal zorgelijk verzuim."""

from __future__ import annotations

from fastapi import APIRouter, Response

from exchange.api.openapi import accepts_message
from exchange.api.openapi.answers.receipts import Ontvangstbewijs, Toetsing
from exchange.api.openapi.refusals import SIGNAAL
from exchange.api.v1._submission import Submitted
from exchange.messages.soort import Soort

router = APIRouter(tags=["Scholen"])


@router.post(
    "/signalen",
    **accepts_message(
        Soort.SIGNAAL,
        "Signaal zorgelijk verzuim insturen",
        {200: Toetsing, 202: Ontvangstbewijs},
        SIGNAAL,
    ),
)
async def post_signaal(submission: Submitted) -> Response:
    """Neem een signaal aan; het antwoord is het getekende ontvangstbewijs."""
    return await submission.take_in(Soort.SIGNAAL)
