"""What the register of processing says beside the necessity tables: dated data, read strictly.

A ``Frame`` completes every clause (who is concerned, where it lies, what protects it); an
``OwnActivity`` is a processing activity that is no message at all. Source: AVG art. 30.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from exchange.errors import Fault
from exchange.messages.soort import Soort
from exchange.policy.necessity import LegalStatus, Reach
from exchange.policy.parties import RECIPIENT_ROLES, Role

_NAME = re.compile(r"[a-z]+(-[a-z]+)*")
_Part = TypeVar("_Part")

PLACE_OF_NUMBER = "zoveel"
"""Stands in the text of a term where the number of the day comes."""


@dataclass(frozen=True, slots=True)
class Store:
    """A place where data lies: what, and until when; ``getal`` names the parameter of that term."""

    wat: str
    termijn: str
    getal: str | None = None


@dataclass(frozen=True, slots=True)
class MessageFrame:
    """What the register says of one kind of message, whoever gets it."""

    naam: str
    verstrekker: str
    betrokkenen: tuple[str, ...]
    bewaard_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReachFrame:
    """What the register says of one way to meet a message; ``naam`` makes an activity's name."""

    naam: str
    bewaard_in: tuple[str, ...]
    maatregelen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything that the register adds to a necessity table, from one day on."""

    geldig_vanaf: date
    doorgifte: str
    dpia: str
    maatregelen: tuple[str, ...]
    bericht: Mapping[Soort, MessageFrame]
    bereik: Mapping[Reach, ReachFrame]
    ontvangers: Mapping[Role, str]
    bewaarplaats: Mapping[str, Store]


@dataclass(frozen=True, slots=True)
class OwnActivity:
    """One version of a processing activity that is no clause of a necessity table."""

    id: str
    versie: int
    geldig_vanaf: date
    naam: str
    verantwoordelijke: str
    verwerker: str
    doel: str
    grondslag: str
    status: LegalStatus
    betrokkenen: tuple[str, ...]
    gegevens: tuple[str, ...]
    ontvangers: tuple[str, ...]
    bewaard_in: tuple[str, ...]
    maatregelen: tuple[str, ...]

    @property
    def name(self) -> str:
        """Give the id as records spell it: with its version."""
        return f"{self.id}/{self.versie}"


@dataclass(frozen=True, slots=True)
class Activities:
    """All frames and all own activities, each oldest first."""

    frames: tuple[Frame, ...]
    own: tuple[OwnActivity, ...]

    def versions_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give every version, as records spell it, of the own activities called ``names``."""
        wanted = set(names)
        return tuple(activity.name for activity in self.own if activity.id in wanted)


def read_activities(text: str) -> Activities:
    """Read them from TOML; what is incomplete, unknown or out of order stops the gateway."""
    try:
        document = tomllib.loads(text)
        frames = tuple(_frame(entry) for entry in document["kader"])
        own = tuple(_own(entry) for entry in document["activiteit"])
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise Fault(f"onleesbaar register van verwerkingen: {error}") from error
    _require_ordered([frame.geldig_vanaf for frame in frames], "kaders")
    for name in {activity.id for activity in own}:
        versions = [activity for activity in own if activity.id == name]
        _require_ordered([version.geldig_vanaf for version in versions], name)
        if [version.versie for version in versions] != list(range(1, len(versions) + 1)):
            raise Fault(f"de versies van {name} tellen niet door vanaf 1")
    named = [store for activity in own for store in activity.bewaard_in]
    for frame in frames:
        _require_stores(named, frame.bewaarplaats)
    return Activities(frames, own)


def _frame(entry: dict[str, Any]) -> Frame:
    frame = Frame(
        geldig_vanaf=_day(entry["geldig_vanaf"]),
        doorgifte=entry["doorgifte"],
        dpia=entry["dpia"],
        maatregelen=_texts(entry["maatregelen"]),
        bericht={Soort(key): _part(MessageFrame, e) for key, e in entry["bericht"].items()},
        bereik={Reach(key): _part(ReachFrame, e) for key, e in entry["bereik"].items()},
        ontvangers={Role(key): e["ontvanger"] for key, e in entry["rol"].items()},
        bewaarplaats={key: _store(e) for key, e in entry["bewaarplaats"].items()},
    )
    if set(frame.bericht) != set(Soort) or set(frame.bereik) != set(Reach):
        raise ValueError("een kader zegt iets over elk bericht en elk bereik")
    if set(frame.ontvangers) != set(RECIPIENT_ROLES):
        raise ValueError("een kader noemt elke ontvanger")
    for part in frame.bericht.values():
        _require_stores(part.bewaard_in, frame.bewaarplaats)
    for reach in frame.bereik.values():
        _require_stores(reach.bewaard_in, frame.bewaarplaats)
    return frame


def _own(entry: dict[str, Any]) -> OwnActivity:
    day, status = _day(entry["geldig_vanaf"]), LegalStatus(entry["status"])
    activity = _part(OwnActivity, {**entry, "geldig_vanaf": day, "status": status})
    if not _NAME.fullmatch(activity.id) or not activity.maatregelen:
        raise ValueError("een verwerking heeft een naam in kleine letters en een maatregel")
    return activity


def _part(kind: type[_Part], entry: dict[str, Any]) -> _Part:
    """Read one part with exactly its own members, none of them empty but a list of stores."""
    values = {k: _texts(v) if isinstance(v, list) else v for k, v in entry.items()}
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # all are dataclasses
    if not known >= values.keys() or not all(v or k == "bewaard_in" for k, v in values.items()):
        raise ValueError("een onbekend of leeg onderdeel")
    return kind(**values)


def _texts(entry: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(text, str) and text for text in entry):
        raise ValueError("een lijst bestaat uit teksten")
    return tuple(entry)


def _day(value: object) -> date:
    if type(value) is not date:
        raise ValueError("geldig_vanaf is een datum")
    return value


def _require_ordered(days: list[date], what: str) -> None:
    if not days or days != sorted(set(days)):
        raise Fault(f"{what}: geen versie, of niet in de volgorde van hun datum")


def _store(entry: dict[str, Any]) -> Store:
    store = _part(Store, entry)
    if (PLACE_OF_NUMBER in store.termijn) is not (store.getal is not None):
        raise ValueError("een termijn met een getal zegt waar het staat")
    return store


def _require_stores(named: Iterable[str], known: Iterable[str]) -> None:
    if unknown := set(named) - set(known):
        raise Fault(f"onbekende bewaarplaats: {', '.join(sorted(unknown))}")
