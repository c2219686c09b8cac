"""A region of invented schools over a few months, as an SWV, two colleges and OCW would get it.

What is hidden is hidden crudely: the protection has tests of its own. Here the page must have
something to show of every kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from exchange.figures.levering import Levering, Regel, Stand
from exchange.figures.measures import COUNTS, TIERS, Measure, Niveau, measures_of
from exchange.figures.publish import Names
from exchange.messages.identifiers import Periode
from tests.leveringen import levering

GEMEENTEN = {
    "0361": "Alkmaar",
    "0399": "Heiloo",
    "0373": "Bergen (NH.)",
    "1980": "Dijk en Waard",
    "0441": "Schagen",
    "0383": "Castricum",
}
_FIRST = ("De Wissel", "Het Baken", "De Terp", "Jac. P. Thijsse", "Petrus Canisius", "De Zeester")
_SECOND = ("College", "Lyceum", "Mavo", "Praktijkschool", "Scholengemeenschap")
SWV = "VO2703"
NAMES = Names(
    ontvanger="Samenwerkingsverband VO Noord-Kennemerland (VO2703)",
    gemeenten=GEMEENTEN,
    swvs={"VO2703": "VO Noord-Kennemerland", "PO2703": "PO Noord-Kennemerland"},
    vestigingen={
        f"99{'ABCDEF'[n % 6]}{'KLMNO'[n % 5]}{n:02d}": f"{_FIRST[n % 6]} {_SECOND[n % 5]}"
        for n in range(46)
    },
)
FIRST_MONTH = Periode(2026, 8)
_SEASON = (0.93, 1.0, 1.08, 1.2, 1.3)


@dataclass(frozen=True)
class _School:
    code: str
    gemeente: str
    swv: str
    leerlingen: int
    level: float


def months(count: int = 3) -> list[Levering]:
    """Give a release of each of ``count`` months; of the last one two, the second corrected."""
    made = [_release(n, FIRST_MONTH.plus(n), n) for n in range(count)]
    return [*made, _release(count, made[-1].periode, count - 1, corrected=True)]


def _release(nummer: int, periode: Periode, season: int, *, corrected: bool = False) -> Levering:
    dice = Random(100 + season)
    absent = {"99AK00", "99BL31"} if corrected else {"99AK00", "99BL31", "99DN13"}
    rows: list[dict[Measure, int]] = []
    delivered: list[_School] = []
    gone: list[Regel] = []
    for school in _schools():
        counted = _counted(dice, school, _SEASON[season % 5], moved=corrected)
        if school.code in absent:
            gone.append(_row(school, None))
        else:
            delivered.append(school)
            rows.append(counted)
    regels = [*gone, *(_row(s, row) for s, row in zip(delivered, rows, strict=True))]
    regels.sort(key=lambda regel: regel.code)
    regels += _sums(delivered, rows)
    released = datetime(2026, 10, 12, 8, 15, tzinfo=UTC) + timedelta(days=31 * nummer)
    made = levering(*map(_hide, regels), nummer=nummer + 9, periode=str(periode))
    stand = Stand.DEFINITIEF if season == 0 else Stand.VOORLOPIG
    return replace(made, stand=stand, vrijgegeven_op=released)


def _schools() -> list[_School]:
    dice = Random(7)
    places = list(GEMEENTEN)
    found = [
        _School(code, places[min(n // 6, 5)], SWV, _size(dice, n), dice.uniform(0.7, 1.4))
        for n, code in enumerate(NAMES.vestigingen)
    ]
    po = [_School(f"99PO{n:02d}", "0361", "PO2703", 180 + n, 0.6) for n in range(8)]
    return found + po


def _size(dice: Random, place: int) -> int:
    return 8 if place == 20 else max(24, int(dice.lognormvariate(6.1, 0.8)))


def _counted(dice: Random, school: _School, season: float, *, moved: bool) -> dict[Measure, int]:
    size = school.leerlingen
    share3 = 0.045 * school.level * season * dice.uniform(0.6, 1.4)
    share2 = 0.085 * school.level * season * dice.uniform(0.7, 1.3)
    trede3, trede2 = round(size * share3), round(size * share2)
    if moved and school.leerlingen % 7 == 0 and trede2 > 6:
        trede2 -= 6
    truants = round(size * 0.09 * school.level * season * dice.uniform(0.3, 1.5))
    return {
        Measure.GEOORLOOFDE_MINUTEN: int(size * 168 * season * dice.uniform(0.8, 1.2)),
        Measure.ONGEOORLOOFDE_MINUTEN: int(truants * 190 * dice.uniform(0.7, 1.4)),
        Measure.LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM: truants,
        Measure.TREDE1: size - trede2 - trede3,
        Measure.TREDE2: trede2,
        Measure.TREDE3: trede3,
        Measure.VERZUIMMELDINGEN: round(truants * 0.11),
        Measure.SIGNALEN: round(truants * 0.07),
    }


def _row(school: _School, counted: Mapping[Measure, int] | None) -> Regel:
    sector = "vo" if school.swv.startswith("VO") else "po"
    place = (school.code, sector, school.gemeente, school.swv)
    if counted is None:
        return Regel(Niveau.VESTIGING, *place, None, True, {})
    waarden = {m: counted[m] for m in measures_of(Niveau.VESTIGING)}
    return Regel(Niveau.VESTIGING, *place, school.leerlingen, False, waarden)


def _sums(schools: Sequence[_School], rows: Sequence[Mapping[Measure, int]]) -> Iterable[Regel]:
    pairs = list(zip(schools, rows, strict=True))
    for niveau in (Niveau.GEMEENTE_SWV, Niveau.SWV, Niveau.LANDELIJK):
        groups: dict[tuple[str, str, str | None, str | None], list[int]] = {}
        for n, (school, _) in enumerate(pairs):
            groups.setdefault(_place(niveau, school), []).append(n)
        for place, members in sorted(groups.items(), key=str):
            total = {m: sum(rows[n][m] for n in members) for m in Measure}
            pupils = sum(schools[n].leerlingen for n in members)
            yield Regel(niveau, *place, pupils, False, total)


def _place(niveau: Niveau, school: _School) -> tuple[str, str, str | None, str | None]:
    kind = "vo-vso" if school.swv.startswith("VO") else "po-so"
    if niveau is Niveau.GEMEENTE_SWV:
        return f"{school.gemeente}-{school.swv}", kind, school.gemeente, school.swv
    if niveau is Niveau.SWV:
        return school.swv, kind, None, school.swv
    return "NL", kind, None, None


def _hide(regel: Regel) -> Regel:
    """Hide the small, a second tier beside a lone one, and minutes beside a hidden tier."""
    if regel.ontbreekt:
        return regel
    waarden = dict(regel.waarden)
    small = regel.leerlingen is not None and regel.leerlingen < 10
    for measure, value in regel.waarden.items():
        if small or (measure in COUNTS and value is not None and 0 < value < 5):
            waarden[measure] = None
    tiers = [m for m in TIERS if waarden[m] is None]
    if len(tiers) == 1:
        waarden[Measure.TREDE2 if tiers != [Measure.TREDE2] else Measure.TREDE3] = None
    if tiers:
        waarden[Measure.GEOORLOOFDE_MINUTEN] = None
        waarden[Measure.ONGEOORLOOFDE_MINUTEN] = None
    return replace(regel, waarden=waarden)
