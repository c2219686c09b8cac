"""Builds the register of processing from what the gateway enforces (AVG art. 30(1) and (2)).

Every clause of every necessity table is an activity, and so is everything that no message is. An
activity is known by its name with its version; one that says something else under the same name
stops the register, so that a record's activity always says what held when it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from exchange.errors import Fault
from exchange.messages.soort import Soort
from exchange.policy.activities import Activities, Frame, OwnActivity, Store
from exchange.policy.necessity import Clause, LegalStatus, Mode, Necessity, NecessityTable, Reach
from exchange.policy.parties import Role

_DAY = timedelta(days=1)


class Handling(StrEnum):
    """What happens to one datum: the kinds of the necessity table, and two of our own."""

    DOORGEGEVEN = "doorgegeven"
    GEGENERALISEERD = "gegeneraliseerd"
    AFGELEID = "afgeleid"
    ROUTE = "route"
    INGEHOUDEN = "ingehouden"
    TOEGEVOEGD = "toegevoegd"  # made by the gateway
    VERWERKT = "verwerkt"  # in an activity that is no message


@dataclass(frozen=True, slots=True)
class Datum:
    """A category of data: a member of a message by name, or words; never a value."""

    naam: str
    behandeling: Handling
    toelichting: str


@dataclass(frozen=True, slots=True)
class StoredAt:
    """Where the data lies, by the name of its table, and until when."""

    naam: str
    store: Store


@dataclass(frozen=True, slots=True)
class Stream:
    """Which kind of message an activity is about, for which role, and how far it goes."""

    soort: Soort
    role: Role
    reach: Reach


@dataclass(frozen=True, slots=True)
class Activity:
    """One version of a processing activity; ``stream`` is None where it is no message.

    ``id`` is what log records name. ``toegepast`` says whether this gateway, in its mode, does it.
    """

    id: str
    naam: str
    geldig_vanaf: date
    geldig_tot: date | None
    status: LegalStatus
    toegepast: bool
    verantwoordelijke: str
    verwerker: str
    verstrekker: str | None
    doel: str
    grondslag: str
    betrokkenen: tuple[str, ...]
    gegevens: tuple[Datum, ...]
    ontvangers: tuple[str, ...]
    bewaring: tuple[StoredAt, ...]
    doorgifte: str
    maatregelen: tuple[str, ...]
    dpia: str
    stream: Stream | None = None

    def holds_on(self, day: date) -> bool:
        """Whether this version was in force on ``day``."""
        return self.geldig_vanaf <= day and (self.geldig_tot is None or day <= self.geldig_tot)


@dataclass(frozen=True, slots=True)
class Register:
    """Every version of every activity, in the order in which they came into force."""

    activities: tuple[Activity, ...]

    def on(self, day: date) -> tuple[Activity, ...]:
        """Give what is in force on ``day``."""
        return tuple(activity for activity in self.activities if activity.holds_on(day))

    def before(self, day: date) -> tuple[Activity, ...]:
        """Give what ended before ``day``, latest first."""
        ended = (a for a in self.activities if a.geldig_tot is not None and a.geldig_tot < day)
        return tuple(sorted(ended, key=lambda a: (a.geldig_tot, a.id), reverse=True))

    def after(self, day: date) -> tuple[Activity, ...]:
        """Give what begins after ``day``."""
        return tuple(activity for activity in self.activities if activity.geldig_vanaf > day)

    def find(self, name: str) -> Activity | None:
        """Give the activity that a record names, whenever it held."""
        return next((activity for activity in self.activities if activity.id == name), None)


def register(necessity: Necessity, activities: Activities, mode: Mode) -> Register:
    """Build the register as ``mode`` enforces it: of a proposal production says that all is kept.

    Raises:
        Fault: something changed under a name and version that records already carry.
    """
    found: dict[str, Activity] = {}
    ended: set[str] = set()
    for day in _days(necessity, activities):
        standing = {
            activity.id: activity for activity in _standing(day, necessity, activities, mode)
        }
        for name, activity in standing.items():
            if _differs(found.setdefault(name, activity), activity):  # also if it ended before
                raise Fault(f"{name} zegt vanaf {day} iets anders en heeft geen nieuwe versie")
        for name in found.keys() - standing.keys() - ended:
            found[name] = replace(found[name], geldig_tot=day - _DAY)
            ended.add(name)
    return Register(tuple(found.values()))


def _days(necessity: Necessity, activities: Activities) -> Iterable[date]:
    """Give the days on which anything changes, from the first on which we process."""
    first = necessity.tables[0].geldig_vanaf
    days = {table.geldig_vanaf for table in necessity.tables}
    days |= {frame.geldig_vanaf for frame in activities.frames}
    days |= {own.geldig_vanaf for own in activities.own}
    return sorted({max(first, day) for day in days})


def _differs(one: Activity, other: Activity) -> bool:
    return replace(other, geldig_vanaf=one.geldig_vanaf) != one


def _standing(
    day: date, necessity: Necessity, activities: Activities, mode: Mode
) -> Iterator[Activity]:
    frame = next((f for f in reversed(activities.frames) if f.geldig_vanaf <= day), None)
    if frame is None:
        raise Fault(f"het register zegt niets over {day}")
    table = necessity.on(day)
    for clause in table.enforced(mode):
        yield _of_clause(clause, table, frame, day, mode)
    latest = {own.id: own for own in activities.own if own.geldig_vanaf <= day}
    for own in latest.values():
        yield _of_own(own, frame, day, mode)


def _of_clause(
    clause: Clause, table: NecessityTable, frame: Frame, day: date, mode: Mode
) -> Activity:
    message, reach = frame.bericht[clause.soort], frame.bereik[clause.reach]
    recipient = frame.ontvangers[clause.role]
    excluded = (e.grond for e in table.exclusions if e.ontvanger == clause.role.value)
    return Activity(
        id=clause.activiteit,
        naam=reach.naam.format(bericht=message.naam, ontvanger=recipient),
        geldig_vanaf=day,
        geldig_tot=None,
        status=clause.status,
        toegepast=_is_applied(clause.status, mode),
        verantwoordelijke=clause.verantwoordelijke,
        verwerker=clause.verwerker,
        verstrekker=message.verstrekker,
        doel=clause.doelomschrijving,
        grondslag=clause.grondslag,
        betrokkenen=message.betrokkenen,
        gegevens=tuple(_data(clause)),
        ontvangers=() if clause.reach is Reach.GEEN else (recipient,),
        bewaring=_stored((*message.bewaard_in, *reach.bewaard_in), frame),
        doorgifte=frame.doorgifte,
        maatregelen=(*reach.maatregelen, *excluded, *frame.maatregelen),
        dpia=frame.dpia,
        stream=Stream(clause.soort, clause.role, clause.reach),
    )


def _data(clause: Clause) -> Iterator[Datum]:
    for name, rule in clause.velden.items():
        yield Datum(name, Handling(rule.kind.value), rule.how)
    for name, how in clause.toegevoegd.items():
        yield Datum(name, Handling.TOEGEVOEGD, how)


def _of_own(own: OwnActivity, frame: Frame, day: date, mode: Mode) -> Activity:
    return Activity(
        id=own.name,
        naam=own.naam,
        geldig_vanaf=day,
        geldig_tot=None,
        status=own.status,
        toegepast=_is_applied(own.status, mode),
        verantwoordelijke=own.verantwoordelijke,
        verwerker=own.verwerker,
        verstrekker=None,
        doel=own.doel,
        grondslag=own.grondslag,
        betrokkenen=own.betrokkenen,
        gegevens=tuple(Datum(text, Handling.VERWERKT, "") for text in own.gegevens),
        ontvangers=own.ontvangers,
        bewaring=_stored(own.bewaard_in, frame),
        doorgifte=frame.doorgifte,
        maatregelen=(*own.maatregelen, *frame.maatregelen),
        dpia=frame.dpia,
    )


def _is_applied(status: LegalStatus, mode: Mode) -> bool:
    return status is LegalStatus.GELDEND or mode is Mode.TRIAL


def _stored(names: Iterable[str], frame: Frame) -> tuple[StoredAt, ...]:
    return tuple(StoredAt(name, frame.bewaarplaats[name]) for name in dict.fromkeys(names))
