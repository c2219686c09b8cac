"""Whether each message stands in one journal, the right one, with exactly what it may say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from exchange.messages.identifiers import Gemeentecode, Schooljaar
from exchange.messages.soort import Soort
from exchange.sandbox.story.journals import Journals, Line
from exchange.sandbox.story.told import Told
from exchange.sandbox.world import World

_ALWAYS = frozenset({"pgn", "vestigingscode", "oudersGeinformeerdOp", "actiesSchool", "contact"})
_READS_AS_SENT = {
    Soort.SIGNAAL: _ALWAYS | {"venster", "ongeoorloofdeMinuten", "criterium"},
    Soort.VERZUIMMELDING: _ALWAYS
    | {"verzuimsoort", "begindatum", "dagen", "alleLessenGemist", "actieGemeenteGewenst"},
}
_READS_IF_SENT = frozenset({"vervangt", "einddatum"})
_READS_TOO = frozenset({"berichtId", "soort", "zaakreferentie"})
_INTREKKING = frozenset({"berichtId", "soort", "betreft", "reden"})
_LINE = frozenset({"berichtId", "soort", "ontvangenOp", "inhoud"})


class Arrivals:
    """Checks with the journals of all receivers."""

    def __init__(self, world: World, journals: Journals) -> None:
        self._world = world
        self._journals = journals

    def faults(self, told: Told) -> Iterator[str]:
        """Give what is wrong with the arrival of an accepted message and of its intrekking."""
        right = self._world.leerplicht_of(Gemeentecode(told.planned.body["woongemeente"])).name
        allowed = [[right]] if told.may_arrive else []
        if not told.must_arrive:
            allowed.append([])
        found = self._journals.where(told.bericht_id)
        if found not in allowed:
            yield f"staat in {_named(found)}, hoort in {_named(allowed[0])}"
        for name in found:
            for line in self._journals[name].lines_about(told.bericht_id):
                yield from _line_faults(line, told)
        yield from self._withdrawal_faults(told, right)

    def faults_of_refused(self, told: Told) -> Iterator[str]:
        """Give what is wrong when a refused message arrived all the same.

        One that was refused because it stood there already is about a pupil who does arrive.
        """
        stood_there = "berichtId" in (told.problem or {})
        if not stood_there and self._journals.naming(told.planned.body["pgn"]):
            yield "geweigerd, en toch ontvangen"

    def pseudonym_faults(self, told: Iterable[Told]) -> Iterator[str]:
        """Check one zaakreferentie per pupil, recipient and schooljaar, never shared by two."""
        owners: dict[str, tuple[str, ...]] = {}
        references: dict[tuple[str, ...], str] = {}
        for one in told:
            for name in self._journals.where(one.bericht_id):
                content = self._journals[name].lines_about(one.bericht_id)[0]["inhoud"]
                owner = (name, content["pgn"], _schooljaar(content))
                reference = content["zaakreferentie"]
                if references.setdefault(owner, reference) != reference:
                    yield f"{one.planned.name}: andere zaakreferentie, zelfde leerling"
                if owners.setdefault(reference, owner) != owner:
                    yield f"{one.planned.name}: zaakreferentie van een andere leerling"

    def _withdrawal_faults(self, told: Told, right: str) -> Iterator[str]:
        found = self._journals[right].withdrawals_of(told.bericht_id)
        expected = told.withdrawal if told.withdrawal_must_arrive else None
        if [line["berichtId"] for line in found] != ([expected["berichtId"]] if expected else []):
            yield f"{len(found)} intrekkingen ontvangen, verwacht {int(expected is not None)}"
        if any(line["inhoud"].keys() != _INTREKKING for line in found):
            yield "de ontvangen intrekking heeft andere velden dan afgesproken"


def _line_faults(line: Line, told: Told) -> Iterator[str]:
    content, sent = line["inhoud"], json.loads(told.sent)
    soort = told.planned.soort
    as_sent = _READS_AS_SENT[soort] | (_READS_IF_SENT & sent.keys())
    if line.keys() != _LINE or content.keys() != as_sent | _READS_TOO:
        yield "de ontvangen velden zijn andere dan afgesproken"
        return
    wrong = [name for name in sorted(as_sent) if content[name] != sent[name]]
    if wrong:
        yield f"ontvangen met een andere waarde in {', '.join(wrong)}"
    if not content["berichtId"] == line["berichtId"] == told.bericht_id:
        yield "ontvangen onder een ander berichtId"
    if not content["soort"] == line["soort"] == soort.value:
        yield "ontvangen als een andere soort"


def _schooljaar(content: Mapping[str, Any]) -> str:
    """A zaakreferentie holds for the schooljaar of the day that the message is about."""
    day = content["begindatum"] if "begindatum" in content else content["venster"]["tot"]
    return str(Schooljaar.of(date.fromisoformat(day)))


def _named(names: list[str]) -> str:
    return " en ".join(names) or "geen enkel journaal"
