"""Pure ASGI round everything: headers on every answer, HEAD from GET, one last-resort handler."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exchange.api import API_VERSION
from exchange.api.cycle import WHOLE
from exchange.api.problems import problem
from exchange.api.rate_limits import RawHeaders
from exchange.errors import ExchangeError, Fault
from exchange.telemetry.events import FAULT, REQUEST, emit
from exchange.telemetry.metrics import Metrics
from exchange.telemetry.trace import Trace, trace_of

SECURITY_HEADERS: Mapping[str, str] = {
    "api-version": API_VERSION,
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}
_EVERYWHERE: RawHeaders = tuple((n.encode(), v.encode()) for n, v in SECURITY_HEADERS.items())
_WRITTEN = b"".join(b"%b: %b\r\n" % field for field in _EVERYWHERE)
_NOT_TOLD_TWICE = {name for name, _ in _EVERYWHERE} | {b"connection", b"transfer-encoding"}
_TRACEPARENT = b"traceparent"
_LENGTH = b"content-length"


class Edge:
    """The outermost layer of the public application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap ``app``; ``metrics`` counts answers by path template."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whatever goes wrong inside, the answer is a problem document."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = trace_of(_told(scope["headers"]))
        head = scope["method"] == "HEAD"
        state: dict[str, Any] = {**scope.get("state", {}), "trace": trace, "head": head}
        answer = _Answer(send, state, head=head, whole=WHOLE in scope.get("extensions", ()))
        inner = {**scope, "state": state}
        if head:
            inner["method"] = "GET"
        started = perf_counter()
        try:
            await self._app(inner, receive, answer)
        except ClientDisconnect:
            pass  # nobody is left to answer; a sender that hung up sends again with the same key
        except Exception as error:  # noqa: BLE001  the last resort: nothing may leave unformed
            await self._rescue(error, trace, answer)
        finally:
            self._account(inner, answer, trace, started)

    async def _rescue(self, error: Exception, trace: Trace, answer: _Answer) -> None:
        """Answer 500 without a word of the error; the event names its type and place only."""
        known = error if isinstance(error, ExchangeError) else Fault(type(error).__name__)
        report_fault(error, trace)
        let_go(error)
        if not answer.started:
            await send_problem(known, trace, answer)

    def _account(self, scope: Scope, answer: _Answer, trace: Trace, started: float) -> None:
        route = scope["state"].get("route", "unmatched")
        seconds = perf_counter() - started
        self._metrics.answered(route, answer.status, seconds)
        emit(
            REQUEST,
            method=scope["method"] if scope["method"] in _METHODS else "other",
            route=route,
            status=answer.status,
            milliseconds=round(seconds * 1000, 1),
            trace_id=trace.trace_id,
        )


_NOT_FOUND = 404
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class _Answer:
    """The ``send`` of one request: adds the headers, drops the body of a HEAD.

    ``state`` is the request's own: once the caller is known, it can tell his ``rate_limits``. An
    answer that comes whole goes on as it came where the server takes it so (``whole``).
    """

    def __init__(self, send: Send, state: Mapping[str, Any], *, head: bool, whole: bool) -> None:
        self._send = send
        self._state = state
        self._whole = whole and not head
        self.head = head
        self.status = 0
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == WHOLE:
            await self._at_once(message)
            return
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = [*message.get("headers", ())]
            present = {name.lower() for name, _ in headers}
            added = (*_EVERYWHERE, *self._rate_limits())
            headers += [field for field in added if field[0] not in present]
            message = {**message, "headers": headers}
        elif self.head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def _at_once(self, message: Message) -> None:
        status, headers, body = message["status"], message["headers"], message["body"]
        names = [name for name, _ in headers]
        if not self._whole or _LENGTH not in names or not _NOT_TOLD_TWICE.isdisjoint(names):
            await self({"type": "http.response.start", "status": status, "headers": headers})
            await self({"type": "http.response.body", "body": body})
            return
        self.status = status
        lines = _WRITTEN + b"".join([b"%b: %b\r\n" % field for field in self._rate_limits()])
        await self._send({**message, "lines": lines})
        self.started = True

    def _rate_limits(self) -> RawHeaders:
        """A 404 tells no count: what is another's looks in every byte like what is not there."""
        told: Callable[[], RawHeaders] | None = self._state.get("rate_limits")
        return told() if told and self.status != _NOT_FOUND else ()


def _told(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """Give the field that says which trace this is part of; the last, if there are more."""
    found = [value for name, value in headers if name == _TRACEPARENT]
    return {"traceparent": found[-1].decode("latin-1")} if found else {}


async def send_problem(
    error: ExchangeError, trace: Trace, send: Callable[[Message], Any], **extra: str
) -> None:
    """Write a problem document as a whole answer."""
    status, headers, body = problem(error, trace)
    raw = [(n.encode(), v.encode()) for n, v in {**headers, **extra}.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def report_fault(error: Exception, trace: Trace) -> None:
    """Tell the operator which error it was and where; its text could quote a value."""
    cause = error.__cause__ or error
    rule = error.facts.get("rule", "") if isinstance(error, Fault) else ""
    emit(
        FAULT,
        error=type(cause).__name__,
        where=_where(error),
        rule=rule,
        trace_id=trace.trace_id,
    )


def let_go(error: BaseException) -> None:
    """Forget where an answered error arose, and what came before it.

    The functions it came through hold the body; where one of them holds the error too, all of it
    would lie in memory until somebody looks for garbage.
    """
    known: BaseException | None = error
    while known is not None:
        known.__traceback__ = None
        known = known.__context__


def _where(error: BaseException) -> str:
    """Name the last function of ours in the traceback; never its values."""
    where, step = "-", error.__traceback__
    while step is not None:
        module = step.tb_frame.f_globals.get("__name__", "")
        if module.startswith(("exchange", "adapters")):
            where = f"{module}:{step.tb_lineno}"
        step = step.tb_next
    return where
