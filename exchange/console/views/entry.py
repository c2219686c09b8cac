"""What the page of one log record shows: exactly what was hashed, in words, and its place."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from exchange.console.views import words
from exchange.console.views.parties import called_in_full
from exchange.console.views.table import Fact
from exchange.figures.publish.page.dutch import number
from exchange.policy.parties import Directory

_ACTIVITY = "dpl.core.processing_activity_id"
_SUBJECTS = "dpl.core.data_subject_id"


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One record; ``raw`` is the text whose hash stands in the tree."""

    entry: str
    title: str
    facts: tuple[Fact, ...]
    details: tuple[Fact, ...]
    place: tuple[Fact, ...]
    raw: str
    altered: str


ALTERED = (
    "Deze regel is veranderd nadat hij is vastgelegd. Wat hier staat is niet wat de poort schreef:"
    " waarschuw de beheerder en bewaar het bewijs."
)


def entry_page(bundle: Mapping[str, Any], directory: Directory, *, unaltered: bool) -> EntryPage:
    """Lay out the proof of one record, as ``proof_of`` gives it."""
    leaf = base64.b64decode(bundle["blad"])
    said = json.loads(leaf)
    return EntryPage(
        entry=bundle["entry"],
        title=words.spoken(said["name"]),
        facts=tuple(fact for fact in _facts(said, directory) if fact.text),
        details=tuple(_details(said["bijzonderheden"])),
        place=(
            Fact("Plaats", number(bundle["index"])),
            Fact("Onder een handtekening over", f"{number(bundle['omvang'])} regels"),
            Fact("Regelnummer", bundle["entry"], code=True),
        ),
        raw=json.dumps(said, ensure_ascii=False, indent=2),
        altered="" if unaltered else ALTERED,
    )


def _facts(said: Mapping[str, Any], directory: Directory) -> Iterable[Fact]:
    attributes, namens = said["attributes"], said.get("namens", "")
    activity, bericht = attributes[_ACTIVITY], said.get("berichtId", "")
    yield Fact("Wanneer", words.exact(datetime.fromtimestamp(said["end_time"] / 1000, UTC)))
    yield Fact("Door", called_in_full(said.get("actor"), directory))
    yield Fact("Namens", called_in_full(namens, directory) if namens != said.get("actor") else "")
    yield Fact("Aan", called_in_full(said["ontvanger"], directory) if "ontvanger" in said else "")
    yield Fact("Waarvoor", words.activity(activity), f"/console/register/{activity}")
    yield Fact("Bericht", bericht, f"/console/berichten/{bericht}" if bericht else "")
    yield Fact("Uitkomst", words.outcome(said["uitkomst"]))
    yield Fact("Reden van weigering", words.spoken(said.get("code", "")))
    yield Fact("Velden", "; ".join(words.field(name) for name in said.get("velden", ())))
    yield Fact("Regels van", said.get("beleid", ""))
    yield Fact("Gaat over", _subjects(attributes, said.get("aantal_betrokkenen")))
    yield Fact("Certificaat", said.get("toegangspunt", ""), code=True)
    yield Fact("Hoort bij verzoek", said["trace_id"], code=True)


def _subjects(attributes: Mapping[str, Any], count: int | None) -> str:
    if _SUBJECTS not in attributes:
        return ""
    return (
        f"{number(count)} leerlingen, hier niet herkenbaar"
        if count
        else "één leerling, hier niet herkenbaar"
    )


def _details(details: Mapping[str, Any]) -> Iterable[Fact]:
    for name, value in details.items():
        if isinstance(value, str | int | float) and value != "":
            yield Fact(words.spoken(words.field(name)), _value(value))


def _value(value: str | float) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nee"
    return str(value)
