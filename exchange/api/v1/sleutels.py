"""``/sleutels``: the gateway's public keys, for whoever checks a receipt or a sealed message."""

from __future__ import annotations

from fastapi import APIRouter, Response

from exchange.accountability.checkpoint import checkpoint_jwk, origin_of
from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import answers
from exchange.api.openapi.answers.published import Sleutels
from exchange.api.openapi.refusals import PUBLISHED
from exchange.api.v1._submission import json_response
from exchange.api.visit import Anyone

router = APIRouter(tags=["Openbaar"])


@router.get(
    "/sleutels", **answers("Publieke sleutels van de poort (JWKS)", {200: Sleutels}, PUBLISHED)
)
async def get_sleutels(visit: Anyone) -> Response:
    """Geef de publieke sleutels als JWKS (RFC 7517)."""
    require_acceptable(visit.request.headers, "application/json")
    gateway = visit.gateway
    checkpoints = checkpoint_jwk(origin_of(gateway.oin), gateway.keys)
    return json_response({"keys": [*gateway.keys.public_keys(), checkpoints]})
