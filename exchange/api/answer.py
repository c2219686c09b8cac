"""An answer whose bytes are ready: it says how long and of which kind they are, no more."""

from __future__ import annotations

from fastapi import Response

JSON = "application/json"
_JSON = (b"content-type", JSON.encode())


class Ready(Response):
    """JSON that is written already; ``fields`` go before the two that every answer has."""

    def __init__(
        self, body: bytes, status: int, fields: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        self.body, self.status_code, self.background = body, status, None
        self.raw_headers = [*fields, (b"content-length", b"%d" % len(body)), _JSON]
