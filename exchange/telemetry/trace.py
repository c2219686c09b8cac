"""The W3C trace context of a request: carried on, or begun when absent or malformed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from exchange.messages.identifiers import spells_a_pgn
from exchange.values import Value

_PROPAGATOR = TraceContextTextMapPropagator()


class Trace(Value, frozen=True):
    """Lower-case hex ids: trace 32 characters, span and parent 16 (parent empty at the root)."""

    trace_id: str
    span_id: str
    parent_span_id: str

    @property
    def traceparent(self) -> str:
        """Give the header to pass on (W3C Trace Context 1); accountability is never sampled."""
        return f"00-{self.trace_id}-{self.span_id}-01"

    def within(self) -> Trace:
        """Give a span of its own inside this one: what one request did besides."""
        return Trace(self.trace_id, secrets.token_hex(8), self.span_id)


def trace_of(headers: Mapping[str, str]) -> Trace:
    """Continue the sender's trace, or begin one; the sampled flag does not matter (LDV).

    Ids are random, but it is the sender that says so. One in which a PGN can be read is not kept:
    ids are logged, stored and shown (P4). One in thirty random traces is begun anew for it too.
    """
    if "traceparent" not in headers:
        return _begun()
    context = get_current_span(_PROPAGATOR.extract(headers)).get_span_context()
    trace_id, parent = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    if not context.is_valid or _spells_a_pgn(trace_id) or _spells_a_pgn(parent):
        return _begun()
    return Trace(trace_id, secrets.token_hex(8), parent)


def _begun() -> Trace:
    fresh = secrets.token_hex(24)
    return Trace(fresh[:32], fresh[32:], "")


def _spells_a_pgn(identifier: str) -> bool:
    """Whether a PGN stands in the hex itself, or in the text that it stands for."""
    return spells_a_pgn(identifier) or spells_a_pgn(bytes.fromhex(identifier).decode("latin-1"))
