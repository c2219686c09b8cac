"""How every message a school sends is taken in: the same five lines for each kind."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Response

from exchange.api.answer import JSON, Ready
from exchange.api.negotiation import require_acceptable
from exchange.api.visit import (
    Valideer,
    Visit,
    connected,
    read_limited,
    read_packing,
    require_still_known,
)
from exchange.messages.soort import Soort
from exchange.pipeline.accounts import at_rest_status, line_of
from exchange.pipeline.body import Body, Packed
from exchange.pipeline.flow import accept, accept_lines, rehearse, rehearse_lines
from exchange.pipeline.registrations.evidence import counted
from exchange.pipeline.registrations.unpack import is_ndjson, is_plain, may_be_large
from exchange.pipeline.stages import Account, RawRequest, Stored
from exchange.policy.status import Status

_REPLAYED = ((b"idempotent-replayed", b"true"),)


async def submission(
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
        most = self._visit.gateway.limits.json_bytes
        raw = self._raw(soort, await read_limited(self._visit.request, most), about)
        if self._rehearsal:
            return self._rehearsed(await rehearse(raw, self._visit.gateway))
        return _receipt(await accept(raw, self._visit.gateway))

    async def take_in_lines(self, soort: Soort) -> Response:
        """Do the same for a message that may come many at a time."""
        raw, gateway = self._raw(soort, await self._body()), self._visit.gateway
        if not may_be_large(raw.headers, raw.content, gateway.limits.json_bytes):
            return await self._lines(raw)
        async with gateway.turns.turn(raw.peer):
            require_still_known(self._visit.request)
            return await self._lines(raw)

    async def _lines(self, raw: RawRequest) -> Response:
        if self._rehearsal:
            whole = await rehearse_lines(raw, self._visit.gateway)
            found = counted(whole.kept.lines, whole.refusals)
            return self._rehearsed(whole.accounts, valid=whole.refusals.count == 0, **found)
        return _receipt(await accept_lines(raw, self._visit.gateway))

    async def _body(self) -> Body:
        """What comes packed is kept as it comes."""
        request, limits = self._visit.request, self._visit.gateway.limits
        if not is_ndjson(request.headers):
            return await read_limited(request, limits.json_bytes)
        read = read_packing if is_plain(request.headers) else read_limited
        return await read(request, limits.ndjson_bytes)

    def _raw(self, soort: Soort, content: Body, about: UUID | None = None) -> RawRequest:
        visit, packed = self._visit, content if isinstance(content, Packed) else None
        return RawRequest(
            soort=soort,
            path=visit.request.scope["path"],
            headers=visit.request.headers,
            body=b"" if isinstance(content, Packed) else content,
            peer=visit.peer,
            trace=visit.trace,
            about=about,
            rehearsal=self._rehearsal,
            namens=visit.namens,
            concerned=visit.request.scope["state"]["concerned"],
            packed=packed,
        )

    def _rehearsed(
        self, accounts: Iterable[Account], *, valid: bool = True, **found: object
    ) -> Response:
        day = self._visit.gateway.necessity.on(self._visit.gateway.today()).geldig_vanaf
        lines = [line_of(a, at_rest_status(a, Status.WACHTEND), day) for a in accounts]
        return json_response({"geldig": valid, "stromen": lines, **found})


def _receipt(stored: Stored) -> Response:
    return Ready(stored.receipt, stored.status, _REPLAYED if stored.replayed else ())


Submitted = Annotated[Submission, Depends(submission)]


def json_response(document: object, status: int = 200) -> Response:
    """Give a JSON answer as UTF-8 without escapes."""
    return Ready(json.dumps(document, ensure_ascii=False).encode(), status)
