"""The W3C trace context of a request: carried on, or begun when absent or malformed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class Trace:
    """Lower-case hex ids: trace 32 characters, span and parent 16 (parent empty at the root)."""

    trace_id: str
    span_id: str
    parent_span_id: str

    @property
    def traceparent(self) -> str:
        """Give the header to pass on (W3C Trace Context 1); accountability is never sampled."""
        return f"00-{self.trace_id}-{self.span_id}-01"


def trace_of(headers: Mapping[str, str]) -> Trace:
    """Continue the sender's trace, or begin one; the sampled flag does not matter (LDV)."""
    context = get_current_span(_PROPAGATOR.extract(headers)).get_span_context()
    if not context.is_valid:
        return Trace(secrets.token_hex(16), secrets.token_hex(8), "")
    return Trace(f"{context.trace_id:032x}", secrets.token_hex(8), f"{context.span_id:016x}")
