"""Reads who takes part in the sandbox and where its schools are, from ``world.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any

from exchange.messages.identifiers import Gemeentecode, Oin, Schooljaar, Vestigingscode
from exchange.policy.parties import Gemeente, Grant, Role, Sector, Vestiging
from exchange.sandbox.world.calendar import LessonCalendar

_WORLD = Path(__file__).with_name("world.toml")
_SERIES = "reeks"


@dataclass(frozen=True, slots=True)
class Participant:
    """A party of the sandbox; ``mandates`` are the vestigingen that a supplier acts for."""

    name: str
    oin: Oin
    organisation: str
    grant: Grant
    mandates: tuple[Vestigingscode, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """Everybody and everything the sandbox starts with; ``beleid`` as it goes over the wire.

    ``sizes`` are the fewest and the most pupils of a vestiging. ``silent`` delivers nothing about a
    month, and ``counts_itself`` delivers finished figures.
    """

    participants: Mapping[str, Participant]
    vestigingen: Mapping[Vestigingscode, Vestiging]
    named: tuple[Vestigingscode, ...]
    gemeenten: tuple[Gemeente, ...]
    sizes: Mapping[Vestigingscode, tuple[int, int]]
    silent: Vestigingscode
    counts_itself: Vestigingscode
    beleid: Mapping[str, Any]
    calendar: LessonCalendar

    def holders(self, role: Role) -> tuple[Participant, ...]:
        """Give the parties that hold ``role``."""
        return tuple(p for p in self.participants.values() if p.grant.role is role)

    def supplier_of(self, vestiging: Vestigingscode) -> Participant:
        """Give the supplier that sends for a vestiging."""
        return next(p for p in self.participants.values() if vestiging in p.mandates)

    def leerplicht_of(self, gemeente: Gemeentecode) -> Participant:
        """Give the leerplicht party of a connected municipality."""
        wanted = Grant(Role.LEERPLICHT, gemeente.reveal())
        return next(p for p in self.participants.values() if p.grant == wanted)


def read_world() -> World:
    """Give the world; it is the same in every sandbox."""
    with _WORLD.open("rb") as file:
        data = tomllib.load(file)
    since, places, month = data["register_vanaf"], data["vestigingen"], data["maand"]
    named = [_vestiging(Vestigingscode(c), places[c], since) for c in places if c != _SERIES]
    series = list(_series(places[_SERIES], since))
    return World(
        participants=MappingProxyType(
            {name: _participant(name, entry, series) for name, entry in data["partijen"].items()}
        ),
        vestigingen=MappingProxyType({v.code: v for v in (*named, *series)}),
        named=tuple(v.code for v in named),
        gemeenten=tuple(
            Gemeente(Gemeentecode(code), entry["naam"], since, entry.get("tot_en_met"))
            for code, entry in data["gemeenten"].items()
        ),
        sizes=MappingProxyType(dict(_sizes(places))),
        silent=Vestigingscode(month["levert_niets"]),
        counts_itself=Vestigingscode(month["telt_zelf"]),
        beleid=MappingProxyType(data["verzuimbeleid"]),
        calendar=_calendar(data["schoolkalender"]),
    )


def _participant(name: str, entry: Mapping[str, Any], series: list[Vestiging]) -> Participant:
    mandates = entry.get("mandaten", ())
    return Participant(
        name=name,
        oin=Oin(f"00000099{entry['nummer']}000"),
        organisation=entry["organisatie"],
        grant=Grant(Role(entry["rol"]), entry.get("gebied", "")),
        mandates=tuple(
            (v.code for v in series)
            if mandates == "reeksen"
            else (Vestigingscode(code) for code in mandates)
        ),
    )


def _vestiging(code: Vestigingscode, entry: Mapping[str, Any], since: date) -> Vestiging:
    return Vestiging(
        code=code,
        gemeente=Gemeentecode(entry["gemeente"]),
        sector=Sector(entry["sector"]),
        swv=entry["swv"],
        geldig_van=since,
    )


def _series(entries: list[Mapping[str, Any]], since: date) -> Iterator[Vestiging]:
    for entry in entries:
        for code in _codes(entry):
            yield _vestiging(code, entry, since)


def _sizes(places: Mapping[str, Any]) -> Iterator[tuple[Vestigingscode, tuple[int, int]]]:
    for name, entry in places.items():
        if name != _SERIES:
            yield Vestigingscode(name), (entry["leerlingen"], entry["leerlingen"])
    for entry in places[_SERIES]:
        fewest, most = entry["leerlingen"]
        for code in _codes(entry):
            yield code, (fewest, most)


def _codes(entry: Mapping[str, Any]) -> Iterator[Vestigingscode]:
    for letter in ascii_uppercase[: entry["aantal"]]:
        yield Vestigingscode(f"{entry['begin']}{letter}00")


def _calendar(entry: Mapping[str, Any]) -> LessonCalendar:
    return LessonCalendar(
        schooljaar=Schooljaar.parse(entry["schooljaar"]),
        herfstvakantie=entry["herfstvakantie"],
        lesvrij=tuple((period["van"], period["tot"]) for period in entry["lesvrij"]),
    )
