"""Decides which vestigingen of a register fit what we know of gemeenten and regions."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date

from exchange.messages.identifiers import Gemeentecode, Postcode4, Vestigingscode
from exchange.policy.changes import Dated
from exchange.policy.parties import Sector
from exchange.policy.registers import Misfit, Regio, Register, VestigingenFile, VestigingLine


@dataclass(frozen=True, slots=True)
class Registered:
    """What a register says of a vestiging; ``bron`` is that register, or none for our own."""

    gemeente: Gemeentecode
    sector: Sector
    swv: str
    naam: str | None
    bevoegd_gezag: str | None
    postcode4: Postcode4 | None
    bron: str | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a vestiging must fit in, as it is on ``day``; ``latest`` are the vestigingen we have."""

    day: date
    gemeenten: Set[Gemeentecode]
    regions: Mapping[Postcode4, Regio]
    latest: Mapping[Vestigingscode, Dated[Registered]]


Fit = tuple[dict[Vestigingscode, Registered], tuple[Misfit, ...]]


def fit(file: VestigingenFile, known: Surroundings) -> Fit:
    """Give what the file says of each vestiging that fits, and why the others do not."""
    said: dict[Vestigingscode, Registered] = {}
    misfits: list[Misfit] = list(file.misfits)
    for line in file.lines:
        found = _registered(line, file.about.register, known)
        if isinstance(found, str):
            misfits.append(Misfit(line.line, str(line.code), found))
        else:
            said[line.code] = found
    return said, tuple(sorted(misfits, key=lambda misfit: misfit.line))


def _registered(line: VestigingLine, register: Register, known: Surroundings) -> Registered | str:
    """Give what to register, or the reason why not."""
    before = known.latest.get(line.code)
    standing = before.content if before and before.holds_on(known.day) else None
    if standing and standing.bron not in {None, register.value}:
        return f"deze vestiging staat al in het register {standing.bron}"
    if standing and standing.bron is None and standing.sector is not line.sector:
        return f"deze vestiging is hier zelf vastgelegd met sector {standing.sector.value}"
    if line.gemeente not in known.gemeenten:
        return f"gemeente {line.gemeente} bestaat op {known.day} niet in het gemeenteregister"
    if line.postcode4 is None:
        return "zonder postcode is er geen samenwerkingsverband"
    regio = known.regions.get(line.postcode4)
    swv = regio.swv_of(line.sector) if regio else None
    if swv is None:
        return (
            f"postcode {line.postcode4} heeft op {known.day} geen samenwerkingsverband"
            f" voor {line.sector.value}"
        )
    return Registered(
        gemeente=line.gemeente,
        sector=line.sector,
        swv=swv,
        # A column that this file does not have says nothing about what we know already.
        naam=line.naam or (standing.naam if standing else None),
        bevoegd_gezag=line.bevoegd_gezag or (standing.bevoegd_gezag if standing else None),
        postcode4=line.postcode4,
        bron=register.value,
    )
