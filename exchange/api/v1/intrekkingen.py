"""``/berichten/{berichtId}/intrekkingen``: a school takes an earlier message back."""

from __future__ import annotations

from fastapi import APIRouter, Response

from exchange.api.openapi import accepts_message
from exchange.api.openapi.answers.receipts import Ontvangstbewijs, Toetsing
from exchange.api.openapi.refusals import WITHDRAWAL
from exchange.api.v1._submission import Submitted
from exchange.api.visit import bericht_id_of
from exchange.messages.soort import Soort

router = APIRouter(tags=["Scholen"])


@router.post(
    "/berichten/{berichtId}/intrekkingen",
    **accepts_message(
        Soort.INTREKKING,
        "Een signaal of melding intrekken",
        {200: Ontvangstbewijs | Toetsing, 202: Ontvangstbewijs},
        WITHDRAWAL,
    ),
)
async def post_intrekking(berichtId: str, submission: Submitted) -> Response:  # noqa: N803  wire name
    """Trek een eerder bericht in; een tweede intrekking geeft hetzelfde ontvangstbewijs."""
    return await submission.take_in(Soort.INTREKKING, bericht_id_of(berichtId))
