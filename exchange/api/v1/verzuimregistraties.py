"""``/verzuimregistraties``: a school sends absence, one registration or many."""

from __future__ import annotations

from fastapi import APIRouter, Response

from exchange.api.openapi import accepts_message
from exchange.api.v1._submission import Submitted
from exchange.messages.soort import Soort

router = APIRouter(tags=["Scholen"])


@router.post(
    "/verzuimregistraties",
    **accepts_message(
        Soort.VERZUIMREGISTRATIES, "Verzuimregistraties insturen", lines="application/x-ndjson"
    ),
)
async def post_verzuimregistraties(submission: Submitted) -> Response:
    """Neem een registratie aan (JSON) of vele (NDJSON); wat niet goed is, komt per regel terug."""
    return await submission.take_in_lines(Soort.VERZUIMREGISTRATIES)
