"""The rules of finished figures: what cannot all be true of one school in one month.

Whoever counts itself sends no registrations, so nothing else shows a mistake. Each rule refuses
only figures that no group of pupils could have; source: contract, code ``cijfers-strijdig``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from exchange.errors import Code, Violation
from exchange.messages.contracts import Values
from exchange.messages.schoolcijfers import Minutentelling
from exchange.policy.law import Parameters

_CATEGORIES = ("geoorloofd", "ongeoorloofd")


@dataclass(frozen=True, slots=True)
class FigureRule:
    """A check on well-formed members; it runs when every member it ``needs`` is well-formed."""

    needs: tuple[str, ...]
    check: Callable[[Values, Parameters], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Tier:
    """The absent minutes, both inclusive, that put one pupil in a tier; empty if least > most."""

    least: int
    most: int


def contradictions(values: Values, numbers: Parameters) -> tuple[Violation, ...]:
    """Run every rule whose members are well-formed; give all that is wrong at once."""
    return tuple(
        violation
        for rule in SCHOOLCIJFERS_RULES
        if all(need in values for need in rule.needs)
        for violation in rule.check(values, numbers)
    )


def tiers(planned: int, numbers: Parameters) -> tuple[Tier, Tier, Tier]:
    """Give the bounds of the three tiers for a pupil with ``planned`` minutes; exact, in integers.

    Present at least 95 % is absent at most 5 %; a limit itself belongs to the better tier.
    """
    first = planned * (100 - numbers.trede1_procent) // 100
    second = planned * (100 - numbers.trede2_procent) // 100
    return Tier(0, first), Tier(first + 1, second), Tier(second + 1, planned)


def _tiers_add_up(values: Values, _: Parameters) -> Iterator[Violation]:
    if sum(_in_tiers(values)) != values["leerlingen"]:
        yield _wrong("/leerlingen", "De drie treden zijn samen precies alle leerlingen.")


def _no_more_than_there_are(values: Values, _: Parameters) -> Iterator[Violation]:
    for name, telling in _tellingen(values):
        if telling.aantal_leerlingen > values["leerlingen"]:
            yield _wrong(f"/{name}/aantalLeerlingen", "Dit zijn meer leerlingen dan er zijn.")


def _pupils_make_minutes(values: Values, _: Parameters) -> Iterator[Violation]:
    for name, telling in _tellingen(values):
        if (telling.aantal_leerlingen == 0) != (telling.minuten == 0):
            text = "Zonder leerlingen zijn er geen minuten, en zonder minuten geen leerlingen."
            yield _wrong(f"/{name}/aantalLeerlingen", text)
        elif telling.minuten < telling.aantal_leerlingen:
            yield _wrong(f"/{name}/minuten", "Elke getelde leerling mist ten minste een minuut.")


def _largest_share_fits(values: Values, _: Parameters) -> Iterator[Violation]:
    """The largest is no less than the mean, and leaves each of the others a minute."""
    for name, telling in _tellingen(values):
        minutes, pupils = telling.minuten, telling.aantal_leerlingen
        if minutes < pupils or (pupils == 0) != (minutes == 0):
            continue
        least = -(-minutes // pupils) if pupils else 0
        most = minutes - (pupils - 1) if pupils else 0
        if not least <= telling.grootste_aandeel_minuten <= most:
            text = "Het grootste aandeel past niet bij de minuten en het aantal leerlingen."
            yield _wrong(f"/{name}/grootsteAandeelMinuten", text)


def _nobody_misses_more_than_planned(values: Values, _: Parameters) -> Iterator[Violation]:
    for name, telling in _tellingen(values):
        if telling.grootste_aandeel_minuten > values["geplande_minuten_per_leerling"]:
            text = "Niemand mist meer minuten dan er gepland zijn."
            yield _wrong(f"/{name}/grootsteAandeelMinuten", text)


def _within_what_was_planned(values: Values, _: Parameters) -> Iterator[Violation]:
    planned = values["geplande_minuten_per_leerling"]
    if _absent_minutes(values) > values["leerlingen"] * planned:
        text = "Alle leerlingen samen missen niet meer minuten dan er gepland zijn."
        yield _wrong("/geplandeMinutenPerLeerling", text)


def _unauthorised_pupils_agree(values: Values, _: Parameters) -> Iterator[Violation]:
    if values["leerlingen_met_ongeoorloofd_verzuim"] != values["ongeoorloofd"].aantal_leerlingen:
        yield _wrong(
            "/leerlingenMetOngeoorloofdVerzuim",
            "Dit is hetzelfde aantal als bij de ongeoorloofde minuten.",
        )


def _lower_tiers_are_absent(values: Values, _: Parameters) -> Iterator[Violation]:
    """Whoever stands in tier 2 or 3 was absent; one pupil may count in both categories."""
    absent = sum(telling.aantal_leerlingen for _, telling in _tellingen(values))
    if values["trede2"] + values["trede3"] > absent:
        text = "In trede 2 en 3 staan meer leerlingen dan er verzuimden."
        yield _wrong("/trede3" if values["trede3"] > absent else "/trede2", text)


def _tiers_exist(values: Values, numbers: Parameters) -> Iterator[Violation]:
    """So few minutes may be planned that no whole minute puts anybody in a tier."""
    for number, (tier, pupils) in enumerate(_with_bounds(values, numbers), start=1):
        if pupils and tier.least > tier.most:
            text = "Bij zo weinig geplande minuten kan niemand in deze trede staan."
            yield _wrong(f"/trede{number}", text)


def _minutes_fit_the_tiers(values: Values, numbers: Parameters) -> Iterator[Violation]:
    if sum(_in_tiers(values)) != values["leerlingen"]:
        return
    bounded = _with_bounds(values, numbers)
    if any(pupils and tier.least > tier.most for tier, pupils in bounded):
        return
    absent = _absent_minutes(values)
    if absent < sum(tier.least * pupils for tier, pupils in bounded):
        lowest = "/trede3" if values["trede3"] else "/trede2"
        yield _wrong(lowest, "Voor zoveel leerlingen in trede 2 en 3 zijn er te weinig minuten.")
    if sum(tier.most * pupils for tier, pupils in bounded) < absent:
        yield _wrong("/trede1", "Voor zoveel leerlingen in trede 1 en 2 zijn er te veel minuten.")


def _in_tiers(values: Values) -> tuple[int, int, int]:
    return values["trede1"], values["trede2"], values["trede3"]


def _with_bounds(values: Values, numbers: Parameters) -> list[tuple[Tier, int]]:
    bounds = tiers(values["geplande_minuten_per_leerling"], numbers)
    return list(zip(bounds, _in_tiers(values), strict=True))


def _tellingen(values: Values) -> Iterator[tuple[str, Minutentelling]]:
    yield from ((name, values[name]) for name in _CATEGORIES if name in values)


def _absent_minutes(values: Values) -> int:
    return sum(telling.minuten for _, telling in _tellingen(values))


def _wrong(pointer: str, detail: str) -> Violation:
    return Violation(pointer, Code.CIJFERS_STRIJDIG, detail)


_PLANNED = "geplande_minuten_per_leerling"
_TREDEN = ("trede1", "trede2", "trede3")

SCHOOLCIJFERS_RULES = (
    FigureRule(("leerlingen", *_TREDEN), _tiers_add_up),
    FigureRule(("leerlingen",), _no_more_than_there_are),
    FigureRule((), _pupils_make_minutes),
    FigureRule((), _largest_share_fits),
    FigureRule((_PLANNED,), _nobody_misses_more_than_planned),
    FigureRule(("leerlingen", _PLANNED, *_CATEGORIES), _within_what_was_planned),
    FigureRule(("leerlingen_met_ongeoorloofd_verzuim", "ongeoorloofd"), _unauthorised_pupils_agree),
    FigureRule(("trede2", "trede3", *_CATEGORIES), _lower_tiers_are_absent),
    FigureRule((_PLANNED, *_TREDEN), _tiers_exist),
    FigureRule(("leerlingen", _PLANNED, *_TREDEN, *_CATEGORIES), _minutes_fit_the_tiers),
)
