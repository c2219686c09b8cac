"""From an error to a problem document (RFC 9457): the only place that knows HTTP statuses."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from uuid import UUID

from exchange.errors import Code, ExchangeError, Invalid, NothingAccepted
from exchange.telemetry.trace import Trace

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
_BAD_REQUEST = 400

_SHOWN_FACTS = frozenset({"berichtId"})
"""Facts of an error that become members of its problem document; all others stay inside."""

_TEXTS = tomllib.loads(files("exchange.api").joinpath("problems.toml").read_text("utf-8"))
_PROBLEMS: Mapping[Code, tuple[int, str, str]] = {
    code: (_TEXTS[code]["status"], _TEXTS[code]["title"], _TEXTS[code]["detail"]) for code in Code
}
"""Status, title and detail of every code; a code without a text stops the gateway at start."""

_RETRY = frozenset(
    {
        Code.IDEMPOTENTIESLEUTEL_BEZIG,
        Code.NOG_NIET_VERZEGELD,
        Code.TE_VEEL_VERZOEKEN,
        Code.LOGBOEK_ONBESCHIKBAAR,
        Code.DIENST_ONBESCHIKBAAR,
    }
)


def status_of(code: Code) -> int:
    """Give the HTTP status of a code."""
    return _PROBLEMS[code][0]


def problem(error: ExchangeError, trace: Trace) -> tuple[int, dict[str, str], bytes]:
    """Give status, headers and body; the body never holds anything that was sent to us."""
    status, title, detail = _PROBLEMS[error.code]
    if isinstance(error, NothingAccepted):
        status = _BAD_REQUEST
    document: dict[str, Any] = {
        "type": f"/problemen/{error.code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": UUID(hex=trace.trace_id).urn,
        "code": error.code.value,
        "fouten": _fouten(error, detail),
        **{name: value for name, value in error.facts.items() if name in _SHOWN_FACTS},
    }
    headers = {"content-type": MEDIA_TYPE, "content-language": "nl"}
    if error.code in _RETRY:
        headers["retry-after"] = error.facts.get("wacht", str(RETRY_AFTER_SECONDS))
    if "omvang" in error.facts:
        headers["content-range"] = f"bytes */{error.facts['omvang']}"
    return status, headers, json.dumps(document, ensure_ascii=False).encode()


def _fouten(error: ExchangeError, detail: str) -> list[dict[str, str]]:
    """Give all that is wrong; a refusal is one thing, about the request as a whole."""
    if not isinstance(error, Invalid):
        return [{"pointer": "", "code": error.code.value, "detail": detail}]
    return [
        {"pointer": fault.pointer, "code": fault.code.value, "detail": fault.detail}
        for fault in error.violations
    ]
