"""How every message a school sends is taken in: the same five lines for each kind."""

from __future__ import annotations

import json
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Response

from exchange.api.negotiation import require_acceptable
from exchange.api.visit import Valideer, Visit, connected, read_limited
from exchange.messages.soort import Soort
from exchange.pipeline.flow import accept, rehearse
from exchange.pipeline.lines import at_rest_status, line_of
from exchange.pipeline.stages import RawRequest
from exchange.policy.status import Status

JSON = "application/json"


def submission(
    visit: Annotated[Visit, Depends(connected)],
    idempotency_key: Annotated[  # noqa: ARG001  declared for OpenAPI; intake reads the header
        str | None,
        Header(description="1 tot 255 zichtbare tekens; verplicht, behalve bij `valideer=true`."),
    ] = None,
    valideer: Valideer = None,
) -> Submission:
    """Admit a connected party with a message in hand."""
    require_acceptable(visit.request.headers, JSON)
    return Submission(visit, rehearsal=valideer == "true")


class Submission:
    """A message at the door."""

    def __init__(self, visit: Visit, *, rehearsal: bool) -> None:
        """Keep the visit; the body is read when the message is taken in."""
        self._visit = visit
        self._rehearsal = rehearsal

    async def take_in(self, soort: Soort, about: UUID | None = None) -> Response:
        """Run the flow and answer with the receipt, or with what a rehearsal found."""
        visit = self._visit
        raw = RawRequest(
            soort=soort,
            path=visit.request.url.path,
            headers=visit.request.headers,
            body=await read_limited(visit.request, visit.gateway.limits.json_bytes),
            peer=visit.peer,
            trace=visit.trace,
            about=about,
            rehearsal=self._rehearsal,
        )
        if self._rehearsal:
            return await self._rehearsed(raw)
        stored = await accept(raw, visit.gateway)
        headers = {"idempotent-replayed": "true"} if stored.replayed else {}
        return Response(stored.receipt, stored.status, headers, JSON)

    async def _rehearsed(self, raw: RawRequest) -> Response:
        accounts = await rehearse(raw, self._visit.gateway)
        day = self._visit.gateway.necessity.on(self._visit.gateway.today()).geldig_vanaf
        lines = [line_of(a, at_rest_status(a, Status.WACHTEND), day).as_json() for a in accounts]
        return json_response({"geldig": True, "stromen": lines})


Submitted = Annotated[Submission, Depends(submission)]


def json_response(document: object, status: int = 200) -> Response:
    """Give a JSON answer as UTF-8 without escapes."""
    return Response(json.dumps(document, ensure_ascii=False).encode(), status, media_type=JSON)
