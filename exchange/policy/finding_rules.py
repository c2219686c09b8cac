"""The rules on findings as dated data: their numbers, and the text that every reader is shown."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from exchange.errors import Fault
from exchange.policy.calendar import AMSTERDAM


class RuleName(StrEnum):
    """Every rule; its value is its name in the data."""

    UREN = "ongebruikelijke-uren"
    VEEL = "ongebruikelijk-veel"
    EERSTE_KEER = "eerste-keer"
    WEIGERINGEN = "reeks-weigeringen"
    SLEUTEL = "sleutelwijziging"
    ONTSLEUTELEN = "niet-te-ontsleutelen"
    INZAGE = "inzage-zonder-aanleiding"


_NUMBERS: Mapping[RuleName, frozenset[str]] = {
    RuleName.UREN: frozenset({"van", "tot", "gewoonte_dagen"}),
    RuleName.VEEL: frozenset({"minstens", "keer", "dagen"}),
    RuleName.EERSTE_KEER: frozenset({"dagen"}),
    RuleName.WEIGERINGEN: frozenset({"aantal", "minuten"}),
    RuleName.SLEUTEL: frozenset(),
    RuleName.ONTSLEUTELEN: frozenset({"aantal"}),
    RuleName.INZAGE: frozenset({"dagen", "aantal"}),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as a reader sees it: ``uitleg`` says in plain Dutch when it finds something."""

    name: RuleName
    titel: str
    uitleg: str


@dataclass(frozen=True, slots=True)
class FindingRules:
    """The rules in force from one day on, with the names of the records that they look at."""

    geldig_vanaf: date
    bron: str
    lezen: tuple[str, ...]
    sleutelacties: tuple[str, ...]
    sleutelverwerkingen: tuple[str, ...]
    toezichtverwerkingen: tuple[str, ...]
    inzageverwerkingen: tuple[str, ...]
    rules: Mapping[RuleName, Rule]
    numbers: Mapping[RuleName, Mapping[str, int]]

    def number(self, rule: RuleName, name: str) -> int:
        """Give one number of a rule."""
        return self.numbers[rule][name]


@dataclass(frozen=True, slots=True)
class DatedRules:
    """Every series of rules, oldest first."""

    series: tuple[FindingRules, ...]

    def on(self, day: date) -> FindingRules:
        """Give the rules in force on ``day``; before the first the oldest hold."""
        held = (rules for rules in reversed(self.series) if rules.geldig_vanaf <= day)
        return next(held, self.series[0])


def read_finding_rules(text: str) -> DatedRules:
    """Read them from TOML; what is missing, unknown or out of order stops the gateway."""
    try:
        series = tuple(_series(entry) for entry in tomllib.loads(text)["reeks"])
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise Fault(f"onleesbare regels voor bevindingen: {error}") from error
    days = [rules.geldig_vanaf for rules in series]
    if not series or days != sorted(set(days)):
        raise Fault("geen regels voor bevindingen, of niet in de volgorde van hun datum")
    return DatedRules(series)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Give the moments at which a legal day begins and ends (exclusive)."""
    return (
        datetime.combine(day, time.min, AMSTERDAM),
        datetime.combine(day + timedelta(days=1), time.min, AMSTERDAM),
    )


def usual_hours(day: date, rules: FindingRules) -> tuple[datetime, datetime]:
    """Give from when until when reading is usual on ``day``; at a weekend it never is."""
    if day.weekday() in _WEEKEND:
        _, ends = day_bounds(day)
        return ends, ends
    opens, closes = (time(rules.number(RuleName.UREN, name)) for name in ("van", "tot"))
    return datetime.combine(day, opens, AMSTERDAM), datetime.combine(day, closes, AMSTERDAM)


_WEEKEND = (5, 6)
_HOURS = 24


def _series(entry: dict[str, Any]) -> FindingRules:
    if entry.keys() != {"geldig_vanaf", "bron", *_LISTS, *RuleName}:
        raise ValueError(
            "een reeks heeft een datum, een bron, lijsten en precies de bekende regels"
        )
    if type(entry["geldig_vanaf"]) is not date or not all(entry[name] for name in _LISTS):
        raise ValueError("een reeks heeft een datum, en van elke lijst iets")
    hours = entry[RuleName.UREN]["getallen"]
    if not 0 <= hours["van"] < hours["tot"] < _HOURS:
        raise ValueError("de gewone uren liggen in een dag")
    return FindingRules(
        geldig_vanaf=entry["geldig_vanaf"],
        bron=entry["bron"],
        lezen=tuple(entry["lezen"]),
        sleutelacties=tuple(entry["sleutelacties"]),
        sleutelverwerkingen=tuple(entry["sleutelverwerkingen"]),
        toezichtverwerkingen=tuple(entry["toezichtverwerkingen"]),
        inzageverwerkingen=tuple(entry["inzageverwerkingen"]),
        rules={name: _rule(name, entry[name]) for name in RuleName},
        numbers={name: dict(entry[name]["getallen"]) for name in RuleName},
    )


_LISTS = (
    "lezen",
    "sleutelacties",
    "sleutelverwerkingen",
    "toezichtverwerkingen",
    "inzageverwerkingen",
)


def _rule(name: RuleName, part: dict[str, Any]) -> Rule:
    numbers = part["getallen"]
    if part.keys() != {"titel", "uitleg", "getallen"} or not part["titel"] or not part["uitleg"]:
        raise ValueError("een regel heeft een titel, een uitleg en getallen")
    if numbers.keys() != _NUMBERS[name]:
        raise ValueError(f"{name} heeft andere getallen nodig")
    if not all(type(number) is int and number > 0 for number in numbers.values()):
        raise ValueError("een getal van een regel is geheel en meer dan nul")
    return Rule(name, part["titel"], part["uitleg"].format(**numbers))
