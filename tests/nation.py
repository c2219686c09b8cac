"""A seeded nation: vestigingen of realistic sizes, with all figures folded from drawn pupils."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from string import ascii_uppercase

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from exchange.figures.table import Delivered
from exchange.messages.identifiers import Gemeentecode, Vestigingscode
from exchange.messages.schoolcijfers import Minutentelling, Schoolcijfers
from exchange.policy.parties import Sector, Vestiging
from tests.region import Region, boards, regions

Minutes = NDArray[np.int64]
"""One number per pupil."""

_LESDAGEN = 20
_QUARTER = 15
_MELDING, _SIGNAAL = 960, 360
_LONG_AGO = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Kind:
    """How vestigingen of one sector are: how large, and how many pupils are absent how long."""

    share: float
    pupils: int
    spread: float
    ziek: float
    spijbelt: tuple[float, float]
    spijbel_minuten: int
    locations: tuple[float, ...]


KINDS = {
    Sector.PO: Kind(0.82, 190, 0.55, 0.64, (0.01, 0.03), 200, (0.92, 0.06, 0.02)),
    Sector.VO: Kind(0.12, 700, 0.60, 0.68, (0.10, 0.20), 100, (0.5, 0.2, 0.15, 0.1, 0.05)),
    Sector.SO: Kind(0.03, 80, 0.45, 0.66, (0.02, 0.06), 200, (0.8, 0.15, 0.05)),
    Sector.VSO: Kind(0.03, 80, 0.45, 0.70, (0.08, 0.16), 150, (0.8, 0.15, 0.05)),
}


@dataclass(frozen=True, slots=True)
class Pupils:
    """What each pupil of one vestiging missed in the month."""

    geoorloofd: Minutes
    ongeoorloofd: Minutes


@dataclass(frozen=True, slots=True)
class Counted(Delivered):
    """A delivered vestiging that still knows its pupils, so that one of them can be corrected."""

    pupils: Pupils = field(compare=False, repr=False)


def nation(seed: int, vestigingen: int = 8000) -> list[Delivered]:
    """Give a month of a whole country, or of a smaller one of the same density."""
    dice = np.random.default_rng(seed)
    region = regions(dice, vestigingen)
    found: list[Vestiging] = []
    for sector, kind in KINDS.items():
        wanted = round(vestigingen * kind.share)
        found += _vestigingen(dice, region, sector, wanted, len(found))
    return [_drawn(dice, vestiging) for vestiging in found]


def later(delivered: Iterable[Delivered], seed: int) -> list[Delivered]:
    """Give the same month after late corrections, withdrawals and first deliveries."""
    dice, standing = np.random.default_rng(seed), list(delivered)
    codes = {one.vestiging.code for one in standing}
    new: list[Delivered] = []
    for one in standing:
        fresh = _sister(one.vestiging, codes) if dice.random() < 0.01 else None
        if fresh is not None:
            codes.add(fresh.code)
            new.append(_drawn(dice, fresh))
    return [_corrected(dice, one) if dice.random() < 0.15 else one for one in standing] + new


def not_yet(delivered: Iterable[Delivered], last: Iterable[Delivered]) -> list[Vestiging]:
    """Give the vestigingen that are missing in ``delivered`` and came at last."""
    here = {one.vestiging.code for one in delivered}
    return [one.vestiging for one in last if one.vestiging.code not in here]


def fold(pupils: Pupils, planned: int) -> Schoolcijfers:
    """Count a vestiging's month from its pupils."""
    present = planned - pupils.geoorloofd - pupils.ongeoorloofd
    first, second = present * 100 >= planned * 95, present * 100 >= planned * 90
    ongeoorloofd = _telling(pupils.ongeoorloofd)
    return Schoolcijfers(
        leerlingen=len(present),
        geplande_minuten_per_leerling=planned,
        geoorloofd=_telling(pupils.geoorloofd),
        ongeoorloofd=ongeoorloofd,
        leerlingen_met_ongeoorloofd_verzuim=ongeoorloofd.aantal_leerlingen,
        trede1=int(first.sum()),
        trede2=int((second & ~first).sum()),
        trede3=int((~second).sum()),
    )


def _telling(minutes: Minutes) -> Minutentelling:
    return Minutentelling(
        minuten=int(minutes.sum()),
        aantal_leerlingen=int((minutes > 0).sum()),
        grootste_aandeel_minuten=int(minutes.max(initial=0)),
    )


def _counted(vestiging: Vestiging, pupils: Pupils, planned: int) -> Counted:
    meldingen = int((pupils.ongeoorloofd >= _MELDING).sum())
    signalen = int((pupils.ongeoorloofd >= _SIGNAAL).sum())
    return Counted(vestiging, fold(pupils, planned), meldingen, signalen, pupils)


def _drawn(dice: Generator, vestiging: Vestiging) -> Counted:
    """One in seventy po schools is tiny."""
    kind = KINDS[vestiging.sector]
    size = int(np.clip(kind.pupils * dice.lognormal(0, kind.spread), 8, 2500))
    if vestiging.sector is Sector.PO and dice.random() < 0.015:
        size = int(dice.integers(4, 30))
    planned = _LESDAGEN * int(dice.integers(290, 316))
    return _counted(vestiging, _pupils(dice, kind, size, planned), planned)


def _pupils(dice: Generator, kind: Kind, size: int, planned: int) -> Pupils:
    """Most illness is a day or two; a few are away for weeks. Every school has its own level."""
    ziek = dice.random(size) < kind.ziek * dice.uniform(0.93, 1.07)
    short = 190 * dice.lognormal(0, 0.08) * dice.lognormal(0, 0.8, size)
    long = np.where(dice.random(size) < 0.013, planned * dice.uniform(0.2, 1.0, size), 0)
    geoorloofd = _minutes(np.where(ziek, short, 0) + long, planned)
    spijbelt = dice.random(size) < dice.uniform(*kind.spijbelt)
    hours = np.where(spijbelt, kind.spijbel_minuten * dice.lognormal(0, 0.9, size) + _QUARTER, 0)
    return Pupils(geoorloofd, np.minimum(_minutes(hours, planned), planned - geoorloofd))


def _minutes(drawn: NDArray[np.float64], planned: int) -> Minutes:
    quarters: Minutes = np.floor(drawn / _QUARTER).astype(np.int64) * _QUARTER
    return np.minimum(quarters, planned)


def _corrected(dice: Generator, one: Delivered) -> Delivered:
    """Redraw a few pupils; now and then one more turns out to be enrolled."""
    if not isinstance(one, Counted):
        raise TypeError("only a nation of ours can be corrected")
    planned, kind = one.figures.geplande_minuten_per_leerling, KINDS[one.vestiging.sector]
    size, added = one.figures.leerlingen, int(dice.random() < 0.05)
    which = dice.choice(size, size=min(size, int(dice.integers(1, 7))), replace=False)
    extra = _pupils(dice, kind, len(which) + added, planned)
    pupils = Pupils(
        _with(one.pupils.geoorloofd, which, extra.geoorloofd),
        _with(one.pupils.ongeoorloofd, which, extra.ongeoorloofd),
    )
    return _counted(one.vestiging, pupils, planned)


def _with(minutes: Minutes, which: NDArray[np.int64], drawn: Minutes) -> Minutes:
    changed = minutes.copy()
    changed[which] = drawn[: len(which)]
    return np.concatenate([changed, drawn[len(which) :]])


def _sister(vestiging: Vestiging, taken: Container[Vestigingscode]) -> Vestiging | None:
    """Give the next location of the same institution, unless that is there already."""
    code = Vestigingscode(f"{vestiging.code.brin}{int(vestiging.code.reveal()[4:]) + 1:02d}")
    return None if code in taken else replace(vestiging, code=code)


def _vestigingen(
    dice: Generator, region: Region, sector: Sector, wanted: int, before: int
) -> list[Vestiging]:
    """Institutions of one sector, with their locations, under boards that keep to a region."""
    sizes: list[int] = []
    while sum(sizes) < wanted:
        sizes.append(1 + int(dice.choice(len(KINDS[sector].locations), p=KINDS[sector].locations)))
    homes = sorted(region.homes(dice, len(sizes)))
    held = boards(dice, len(sizes), start=10_000 + before)
    found = [
        Vestiging(
            code=Vestigingscode(f"{_brin(before + number)}{location:02d}"),
            gemeente=Gemeentecode(gemeente),
            sector=sector,
            swv=region.swv(dice, sector, gemeente),
            geldig_van=_LONG_AGO,
            bevoegd_gezag=board,
        )
        for number, (size, home, board) in enumerate(zip(sizes, homes, held, strict=True))
        for location in range(size)
        for gemeente in [region.near(dice, home) if location else region.codes[home]]
    ]
    return found[:wanted]


def _brin(number: int) -> str:
    first, second = ascii_uppercase[number // 26 % 26], ascii_uppercase[number % 26]
    return f"{number // 676 + 10:02d}{first}{second}"
