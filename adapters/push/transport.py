"""httpx over a network of our choice, on connections that do not outlive the check of an address.

With ``life_seconds`` a connection whose answer came whole is kept for the next notice to the same
server, until so long after its address was checked; without, each ends with its notice. There is no
pool: its bookkeeping goes over all that are open for each that comes or goes, so a thousand
recipients that hang would stop the loop for everybody else.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeAlias

import httpcore
import httpx

from adapters.core_request import core_request
from adapters.push.network import CheckedNetwork, Rationed

_MOST_KEPT = 256
_REST_BYTES = 4096
_REST_SECONDS = 0.2
"""What may follow the head of an answer for its connection to be used again."""


_Server: TypeAlias = tuple[bytes, bytes, int]
"""Scheme, host and port."""


@dataclass(eq=False, slots=True)
class _Line:
    """A connection, and until when it may be used again for those whom we trusted then."""

    connection: httpcore.AsyncHTTPConnection
    server: _Server
    tls: ssl.SSLContext
    until: float
    stream: Rationed | None = None
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)


class CheckedTransport(httpx.AsyncBaseTransport):
    """Sends requests through ``network``; raises what ``httpcore`` and the network raise."""

    def __init__(
        self,
        network: CheckedNetwork,
        tls: Callable[[], ssl.SSLContext],
        life_seconds: float = 0.0,
    ) -> None:
        """``tls`` is asked for each request: whom we trust may change while we run."""
        self._network = network
        self._tls = tls
        self._life_seconds = life_seconds
        self._kept: defaultdict[_Server, list[_Line]] = defaultdict(list)
        self._count = 0
        self._ending: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``; its body is small and whole.

        A server may end a connection that was kept just as we use it. When it said nothing on it,
        the request goes out once more, on a new one.
        """
        asked, tls = core_request(request, request.content), self._tls()
        if (line := self._taken(_server(asked.url.origin), tls)) and line.stream:
            line.stream.begin()
            try:
                return await self._ask(line, asked)
            except (httpcore.NetworkError, httpcore.ProtocolError):
                if line.stream.heard:
                    raise
        return await self._ask(self._new(asked.url.origin, tls), asked)

    async def aclose(self) -> None:
        """Close what was kept."""
        for line in [line for lines in self._kept.values() for line in lines]:
            self._let_go(line)
        await asyncio.gather(*self._ending)

    async def _ask(self, line: _Line, asked: httpcore.Request) -> httpx.Response:
        try:
            answer = await line.connection.handle_async_request(asked)
        except BaseException:  # given up in the middle, too, it is closed
            await line.connection.aclose()
            raise
        line.stream = answer.extensions.get("network_stream")
        keep = self._keep if httpx.codes.is_success(answer.status) and self._life_seconds else None
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Unread(answer, line, keep)
        )

    def _new(self, origin: httpcore.Origin, tls: ssl.SSLContext) -> _Line:
        connection = httpcore.AsyncHTTPConnection(
            origin, ssl_context=tls, network_backend=self._network
        )
        return _Line(connection, _server(origin), tls, _now() + self._life_seconds)

    def _taken(self, server: _Server, tls: ssl.SSLContext) -> _Line | None:
        """Take a connection that can be used again; let go of those that cannot."""
        while lines := self._kept.get(server):
            line = lines[-1]
            if line.tls is tls and line.until > _now() and not line.connection.has_expired():
                self._forget(line)
                return line
            self._let_go(line)
        return None

    def _keep(self, line: _Line, answer: httpcore.Response) -> bool:
        """Keep a connection for the next request, if it may be used again and there is room.

        On one that said more than its answer, the rest would be taken for the answer to the next.
        """
        left = line.until - _now()
        if left <= 0 or self._count >= _MOST_KEPT or not line.connection.is_idle():
            return False
        if line.stream is None or not _is_one_answer(line.stream.heard, answer):
            return False
        line.timer = asyncio.get_running_loop().call_later(left, self._let_go, line)
        self._kept[line.server].append(line)
        self._count += 1
        return True

    def _forget(self, line: _Line) -> None:
        if line.timer:
            line.timer.cancel()
        self._kept[line.server].remove(line)
        self._count -= 1
        if not self._kept[line.server]:
            del self._kept[line.server]

    def _let_go(self, line: _Line) -> None:
        self._forget(line)
        ending = asyncio.ensure_future(line.connection.aclose())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


class _Unread(httpx.AsyncByteStream):
    """The body of an answer, which few ask for; closing it frees the connection, or ends it."""

    def __init__(
        self,
        answer: httpcore.Response,
        line: _Line,
        keep: Callable[[_Line, httpcore.Response], bool] | None,
    ) -> None:
        self._answer = answer
        self._line = line
        self._keep = keep

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        kept = False
        try:
            whole = self._keep is not None and await self._ends_soon()
            await self._answer.aclose()
            kept = whole and self._keep is not None and self._keep(self._line, self._answer)
        finally:
            if not kept:
                await self._line.connection.aclose()

    async def _ends_soon(self) -> bool:
        """Read what follows the head, if it is little and comes at once."""
        size = 0
        try:
            async with asyncio.timeout(_REST_SECONDS), aclosing(self._chunks()) as chunks:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > _REST_BYTES:
                        return False
        except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
            return False
        return True

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        async for chunk in self._answer.aiter_stream():
            yield chunk


def _is_one_answer(heard: bytes, answer: httpcore.Response) -> bool:
    """Whether exactly one head was read, that of ``answer``, and the body whose length it told."""
    head, _, body = heard.partition(b"\r\n\r\n")
    lengths = [value for name, value in answer.headers if name.lower() == b"content-length"]
    told = [b"0"] if answer.status == httpx.codes.NO_CONTENT else lengths
    return head.split(b" ")[1:2] == [b"%d" % answer.status] and told == [b"%d" % len(body)]


def _server(origin: httpcore.Origin) -> _Server:
    return origin.scheme, origin.host, origin.port


def _now() -> float:
    return asyncio.get_running_loop().time()
