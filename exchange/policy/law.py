"""The numbers of the law and of our own design, dated: one place that says what held on which day.

They are data (``schemas/parameters.toml``). A change is a new value with a new date, so that every
rule answers for any day, and yesterday's message can be judged under tomorrow's numbers.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from exchange.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What holds on one day; a field's name is its name in the data, where its meaning stands."""

    drempel_eenheden: int
    drempel_lesweken: int
    klokuur_minuten: int
    lesuur_minuten: int
    langdurig_weken: int
    herhaling_dagen: int
    open_maanden: int
    registratie_dagen: int
    parkeren_werkdagen: int
    bevestigd_dagen: int
    idempotentie_dagen: int
    registerterm_schooljaren: int
    cijfers_schooljaren: int
    logtekst_jaren: int
    backup_dagen: int
    leerplicht_vanaf_jaar: int
    leerplicht_tot_jaar: int
    leerplicht_volle_jaren: int
    kwalificatieplicht_tot_jaar: int
    trede1_procent: int
    trede2_procent: int
    onderdrukking_drempel: int
    rij_leerlingen: int
    dominantie_procent: int
    minuten_marge_procent: int
    leveringen_jaren: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One dated value and where it comes from: an article, DUO's practice, or DESIGN."""

    geldig_vanaf: date
    waarde: int
    bron: str


@dataclass(frozen=True, slots=True)
class Law:
    """Every parameter through time, oldest value first; before its first date the oldest holds.

    ``_since`` are the same numbers put together once, for each day on which one of them changes.
    """

    entries: Mapping[str, tuple[Entry, ...]]
    meanings: Mapping[str, str]
    _since: tuple[tuple[date, Parameters], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days = {entry.geldig_vanaf for values in self.entries.values() for entry in values}
        since = tuple((day, self._put_together(day)) for day in sorted(days))
        object.__setattr__(self, "_since", since)

    def on(self, day: date) -> Parameters:
        """Give the numbers in force on ``day``."""
        for begin, numbers in reversed(self._since):
            if begin <= day:
                return numbers
        return self._put_together(day)

    def _put_together(self, day: date) -> Parameters:
        return Parameters(
            **{name: _on(entries, day).waarde for name, entries in self.entries.items()}
        )

    def as_of(self, day: date) -> Law:
        """Give the law that says for every day what this one says for ``day``."""
        held = {name: (_on(entries, day),) for name, entries in self.entries.items()}
        return Law(held, self.meanings)


def read_law(text: str) -> Law:
    """Read the parameters from TOML; what is missing, unknown or out of order stops the gateway."""
    try:
        document = tomllib.loads(text)
        entries = {name: tuple(map(_entry, part["waarden"])) for name, part in document.items()}
        meanings = {name: str(part["betekenis"]) for name, part in document.items()}
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise Fault(f"onleesbare parameters: {error}") from error
    if set(entries) != {field.name for field in fields(Parameters)}:
        raise Fault("de parameters zijn niet precies de getallen die de regels nodig hebben")
    for name, values in entries.items():
        _require_ordered(name, values)
    return Law(entries, meanings)


def _entry(entry: Mapping[str, Any]) -> Entry:
    found = Entry(entry["geldig_vanaf"], entry["waarde"], entry["bron"])
    if type(found.waarde) is not int or found.waarde < 0 or type(found.geldig_vanaf) is not date:
        raise ValueError("een waarde is een geheel getal met een datum")
    return found


def _require_ordered(name: str, values: Sequence[Entry]) -> None:
    days = [value.geldig_vanaf for value in values]
    if not values or days != sorted(set(days)) or not all(value.bron for value in values):
        raise Fault(f"parameter {name} heeft geen waarde, geen bron of een verkeerde volgorde")


def _on(values: Sequence[Entry], day: date) -> Entry:
    return next((v for v in reversed(values) if v.geldig_vanaf <= day), values[0])
