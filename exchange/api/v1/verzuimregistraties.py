"""``/verzuimregistraties``: a school sends absence, one registration or many."""

from __future__ import annotations

from fastapi import APIRouter, Response

from exchange.api.openapi import accepts_message
from exchange.api.openapi.answers.receipts import OntvangstbewijsRegistraties, ToetsingRegistraties
from exchange.api.openapi.refusals import LINE, REGISTRATION
from exchange.api.v1._submission import Submitted
from exchange.messages.soort import Soort

router = APIRouter(tags=["Scholen"])


@router.post(
    "/verzuimregistraties",
    **accepts_message(
        Soort.VERZUIMREGISTRATIES,
        "Verzuimregistraties insturen",
        {200: ToetsingRegistraties, 202: OntvangstbewijsRegistraties},
        REGISTRATION,
        lines=LINE,
    ),
)
async def post_verzuimregistraties(submission: Submitted) -> Response:
    """Neem een registratie aan (JSON) of vele (NDJSON); wat niet goed is, komt per regel terug."""
    return await submission.take_in_lines(Soort.VERZUIMREGISTRATIES)
