"""httpx over a network of our choice: every notice on a connection of its own.

A connection kept alive would outlive the check of its address; notices to one recipient are few.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import httpcore
import httpx

from adapters.push.network import CheckedNetwork


class CheckedTransport(httpx.AsyncBaseTransport):
    """Sends requests through ``network``; raises what ``httpcore`` and the network raise."""

    def __init__(self, network: CheckedNetwork, tls: ssl.SSLContext) -> None:
        self._network = network
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=network,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``; its body is small and whole."""
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.content,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Unread(answer))

    async def aclose(self) -> None:
        """Close what is open."""
        await self._pool.aclose()
        self._network.close()


class _Unread(httpx.AsyncByteStream):
    """The body of an answer, which nobody asks for; closing it ends the connection."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._answer.aclose()
