"""The synthetic nation is possible, realistic and the same every time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import date

from exchange.figures.table import Delivered
from exchange.policy.parties import Sector
from exchange.policy.schoolcijfers import contradictions
from tests.nation import fold, later, nation, not_yet
from tests.pure import LAW

NUMBERS = LAW.on(date(2026, 10, 31))
SMALL = nation(seed=1, vestigingen=400)


def contradicted(delivered: Iterable[Delivered]) -> list[str]:
    return [
        one.vestiging.code.reveal()
        for one in delivered
        if contradictions(
            {f.name: getattr(one.figures, f.name) for f in fields(one.figures)}, NUMBERS
        )
    ]


def test_no_vestiging_contradicts_itself_now_or_later() -> None:
    assert contradicted(SMALL) == []
    assert contradicted(later(SMALL, seed=2)) == []


def test_the_same_seed_gives_the_same_nation_and_another_seed_another() -> None:
    assert nation(seed=1, vestigingen=60) == nation(seed=1, vestigingen=60)
    assert nation(seed=1, vestigingen=60) != nation(seed=2, vestigingen=60)


def test_every_vestiging_stands_once_and_the_number_is_as_asked() -> None:
    codes = [one.vestiging.code for one in later(SMALL, seed=2)]
    assert len(SMALL) == 400
    assert len(set(codes)) == len(codes)


def test_tiers_are_what_a_country_has() -> None:
    figures = [one.figures for one in SMALL]
    pupils = sum(f.leerlingen for f in figures)
    assert 0.76 <= sum(f.trede1 for f in figures) / pupils <= 0.83
    assert 0.11 <= sum(f.trede2 for f in figures) / pupils <= 0.16
    assert 0.04 <= sum(f.trede3 for f in figures) / pupils <= 0.08


def test_unauthorised_absence_is_rare_in_po_and_common_in_vo() -> None:
    shares = {
        sector: sum(f.leerlingen_met_ongeoorloofd_verzuim for f in found)
        / sum(f.leerlingen for f in found)
        for sector in (Sector.PO, Sector.VO)
        for found in [[one.figures for one in SMALL if one.vestiging.sector is sector]]
    }
    assert 0.01 <= shares[Sector.PO] <= 0.03
    assert 0.10 <= shares[Sector.VO] <= 0.20


def test_a_gemeente_may_lie_in_two_samenwerkingsverbanden_and_a_board_may_have_many_schools() -> (
    None
):
    swvs: dict[tuple[str, str], set[str]] = {}
    boards: dict[str | None, set[str]] = {}
    for one in nation(seed=1, vestigingen=2000):
        place = one.vestiging.gemeente.reveal(), one.vestiging.swv[:2]
        swvs.setdefault(place, set()).add(one.vestiging.swv)
        boards.setdefault(one.vestiging.bevoegd_gezag, set()).add(one.vestiging.code.brin)
    assert {len(found) for found in swvs.values()} == {1, 2}
    sizes = {len(found) for found in boards.values()}
    assert min(sizes) == 1
    assert 20 <= max(sizes) <= 40


def test_later_corrects_pupils_of_some_and_brings_newcomers_but_nobody_leaves() -> None:
    second = later(SMALL, seed=2)
    assert [one.vestiging for one in second[:400]] == [one.vestiging for one in SMALL]
    changed = [(a, b) for a, b in zip(SMALL, second, strict=False) if a.figures != b.figures]
    assert 30 <= len(changed) <= 90
    for before, after in changed:
        assert 0 <= after.figures.leerlingen - before.figures.leerlingen <= 1
        assert abs(after.figures.trede1 - before.figures.trede1) <= 7
    assert not_yet(SMALL, second) == [one.vestiging for one in second[400:]]
    assert len(second) > 400


def test_figures_are_folded_from_the_pupils() -> None:
    for one in later(later(SMALL, seed=2), seed=3):
        pupils = one.pupils  # type: ignore[attr-defined]  # what a nation gives still knows them
        assert fold(pupils, one.figures.geplande_minuten_per_leerling) == one.figures
        assert one.signalen >= one.verzuimmeldingen
