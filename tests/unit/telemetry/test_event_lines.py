"""One event is one line of JSON, whatever its fields hold."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from exchange.telemetry.events import FAULT, STOPPED, configure_logging, emit

NASTY = (
    "one\ntwo",
    'one\r\n{"event": "started"}',
    "\x1b[31mred\x1b[0m \x07",
    "one\u2028two\u2029three\x85four",
    "\u202egnal desrever\u202c",
    '"}, {"event": "forged"',
    "\x00\x0b\x0c",
    "\ud800 alone",
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream, before, root = io.StringIO(), structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logging(stream)
    yield stream
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_an_event_is_one_line_whatever_its_fields_hold(written: io.StringIO, text: str) -> None:
    emit(FAULT, where=text)
    line = written.getvalue()
    assert line.endswith("\n")
    assert line[:-1].isascii()
    assert line[:-1].isprintable()
    assert len(line.splitlines()) == 1
    assert json.loads(line)["where"] == text
    assert json.loads(line)["event"] == FAULT.name


class _Full(io.StringIO):
    """A stream whose disk is full."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


async def test_a_line_that_cannot_be_written_stops_nothing(written: io.StringIO) -> None:
    assert not written.getvalue()
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    configure_logging(_Full())
    emit(STOPPED, part="a")
    await asyncio.sleep(0)
    emit(FAULT, where="b")
    logging.getLogger("library").warning("c")
    await asyncio.to_thread(emit, STOPPED, part="d")
    configure_logging(written)
    assert not faults
    emit(FAULT, where="e")
    assert json.loads(written.getvalue())["where"] == "e"


async def test_lines_of_one_turn_leave_together_and_in_order(written: io.StringIO) -> None:
    emit(STOPPED, part="a")
    emit(STOPPED, part="b")
    assert written.getvalue() == ""
    await asyncio.sleep(0)
    assert [json.loads(line)["part"] for line in written.getvalue().splitlines()] == ["a", "b"]


async def test_what_is_wrong_is_told_at_once_behind_what_was_told_before(
    written: io.StringIO,
) -> None:
    emit(STOPPED, part="a")
    emit(FAULT, where="b")
    events = [json.loads(line)["event"] for line in written.getvalue().splitlines()]
    assert events == ["stopped", "fault"]
    emit(STOPPED, part="c")
    await asyncio.sleep(0)
    assert len(written.getvalue().splitlines()) == 3


def test_what_still_waits_when_a_loop_ends_is_not_lost(written: io.StringIO) -> None:
    async def last_words() -> None:
        emit(STOPPED, part="a")

    with asyncio.Runner() as runner:
        runner.run(last_words())
    assert len(written.getvalue().splitlines()) == 1
