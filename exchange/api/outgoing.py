"""Sends what a connection writes within one turn of the event loop in one piece.

uvicorn writes the head of an answer and its body apart: two system calls, and under TLS two
records, of which the first only tells that the second will come.
"""

from __future__ import annotations

import asyncio
from typing import Any


class Outgoing(asyncio.Transport):
    """A transport that gathers what is written until the turn ends; all else is ``transport``'s."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with nothing to send."""
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []

    def write(self, data: Any) -> None:  # noqa: ANN401  bytes-like, as asyncio has it
        """Take ``data`` along; of nothing asyncio would keep an end that is never sent."""
        if not data:
            return
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def write_last(self, *pieces: bytes) -> None:
        """Send ``pieces`` behind what was written: nothing of the answer is still to come."""
        self._written += filter(None, pieces)
        self._send()

    def get_write_buffer_size(self) -> int:
        """Say how much is not sent yet."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._written))

    def close(self) -> None:
        """Send what was written, and then end the connection."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        self._written = []
        self._transport.abort()

    def is_closing(self) -> bool:
        """Say whether it is ending or has ended."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  asyncio's
        """Tell about the connection."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take nothing in for a while."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take in again."""
        self._transport.resume_reading()

    def _send(self) -> None:
        if self._written and not self._transport.is_closing():
            self._transport.writelines(self._written)
        self._written = []
