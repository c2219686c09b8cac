"""One request and its answer on a connection, as uvicorn has it; an answer may also come whole.

By ASGI an answer is a head and then a body, each a list of fields or a piece that is looked at anew
before it is written. Ours nearly always has both at once, and of the head most is the same for
everybody. So the server offers the application an extension: one message with all of it, in which
what never changes is written out already.
"""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import (
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

from exchange.api.outgoing import Outgoing

WHOLE: Final = "http.response.whole"
"""The extension in the scope, and the type of its message: ``status``, ``headers`` (one of them the
length of ``body``), ``lines`` (more of them, written out) and ``body``; to no HEAD, 204 or 304."""

AT_HAND: Final = "exchange.at_hand"
"""In the last message of a body: all of it was in before the application was asked."""


class Cycle(RequestResponseCycle):
    """uvicorn's cycle, which also takes whole answers, and says whose body nobody waited for."""

    transport: Outgoing  # type: ignore[mutable-override]  # as the protocol makes it
    came_whole = False

    async def receive(self) -> Any:  # noqa: ANN401  an ASGI message
        """Give what came of the body."""
        message: Any = await super().receive()
        if self.came_whole:
            message[AT_HAND] = True
        return message

    async def send(self, message: Any) -> None:  # noqa: ANN401  an ASGI message
        """Write a part of the answer, or all of it."""
        if message["type"] != WHOLE:
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if not self.disconnected:
            self._write(message)

    def _write(self, message: Any) -> None:  # noqa: ANN401  an ASGI message
        if self.response_started:
            raise RuntimeError("An answer was begun before.")
        head = [STATUS_LINE[message["status"]]]
        for name, value in (*self.default_headers, *message["headers"]):
            if HEADER_VALUE_RE.search(value):
                raise RuntimeError("A field holds what ends its line.")
            head += name, b": ", value, b"\r\n"
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        head += message["lines"], end
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write_last(b"".join(head), message["body"])
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
