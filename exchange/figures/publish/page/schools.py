"""The table with a row for each school, and the names of the schools that did not deliver."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.figures.levering import Levering, Regel
from exchange.figures.measures import MINUTES, TIERS, Measure, Niveau
from exchange.figures.publish.names import Names
from exchange.figures.publish.page.shares import NO_SHARE, Shown, average, pupils, shown

MOST_SHOWN = 1_000
"""A page is for a region: who has more schools than this works with the data."""

MOST_MISSING = 100


@dataclass(frozen=True, slots=True)
class School:
    """One row; a school that did not deliver has no cells."""

    name: str
    code: str
    ontbreekt: bool
    leerlingen: Shown
    tiers: tuple[Shown, ...]
    met_ongeoorloofd: Shown
    minutes: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Schools that belong together: of one gemeente, or in a gemeente of one SWV."""

    name: str
    schools: tuple[School, ...]


def groups(levering: Levering, names: Names) -> tuple[Group, ...]:
    """Give the schools by group and name; none at all where they are too many for a page."""
    found = _vestigingen(levering)
    if len(found) > MOST_SHOWN:
        return ()
    one_gemeente = len({regel.gemeente for regel in found}) == 1
    members: dict[str, list[School]] = {}
    for regel in found:
        place = _swv(regel, names) if one_gemeente else _gemeente(regel, names)
        members.setdefault(place, []).append(_school(regel, names))
    return tuple(
        Group(name, tuple(sorted(schools, key=lambda school: (school.name, school.code))))
        for name, schools in sorted(members.items())
    )


def missing(levering: Levering, names: Names) -> tuple[str, ...]:
    """Name the schools that did not deliver; none where they are too many for a page."""
    gone = [school_name(regel, names) for regel in _vestigingen(levering) if regel.ontbreekt]
    return tuple(sorted(gone)) if len(gone) <= MOST_MISSING else ()


def school_name(regel: Regel, names: Names) -> str:
    """Give a school's name with its vestigingscode."""
    name = names.vestigingen.get(regel.code)
    return f"{name} ({regel.code})" if name else regel.code


def _vestigingen(levering: Levering) -> list[Regel]:
    return [regel for regel in levering.regels if regel.niveau is Niveau.VESTIGING]


def _gemeente(regel: Regel, names: Names) -> str:
    code = regel.gemeente or NO_SHARE
    return names.gemeenten.get(code, f"Gemeente {code}")


def _swv(regel: Regel, names: Names) -> str:
    code = regel.swv or NO_SHARE
    name = names.swvs.get(code)
    return f"{name} ({code})" if name else f"Samenwerkingsverband {code}"


def _school(regel: Regel, names: Names) -> School:
    return School(
        name=names.vestigingen.get(regel.code, regel.code),
        code=regel.code,
        ontbreekt=regel.ontbreekt,
        leerlingen=pupils(regel),
        tiers=tuple(shown(regel, measure) for measure in TIERS),
        met_ongeoorloofd=shown(regel, Measure.LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM),
        minutes=tuple(average(regel, measure) for measure in MINUTES),
    )
