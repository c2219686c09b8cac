"""Plans a month of registrations: what each supplier delivers at the end of every school day.

All of it follows from the world, the month and the number of the week, as the school week does. The
ids of registrations name the month and no week: told again they are the same registrations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from exchange.errors import Code
from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.sandbox.story.absence import Absence, absences_at
from exchange.sandbox.story.caller import Document, wire
from exchange.sandbox.story.delivery import Delivery, Form
from exchange.sandbox.story.dice import Dice
from exchange.sandbox.story.figures import categories, leerlingaantallen, schoolcijfers
from exchange.sandbox.story.mistakes import mistakes
from exchange.sandbox.story.plan import EDITION
from exchange.sandbox.story.schools import School, schools_of
from exchange.sandbox.world import World

_PACKS = "las-regio"
_STATES_CATEGORY = "las-zuid"  # this one keeps its schools' reasons to itself
_CORRECTED_AFTER_DAYS, _CORRECTED = 2, 3  # one unknown reason in so many proves an illness
_WITHDRAWN_AFTER_DAYS, _WITHDRAWN = 1, 250


@dataclass(frozen=True, slots=True)
class Month:
    """One month as all schools deliver it: figures by path, registrations by supplier and day."""

    periode: Periode
    figures: Mapping[Vestigingscode, Mapping[str, Document]]
    deliveries: Sequence[Delivery] = field(repr=False)

    @property
    def lines(self) -> int:
        """How many lines all deliveries have."""
        return sum(len(delivery.lines) for delivery in self.deliveries)


@dataclass(frozen=True, slots=True)
class _Line:
    absence: Absence
    reason: str
    withdrawn: bool = False

    @property
    def is_correction(self) -> bool:
        return self.reason != self.absence.reason


def plan_month(world: World, reference: date, week: int) -> Month:
    """Plan the last whole month with lessons before ``reference``, and the figures since."""
    periode = world.calendar.last_month(reference)
    days = world.calendar.lesson_days_in(periode)
    schools = {school.code: school for school in schools_of(world)}
    absences = {code: absences_at(school, periode, days) for code, school in schools.items()}
    figures = {
        code: dict(_figures(world, school, periode, reference, absences[code]))
        for code, school in schools.items()
        if code != world.silent
    }
    delivering = absences.keys() - {world.silent, world.counts_itself}
    senders = [party.name for party in world.participants.values() if party.mandates]
    lines: dict[str, dict[date, list[_Line]]] = {name: defaultdict(list) for name in senders}
    for code in delivering:
        by_day = lines[world.supplier_of(code).name]
        for day, line in _told(absences[code], days):
            by_day[day].append(line)
    writer = _Writer(world, periode, f"maand-{EDITION}-{week}")
    deliveries = [
        writer.delivery(name, day, told, is_last=day == max(by_day))
        for name, by_day in lines.items()
        for day, told in sorted(by_day.items())
    ]
    return Month(periode, figures, deliveries)


def _figures(
    world: World, school: School, periode: Periode, reference: date, absences: Sequence[Absence]
) -> Iterator[tuple[str, Document]]:
    """Give numbers of pupils until today's month; who counts itself says them in its figures."""
    path = f"/v1/vestigingen/{school.code}"
    days = world.calendar.lesson_days_in(periode)
    if school.code == world.counts_itself:
        yield f"{path}/schoolcijfers/{periode}", schoolcijfers(world, school, days, absences)
    else:
        yield f"{path}/leerlingaantallen/{periode}", leerlingaantallen(school, days)
    current = Periode.of(reference)
    days = world.calendar.lesson_days_in(current)
    yield f"{path}/leerlingaantallen/{current}", leerlingaantallen(school, days)


def _told(absences: Sequence[Absence], days: Sequence[date]) -> Iterator[tuple[date, _Line]]:
    """Give on which day a school says what: the absence, and what it finds out afterwards."""
    place = {day: number for number, day in enumerate(days)}
    for absence in absences:
        yield absence.day, _Line(absence, absence.reason)
        dice = Dice(f"{absence.vestiging}|{absence.day}|{absence.number}")
        later = days[place[absence.day] :]
        if absence.reason == "ONBEKEND" and dice.between("toch ziek", 1, _CORRECTED) == 1:
            if len(later) > _CORRECTED_AFTER_DAYS:
                yield later[_CORRECTED_AFTER_DAYS], _Line(absence, "ZIEK")
        elif dice.between("vergissing", 1, _WITHDRAWN) == 1 and len(later) > _WITHDRAWN_AFTER_DAYS:
            yield later[_WITHDRAWN_AFTER_DAYS], _Line(absence, absence.reason, withdrawn=True)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes deliveries as they go over the wire."""

    world: World
    periode: Periode
    key: str

    def delivery(self, sender: str, day: date, told: Sequence[_Line], *, is_last: bool) -> Delivery:
        """Give what a supplier sends at the end of a day; the last time with its bad lines."""
        ordered = sorted(told, key=lambda line: (str(line.absence.vestiging), line.absence.number))
        documents = [self._document(sender, line) for line in ordered]
        bad: Sequence[tuple[bytes, Code]] = ()
        if is_last:
            bad = tuple(mistakes(self.world, sender, self.periode, documents[0]))
        return Delivery(
            key=f"{self.key}-{sender}-{day}",
            sender=sender,
            form=Form.GZIP if sender == _PACKS else Form.NDJSON,
            lines=[*(wire(document) for document in documents), *(line for line, _ in bad)],
            refusals={len(documents) + n: code for n, (_, code) in enumerate(bad, start=1)},
            corrections=sum(line.is_correction for line in told),
            withdrawals=sum(line.withdrawn for line in told),
        )

    def _document(self, sender: str, line: _Line) -> Mapping[str, Any]:
        absence = line.absence
        if sender == _STATES_CATEGORY:
            why = {"categorie": categories(self.world)[line.reason]}
        else:
            why = {"reden": line.reason}
        return {
            "vestigingscode": absence.vestiging.reveal(),
            "registratieId": f"{self.periode}-{absence.number:05d}",
            "pgn": absence.pgn.reveal(),
            "datum": absence.day.isoformat(),
            "minuten": absence.minutes,
            **why,
            **({"ingetrokken": True} if line.withdrawn else {}),
        }
