"""``/sleutel``: a recipient registers the key to which its messages are sealed."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from exchange.api.negotiation import require_acceptable
from exchange.api.openapi import accepts_body
from exchange.api.openapi.answers.recipients import GeregistreerdeSleutel, PubliekeSleutel
from exchange.api.openapi.refusals import BODY, RECIPIENT
from exchange.api.v1._submission import json_response
from exchange.api.visit import AnyRecipient, door_of, gateway_of, read_limited
from exchange.errors import Code
from exchange.messages.document import parse_object, require_json
from exchange.pipeline.registration import register_key

router = APIRouter(tags=["Ontvangers"])


@router.put(
    "/sleutel",
    **accepts_body(
        PubliekeSleutel,
        "Uw publieke sleutel registreren",
        {201: GeregistreerdeSleutel},
        (RECIPIENT | BODY | {Code.SLEUTEL_ONGELDIG}) - {Code.VERPLICHT_VELD},
    ),
)
async def put_sleutel(collector: AnyRecipient, request: Request) -> Response:
    """Registreer uw huidige publieke JWK (EC P-256, of RSA van ten minste 3072 bits)."""
    require_acceptable(request.headers, "application/json")
    require_json(request.headers)
    gateway = gateway_of(request)
    jwk = parse_object(await read_limited(request, gateway.limits.json_bytes))
    registered = await register_key(collector, jwk, gateway)
    await door_of(request).refresh_directory()
    return json_response({"kid": registered.kid, "status": registered.status.value}, 201)
