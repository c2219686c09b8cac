"""Step 1: take bytes and headers in, if their size, type and idempotency key are acceptable."""

from __future__ import annotations

import re
from datetime import datetime

from exchange.errors import Code, Invalid, Refused, Violation
from exchange.messages.contracts import CONTRACTS
from exchange.messages.document import require_json
from exchange.messages.soort import Soort
from exchange.pipeline.body import Body, Packed
from exchange.pipeline.registrations.unpack import is_ndjson, line_count, unpacked
from exchange.pipeline.stages import Limits, RawRequest, Received
from exchange.policy.calendar import legal_day

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def intake(request: RawRequest, limits: Limits, now: datetime) -> Received:
    """Accept the outside of a request; raises for a body too large, of another type, or keyless.

    Idempotency keys are 1 to 255 visible characters; a rehearsal (``?valideer=true``) has none.
    """
    many = request.soort is Soort.VERZUIMREGISTRATIES and is_ndjson(request.headers)
    content = _lines(request, limits) if many else _json(request, limits)
    packed = content if isinstance(content, Packed) else None
    return Received(
        contract=CONTRACTS[request.soort],
        path=request.path,
        body=b"" if isinstance(content, Packed) else content,
        many=many,
        lines=line_count(content) if many else 1,
        idempotency_key="" if request.rehearsal else _key(request),
        peer=request.peer,
        trace=request.trace,
        about=request.about,
        received_at=now,
        today=legal_day(now),
        namens=request.namens,
        concerned=request.concerned,
        packed=packed,
    )


def _json(request: RawRequest, limits: Limits) -> bytes:
    if len(request.body) > limits.json_bytes:
        raise Refused(Code.TE_GROOT)
    require_json(request.headers)
    return request.body


def _lines(request: RawRequest, limits: Limits) -> Body:
    return unpacked(request.headers, request.content, limits.ndjson_bytes, limits.ndjson_lines)


def _key(request: RawRequest) -> str:
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise Invalid(
            [
                Violation(
                    "",
                    Code.IDEMPOTENTIESLEUTEL_ONTBREEKT,
                    "Stuur de header Idempotency-Key mee met 1 tot 255 zichtbare tekens.",
                )
            ]
        )
    return key
