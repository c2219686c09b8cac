"""The event catalogue: what may be logged, field by field; what is not listed is dropped.

These lines are for operators. Who saw what about whom stands in the access log, in the database.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, TextIO

import structlog


class Level(StrEnum):
    """How loud an event is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of line and the fields it may carry; none of them can hold a personal value."""

    name: str
    fields: frozenset[str]
    level: Level = Level.INFO


def _event(name: str, *fields: str, level: Level = Level.INFO) -> Event:
    return Event(name, frozenset(fields), level)


STARTED = _event("started", "part", "version", "mode")
STOPPED = _event("stopped", "part")
REQUEST = _event("request", "method", "route", "status", "milliseconds", "trace_id", "code")
FAULT = _event("fault", "error", "where", "rule", "trace_id", level=Level.ERROR)
DEPENDENCY_LOST = _event("dependency-lost", "part", "error", level=Level.WARNING)
DEPENDENCY_BACK = _event("dependency-back", "part")
DIRECTORY_LOADED = _event("directory-loaded", "parties", "vestigingen")
PUSH_TRIED = _event("push-tried", "bericht_id", "outcome", "attempt")
MESSAGES_PARKED = _event("messages-parked", "count", level=Level.WARNING)
MESSAGES_LAPSED = _event("messages-lapsed", "count")
PAYLOADS_ERASED = _event("payloads-erased", "count")
REGISTRATIONS_FORGOTTEN = _event("registrations-forgotten", "count")
RETENTION_APPLIED = _event("retention-applied", "store", "count")
RETENTION_OVERDUE = _event("retention-overdue", "store", level=Level.ERROR)
KEYS_DESTROYED = _event("keys-destroyed", "count")
LOG_TEXT_SUSPECT = _event("log-text-suspect", "count", "entry", level=Level.ERROR)
TRUST_LOADED = _event("trust-loaded", "part")
TRUST_LOST = _event("trust-lost", "part", level=Level.ERROR)
CATALOGUE: tuple[Event, ...] = (
    STARTED,
    STOPPED,
    REQUEST,
    FAULT,
    DEPENDENCY_LOST,
    DEPENDENCY_BACK,
    DIRECTORY_LOADED,
    PUSH_TRIED,
    MESSAGES_PARKED,
    MESSAGES_LAPSED,
    PAYLOADS_ERASED,
    REGISTRATIONS_FORGOTTEN,
    RETENTION_APPLIED,
    RETENTION_OVERDUE,
    KEYS_DESTROYED,
    LOG_TEXT_SUSPECT,
    TRUST_LOADED,
    TRUST_LOST,
)


class Strictness:
    """Whether a field outside the catalogue raises (tests) or is dropped (everywhere else)."""

    raises: ClassVar[bool] = False


_logger = structlog.get_logger("exchange")


def emit(event: Event, **fields: object) -> None:
    """Write one line with the listed fields of ``event`` only."""
    if not fields.keys() <= event.fields:
        fields = _allowed(event, fields)
    if structlog.get_config()["processors"] == [_line]:
        fields["event"] = event.name
        _Sink.take(_line(None, event.level, fields), at_once=event.level is not Level.INFO)
    else:
        getattr(_logger, event.level)(event.name, **fields)


def _allowed(event: Event, fields: Mapping[str, object]) -> dict[str, object]:
    if Strictness.raises:
        raise ValueError(f"event {event.name} has no field {min(fields.keys() - event.fields)}")
    return {name: value for name, value in fields.items() if name in event.fields}


def configure_logging(stream: TextIO | None = None) -> None:
    """Send every line as JSON to ``stream`` (default stderr); libraries speak only from WARNING on.

    A library's own message could quote a value, so only its logger name and level are kept.
    """
    structlog.configure(
        processors=[_line],
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    _Sink.flush()
    _Sink.stream = stream or sys.stderr
    atexit.register(_Sink.flush)
    logging.basicConfig(level=logging.WARNING, handlers=[_NamesOnly()], force=True)


class _Sink:
    """Where lines go as we configured it; to have structlog assemble a logger costs as much again.

    Where somebody else configured structlog, a test that catches events, that is what counts. Lines
    of one turn of the event loop leave together, with the answers of that turn; a warning at once.
    """

    stream: ClassVar[TextIO]
    _waiting: ClassVar[list[str]] = []
    _turn: ClassVar[asyncio.AbstractEventLoop | None] = None

    @classmethod
    def take(cls, line: str, *, at_once: bool) -> None:
        """Write a line, behind those that wait."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a thread, or a command
            cls._write(f"{line}\n")
            return
        cls._waiting.append(line)
        if at_once:
            cls.flush()
        elif loop is not cls._turn:
            cls._turn = loop
            loop.call_soon(cls.flush)

    @classmethod
    def flush(cls) -> None:
        """Write what waits."""
        cls._turn = None
        if cls._waiting:
            lines, cls._waiting = cls._waiting, []
            cls._write("\n".join([*lines, ""]))

    @classmethod
    def _write(cls, text: str) -> None:
        """Lose lines that cannot be written: a full disk for them must not stop the service."""
        with suppress(OSError, ValueError):  # a stream that was closed is a ValueError
            cls.stream.write(text)
            cls.stream.flush()


_encode = json.JSONEncoder(default=repr).encode
_OFFSET = -len("+00:00")


def _line(_: object, level: str, event: MutableMapping[str, Any]) -> str:
    """Give an event as one line of JSON, with its level and the moment (UTC)."""
    event["level"] = level
    event["timestamp"] = f"{datetime.now(UTC).isoformat()[:_OFFSET]}Z"
    return _encode(event)


class _NamesOnly(logging.Handler):
    """Turns a library's record into a line without its text."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "-"
        emit(FAULT, error=error, where=record.name)
