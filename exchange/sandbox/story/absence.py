"""Draws a month of absence at one school: most pupils hardly, some often, a few very often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from exchange.messages.identifiers import Periode, Pgn, Vestigingscode
from exchange.policy.parties import Sector
from exchange.sandbox.story.dice import Dice
from exchange.sandbox.story.schools import Pupil, School

DAY_MINUTES = 300
"""Minutes of lessons a day, at every school: 25 hours a week."""

_FIRST_PERCENT, _SECOND_PERCENT, _MOST_PERCENT = 5, 10, 70
_NEVER_ABSENT = 6  # one in so many, of those who are hardly absent
_BELOW_MELDING = 470  # of one month; two months in a row stay below 16 hours
_LONGEST_LUXE_DAYS = 5


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is typical of a sector: tiers in per mille, lesuur in minutes, a hundred reasons."""

    second: int
    third: int
    lesuur: int
    reasons: Sequence[str]


_YOUNG = ["ZIEK"] * 82 + ["BIJZ_VERLOF"] * 9 + ["ONBEKEND"] * 5 + ["LUXE"] * 4
_OLDER = ["ZIEK"] * 66 + ["BIJZ_VERLOF"] * 6 + ["SPIJBEL"] * 17 + ["ONBEKEND"] * 10 + ["LUXE"]
_KINDS = {
    Sector.PO: _Kind(115, 28, 30, _YOUNG),
    Sector.SO: _Kind(125, 40, 30, _YOUNG),
    Sector.VO: _Kind(135, 42, 60, _OLDER),
    Sector.VSO: _Kind(140, 45, 60, _OLDER),
}
_SPREAD = 15  # per mille by which schools of one sector differ


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence of one pupil on one day; ``number`` is the school's own, within the month."""

    vestiging: Vestigingscode
    number: int
    pgn: Pgn = field(repr=False)
    day: date
    minutes: int
    reason: str


def absences_at(school: School, periode: Periode, days: Sequence[date]) -> tuple[Absence, ...]:
    """Give the absence of a month with these lesson days, always the same, by pupil and day."""
    drawn = (
        (pupil, spell)
        for place, pupil in enumerate(school.pupils)
        for spell in _spell(school, pupil, Dice(f"{periode}|{school.code}|{place}"), days)
    )
    return tuple(
        Absence(school.code, number, pupil.pgn, day, minutes, reason)
        for number, (pupil, (day, minutes, reason)) in enumerate(drawn, start=1)
    )


def _spell(
    school: School, pupil: Pupil, dice: Dice, days: Sequence[date]
) -> Iterator[tuple[date, int, str]]:
    """Give the days that a pupil misses: whole ones in a row, and what is left of one."""
    kind = _KINDS[school.sector]
    minutes = _minutes(school, dice, DAY_MINUTES * len(days))
    if not minutes:
        return
    reason = _reason(kind, pupil, dice, minutes)
    whole, rest = divmod(minutes, DAY_MINUTES)
    portions = [DAY_MINUTES] * whole + [rest] * bool(rest)
    if whole == 0 and rest > kind.lesuur and dice.between("twee keer", 1, 3) == 1:
        portions = [rest - kind.lesuur, kind.lesuur]
    first = dice.between("eerste dag", 0, len(days) - len(portions))
    for day, portion in zip(days[first:], portions, strict=False):
        yield day, portion, reason


def _minutes(school: School, dice: Dice, planned: int) -> int:
    """Give what a pupil misses in all, in whole lesuren: its tier first, then how much of it."""
    kind, other = _KINDS[school.sector], Dice(f"aard|{school.code}")
    third = kind.third + other.between("trede 3", -_SPREAD, _SPREAD)
    second = kind.second + other.between("trede 2", -_SPREAD, _SPREAD)
    end1, end2, end3 = (
        planned * percent // 100 // kind.lesuur
        for percent in (_FIRST_PERCENT, _SECOND_PERCENT, _MOST_PERCENT)
    )
    roll = dice.between("trede", 1, 1000)
    if roll <= third:
        lesuren = min(dice.between(f"hoe vaak {n}", end2 + 1, end3) for n in "ab")
    elif roll <= third + second:
        lesuren = dice.between("hoe vaak", end1 + 1, end2)
    elif dice.between("nooit", 1, _NEVER_ABSENT) == 1:
        lesuren = 0
    else:
        lesuren = dice.between("hoe vaak", 1, end1)
    return lesuren * kind.lesuur


def _reason(kind: _Kind, pupil: Pupil, dice: Dice, minutes: int) -> str:
    reason = dice.pick("reden", kind.reasons)
    is_excused = reason in {"ZIEK", "BIJZ_VERLOF"}
    if not is_excused and pupil.may_get_signaal and minutes > _BELOW_MELDING:
        return "ZIEK"
    if reason == "LUXE" and not 1 <= minutes / DAY_MINUTES <= _LONGEST_LUXE_DAYS:
        return "ZIEK"
    return reason
