"""From an answer of the gateway to what became of a portion, in lines of the input file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from adapters.school_systems.entry import Refusal
from adapters.school_systems.halt import Halted, halted_by
from adapters.school_systems.portions import Portion
from adapters.school_systems.post import Answer
from adapters.school_systems.progress import Outcome
from exchange.errors import Code

_LINE: Final = re.compile(r"/([1-9][0-9]{0,6})(/.*)?", re.DOTALL)


def outcome_of(answer: Answer, portion: Portion, *, many: bool) -> Outcome:
    """Give the outcome; raises ``Halted`` for an answer that is about the sender, or nonsense."""
    if answer.status in {HTTPStatus.ACCEPTED, HTTPStatus.OK}:
        return _accepted(answer.document, portion, many=many)
    halted = halted_by(answer.status, answer.code)
    if halted is not None:
        raise halted
    refusals = tuple(_refused(answer.document, portion, many=many))
    if not refusals:
        raise _nonsense()
    return Outcome(0, len(portion.entries), refusals)


def _accepted(document: Mapping[str, Any], portion: Portion, *, many: bool) -> Outcome:
    bericht_id = document.get("berichtId")
    named = bericht_id if isinstance(bericht_id, str) else None
    if not many:
        return Outcome(1, 0, bericht_id=named)
    try:
        accepted, refused = int(document["aantalAangenomen"]), int(document["aantalGeweigerd"])
        refusals = tuple(
            _refusal(portion.input_line(item["regel"]), fout)
            for item in document["geweigerd"]
            for fout in item["fouten"]
        )
    except (KeyError, TypeError, ValueError):
        raise _nonsense() from None
    return Outcome(accepted, refused, refusals, named)


def _refused(document: Mapping[str, Any], portion: Portion, *, many: bool) -> Iterator[Refusal]:
    """Give what a problem says: of the line that a pointer names, or of every line there is."""
    fouten = document.get("fouten")
    for said in fouten if isinstance(fouten, list) else []:
        fout = _naming_the_other(said, document)
        found = _LINE.fullmatch(str(fout.get("pointer")))
        if many and found is not None:
            inner = {**fout, "pointer": found[2] or ""}
            yield _refusal(portion.input_line(int(found[1])), inner)
        else:
            for entry in portion.entries:
                yield _refusal(entry.line, fout)


def _naming_the_other(fout: object, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add which message it collides with (``al-gemeld``), so that ``vervangt`` can name it."""
    if not isinstance(fout, dict):
        raise _nonsense()
    other = document.get("berichtId")
    if not isinstance(other, str) or fout.get("code") != Code.AL_GEMELD:
        return fout
    return {**fout, "detail": f"{fout.get('detail', '')} Het is bericht {other}."}


def _refusal(line: int, fout: object) -> Refusal:
    if not isinstance(fout, dict):
        raise _nonsense()
    pointer, code, detail = (str(fout.get(name, "")) for name in ("pointer", "code", "detail"))
    return Refusal(line, pointer, code, detail)


def _nonsense() -> Halted:
    return Halted("De poort antwoordt iets onbegrijpelijks: vraag haar beheerder.")
