"""What ``httpx`` asks, in the words of the library below it."""

from __future__ import annotations

from collections.abc import Iterable

import httpcore
import httpx


def core_request(request: httpx.Request, content: bytes | Iterable[bytes]) -> httpcore.Request:
    """Give ``request`` as ``httpcore`` takes it, with ``content`` for a body."""
    url = httpcore.URL(
        scheme=request.url.raw_scheme,
        host=request.url.raw_host,
        port=request.url.port,
        target=request.url.raw_path,
    )
    return httpcore.Request(
        request.method,
        url,
        headers=request.headers.raw,
        content=content,
        extensions=request.extensions,
    )
