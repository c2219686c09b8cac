"""Describes the problems that a call can give: by status, every code as a whole document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from exchange.api.openapi.refusals import Codes
from exchange.api.openapi.texts import STATUSES, header
from exchange.api.problems import MEDIA_TYPE, problem, status_of
from exchange.errors import Code, ExchangeError, Invalid, NothingAccepted, Refused, Violation
from exchange.telemetry.trace import Trace

_BAD_REQUEST = 400
_SAID_BY_NOBODY = frozenset({401, 404})
"""Without a known caller there is no count; and 404 tells none, whoever asks."""

_EXAMPLES = "#/components/examples/"
_LINE = "regel-"
_EARLIER = "01a1ee19-5500-7a3e-9d41-3f6a8e2b7c90"
_TRACE = Trace("1" * 32, "1" * 16, "")

_POINTERS: Mapping[Code, str] = MappingProxyType(
    {
        Code.ONBEKEND_VELD: "/klas",
        Code.VERPLICHT_VELD: "/vestigingscode",
        Code.WAARDE_ONGELDIG: "/namens",
        Code.PGN_ONGELDIG: "/pgn",
        Code.VESTIGINGSCODE_ONGELDIG: "/vestigingscode",
        Code.DATUM_ONGELDIG: "/datum",
        Code.PGN_IN_VRIJE_TEKST: "/contact/email",
        Code.ONBEKENDE_REDEN: "/reden",
        Code.CATEGORIE_STRIJDIG: "/categorie",
        Code.ONBEKEND_CRITERIUM: "/criterium",
        Code.GEOORLOOFD_VERZUIM: "/categorie",
        Code.BUITEN_LEERPLICHT: "/plicht",
        Code.VENSTER_ONGELDIG: "/venster",
        Code.VERPLICHTE_MELDING: "/ongeoorloofdeMinuten",
        Code.GEEN_VERPLICHTE_MELDING: "/dagen",
        Code.ONBEKENDE_WOONGEMEENTE: "/woongemeente",
        Code.CIJFERS_STRIJDIG: "/trede1",
        Code.SLEUTEL_ONGELDIG: "/n",
    }
)
"""Where the fault lies, in the example of a code that is about one place."""


def problem_answers(codes: Codes, lines: Codes = frozenset()) -> dict[int, Any]:
    """Describe the answer of each status that ``codes`` have; those of a line are 400 besides."""
    by_status: dict[int, list[str]] = {}
    for code in (code for code in Code if code in codes):
        by_status.setdefault(status_of(code), []).append(code.value)
    for code in (code for code in Code if code in lines):
        by_status[_BAD_REQUEST].append(f"{_LINE}{code.value}")
    open_to_all = Code.NIET_AANGEMELD not in codes
    return {
        status: _answer(status, names, open_to_all=open_to_all)
        for status, names in sorted(by_status.items())
    }


def problem_example(name: str) -> dict[str, Any]:
    """Give the example that is called ``name``: a code, or one of a line in a delivery."""
    code = Code(name.removeprefix(_LINE))
    _, _, body = problem(_error(code, of_line=name.startswith(_LINE)), _TRACE)
    document = json.loads(body)
    return {"summary": document["title"], "value": document}


def response_name(names: Iterable[str], *, open_to_all: bool) -> str:
    """Name an answer after the codes it can have, and say when it is one without a caller."""
    named = "Of".join("".join(part.title() for part in name.split("-")) for name in names)
    return f"{named}Openbaar" if open_to_all else named


def _answer(status: int, names: Iterable[str], *, open_to_all: bool) -> dict[str, Any]:
    examples = {name: {"$ref": f"{_EXAMPLES}{name}"} for name in names}
    return {
        "description": STATUSES[str(status)],
        "headers": {name: header(name) for name in _headers(status, names, open_to_all)},
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Probleem"},
                "examples": examples,
            }
        },
    }


def _headers(status: int, names: Iterable[str], open_to_all: bool) -> Iterable[str]:
    yield from ("API-Version", "Content-Language")
    if not open_to_all and status not in _SAID_BY_NOBODY:
        yield from ("RateLimit", "RateLimit-Policy")
    if any("retry-after" in _plain(Code(n))[1] for n in names if not n.startswith(_LINE)):
        yield "Retry-After"
    if Code.BEREIK_ONGELDIG in names:
        yield "Content-Range"
    if Code.METHODE_NIET_TOEGESTAAN in names:
        yield "Allow"


def _error(code: Code, *, of_line: bool) -> ExchangeError:
    detail = json.loads(_plain(code)[2])["detail"]
    if of_line:
        return NothingAccepted([(1, (Violation(_POINTERS.get(code, ""), code, detail),))])
    if code in _POINTERS:
        return Invalid([Violation(_POINTERS[code], code, detail)])
    facts = {"berichtId": _EARLIER} if code is Code.AL_GEMELD else {}
    return Refused(code, **facts)


def _plain(code: Code) -> tuple[int, Mapping[str, str], bytes]:
    return problem(Refused(code), _TRACE)
