"""What is written in one turn of the loop leaves in one piece, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from exchange.api.outgoing import Outgoing


class Wire(asyncio.Transport):
    """A connection that remembers every piece that was sent, and its end."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.closed = False

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Send one piece."""
        assert not self.closed
        self.pieces.append(b"".join(list_of_data))

    def close(self) -> None:
        """End."""
        self.closed = True

    def abort(self) -> None:
        """End at once."""
        self.closed = True

    def is_closing(self) -> bool:
        """Tell of the end."""
        return self.closed

    def get_write_buffer_size(self) -> int:
        """Hold nothing back."""
        return 0


def outgoing() -> tuple[Wire, Outgoing]:
    wire = Wire()
    return wire, Outgoing(wire, asyncio.get_running_loop())


async def test_a_head_and_its_body_leave_together() -> None:
    wire, connection = outgoing()
    connection.write(b"head")
    connection.write(b"body")
    assert (wire.pieces, connection.get_write_buffer_size()) == ([], 8)
    await asyncio.sleep(0)
    assert (wire.pieces, connection.get_write_buffer_size()) == ([b"headbody"], 0)


async def test_what_is_last_leaves_at_once_and_behind_the_rest() -> None:
    wire, connection = outgoing()
    connection.write_last(b"answer")
    connection.write(b"continue")
    connection.write_last(b"the next")
    assert (wire.pieces, connection.get_write_buffer_size()) == (
        [b"answer", b"continuethe next"],
        0,
    )
    await asyncio.sleep(0)
    assert wire.pieces == [b"answer", b"continuethe next"]


async def test_what_is_written_later_leaves_later() -> None:
    wire, connection = outgoing()
    for piece in (b"continue", b"answer"):
        connection.write(piece)
        await asyncio.sleep(0)
    assert wire.pieces == [b"continue", b"answer"]


async def test_what_was_written_before_the_end_still_leaves() -> None:
    wire, connection = outgoing()
    connection.write(b"farewell")
    connection.close()
    assert (wire.pieces, connection.is_closing()) == ([b"farewell"], True)
    await asyncio.sleep(0)
    assert wire.pieces == [b"farewell"]


async def test_nothing_leaves_after_the_connection_was_dropped() -> None:
    wire, connection = outgoing()
    connection.write(b"too late")
    connection.abort()
    await asyncio.sleep(0)
    assert wire.pieces == []


async def test_nothing_leaves_when_the_other_side_is_gone() -> None:
    wire, connection = outgoing()
    connection.write(b"too late")
    wire.closed = True
    await asyncio.sleep(0)
    assert wire.pieces == []
