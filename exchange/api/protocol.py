"""How one connection is read on every listener: no trailers, nothing endless, nobody for ever."""

from __future__ import annotations

import asyncio
import json
from asyncio import TimerHandle
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from exchange.api.cycle import WHOLE, Cycle
from exchange.api.edge import SECURITY_HEADERS
from exchange.api.outgoing import Outgoing

_FAREWELL_SECONDS: Final = 0.5
_PROBLEMS: Final = {
    400: ("Bad Request", "Het verzoek is geen geldig HTTP", "Controleer de opbouw."),
    408: (
        "Request Timeout",
        "Het verzoek kwam te langzaam binnen",
        "Stuur het verzoek in een keer en zonder pauzes.",
    ),
    431: (
        "Request Header Fields Too Large",
        "Er komt te veel mee naast de inhoud",
        "Stuur minder en kortere velden in de kop van het verzoek.",
    ),
}


class _Unfit(Exception):
    """Ends the parsing of a request."""


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, bounded: ``uvicorn.Config(http=HttpProtocol)``.

    Fields after a chunked body (RFC 9112 section 7.1.2) are dropped: uvicorn would add them to the
    head that the application reads, and so an anonymous caller could hand over a ``Client-Cert``
    past a proxy that strips heads only.
    """

    head_seconds: float = 20.0
    window_seconds: float = 10.0
    second_look_seconds: float = 1.0
    least_bytes: int = 160 * 1024
    """Of a body in every window: 16 KiB/s, so that the largest is in within the hour."""

    most_beside: int = 64 * 1024
    most_fields: int = 100
    most_framing: int = 16
    """Bytes of framing for each byte of a body: chunks of one byte take five."""

    _beside = _fields = _field_bytes = _body = 0
    _ended = _is_too_large = False
    _timer: TimerHandle | None = None
    _begun = _awaits_body = _has_just_begun = False
    _received = 0
    _idle_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        """Start to wait for a first request."""
        super().connection_made(Outgoing(transport, self.loop))
        self._expect(self.head_seconds, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._expect_nothing()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bound what is no body: the parser keeps a line for as long as it goes on.

        The head of a further request has as long as the first had, from its first byte.
        """
        body, self._ended = self._body, False
        super().data_received(data)
        self._has_just_begun = False
        self._beside = 0 if self._ended else self._beside + len(data) - (self._body - body)
        if self._beside > self.most_beside + self.most_framing * self._body:
            self._refuse(431)
        if self._timer is None and self._begun:
            self._expect_the_rest()

    def _expect_the_rest(self) -> None:
        """What came in one piece, as most requests do, is never waited for."""
        if self._awaits_body:
            self._expect(self.window_seconds, self._weigh)
        elif self.cycle.response_complete:
            self._expect(self.head_seconds, self._too_slow)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field, of the head or behind the body, as long as there are not too many."""
        self._fields += 1
        self._field_bytes += len(name) + len(value)
        if self._fields > self.most_fields or self._field_bytes > self.most_beside:
            self._is_too_large = True
            raise _Unfit
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Close the head: a field that still comes goes to a list that nobody reads.

        One host is named, not two or none (RFC 9112 section 3.2). Another protocol is not spoken:
        the parser ends such a request at its head, and would take its body for the next one.
        """
        version = self.parser.get_http_version()
        hosts = [name for name, _ in self.headers if name == b"host"]
        if (len(hosts) != 1 and version != "1.0") or self.parser.should_upgrade():
            raise _Unfit
        self._begin(version)
        self.headers = []
        self._begun = self._awaits_body = self._has_just_begun = True
        self._received = 0
        self._expect_nothing()

    def _begin(self, version: str) -> None:
        """Have the application answer, after those that were asked before on this connection."""
        scope: Any = self.scope
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = version
        scope["path"], scope["raw_path"], scope["query_string"] = _parts(self.url)
        scope.setdefault("extensions", {})[WHOLE] = {}
        before: Cycle | None = self.cycle  # type: ignore[assignment]  # None before the first
        self.cycle = Cycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_body(self, body: bytes) -> None:
        """Count what came."""
        self._received += len(body)
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Leave the request to the application, however long that takes."""
        self._expect_nothing()
        self._fields = self._field_bytes = self._body = 0
        self._ended, self._awaits_body = True, False
        if isinstance(self.cycle, Cycle):
            self.cycle.came_whole = self._has_just_begun
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Take the next request that is there, or wait for one.

        One clock watches the whole connection: it is not wound anew for each request, but looks
        how long nothing was asked.
        """
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """End the connection if nothing was asked for too long, else look again."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # the answer that is under way winds the clock
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._watch(left)
        else:
            super().timeout_keep_alive_handler()

    def _watch(self, seconds: float) -> None:
        handler = self.timeout_keep_alive_handler
        self.timeout_keep_alive_task = self.loop.call_later(seconds, handler)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def shutdown(self) -> None:
        """End after the request under way; a connection that was just made may still ask."""
        if self._begun:
            super().shutdown()
        else:
            self.loop.call_later(_FAREWELL_SECONDS, super().shutdown)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as every other fault: a problem document with all headers."""
        self._refuse(431 if self._is_too_large else 400)

    def _weigh(self) -> None:
        """Go on as long as enough comes; else look once more, for it may lie there unread by us."""
        if self._is_enough():
            self._open_window()
        else:
            self._expect(self.second_look_seconds, self._judge)

    def _judge(self) -> None:
        if self._is_enough():
            self._open_window()
        else:
            self._too_slow()

    def _is_enough(self) -> bool:
        """Whether enough came, or it is the application that reads or asks for nothing yet."""
        waits_for_us = self.flow.read_paused or self.cycle.waiting_for_100_continue
        return waits_for_us or self._received >= self.least_bytes

    def _open_window(self) -> None:
        self._received = 0
        self._expect(self.window_seconds, self._weigh)

    def _too_slow(self) -> None:
        if self._begun and self.cycle.response_started:
            self.transport.close()
        else:
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        if not self.transport.is_closing():
            self.transport.write(_answer(status))
            self.transport.close()

    def _expect(self, seconds: float, otherwise: Callable[[], None]) -> None:
        self._expect_nothing()
        self._timer = self.loop.call_later(seconds, otherwise)

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _parts(url: bytes) -> tuple[str, bytes, bytes]:
    """Give the path as it is meant and as it was written, and the query."""
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    return unquote(path) if "%" in path else path, parsed.path, parsed.query or b""


def _answer(status: int) -> bytes:
    reason, title, detail = _PROBLEMS[status]
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = json.dumps(document).encode()
    headers = {
        **SECURITY_HEADERS,
        "content-type": "application/problem+json",
        "content-language": "nl",
        "content-length": str(len(body)),
        "connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode() + body
