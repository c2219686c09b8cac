"""httpx over a network of our choice: every notice on a connection of its own.

A connection kept alive would outlive the check of its address; notices to one recipient are few.
There is no pool either: its bookkeeping goes over all that are open for each that comes or goes,
so a thousand recipients that hang would stop the loop for everybody else.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable

import httpcore
import httpx

from adapters.push.network import CheckedNetwork


class CheckedTransport(httpx.AsyncBaseTransport):
    """Sends requests through ``network``; raises what ``httpcore`` and the network raise."""

    def __init__(self, network: CheckedNetwork, tls: Callable[[], ssl.SSLContext]) -> None:
        """``tls`` is asked for each request: whom we trust may change while we run."""
        self._network = network
        self._tls = tls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``; its body is small and whole."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        connection = httpcore.AsyncHTTPConnection(
            url.origin, ssl_context=self._tls(), network_backend=self._network
        )
        try:
            answer = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.content,
                    extensions=request.extensions,
                )
            )
        except BaseException:  # given up in the middle, too, it is closed
            await connection.aclose()
            raise
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Unread(answer, connection)
        )

    async def aclose(self) -> None:
        """Nothing is kept: every connection ends with its notice."""


class _Unread(httpx.AsyncByteStream):
    """The body of an answer, which nobody asks for; closing it ends the connection."""

    def __init__(self, answer: httpcore.Response, connection: httpcore.AsyncHTTPConnection) -> None:
        self._answer = answer
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._answer.aclose()
        await self._connection.aclose()
