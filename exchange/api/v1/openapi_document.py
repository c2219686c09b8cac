"""``/openapi.json``: the description of this API, readable by everybody from anywhere."""

from __future__ import annotations

from fastapi import APIRouter, Response

from exchange.api.negotiation import require_acceptable
from exchange.api.v1._submission import json_response
from exchange.api.visit import Anyone

router = APIRouter()


@router.get("/openapi.json", include_in_schema=False)
async def get_openapi(visit: Anyone) -> Response:
    """Geef de beschrijving (OpenAPI 3.1)."""
    require_acceptable(visit.request.headers, "application/json")
    response = json_response(visit.request.app.openapi())
    response.headers["access-control-allow-origin"] = "*"
    return response
