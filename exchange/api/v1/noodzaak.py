"""``/noodzaak``: who may receive which member of which message, and why; as it is enforced."""

from __future__ import annotations

from fastapi import APIRouter, Response

from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import answers
from exchange.api.openapi.answers.published import Noodzaak
from exchange.api.openapi.refusals import PUBLISHED
from exchange.api.v1._submission import json_response
from exchange.api.visit import Anyone
from exchange.policy.publication import publication

router = APIRouter(tags=["Openbaar"])


@router.get(
    "/noodzaak",
    **answers("De noodzaaktabel die geldt, met haar geschiedenis", {200: Noodzaak}, PUBLISHED),
)
async def get_noodzaak(visit: Anyone) -> Response:
    """Geef elke clausule zoals deze poort haar toepast, en wat is uitgesloten."""
    require_acceptable(visit.request.headers, "application/json")
    gateway = visit.gateway
    return json_response(publication(gateway.necessity, gateway.today(), gateway.mode))
