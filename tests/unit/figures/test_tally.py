"""Who delivered a month, and how long its registrations may be counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest

from exchange.figures.table import NUMBER, tabulate
from exchange.figures.tally import delivered_of, folding
from exchange.messages.identifiers import Gemeentecode, Periode, Vestigingscode
from exchange.messages.schoolcijfers import Minutentelling, Schoolcijfers
from exchange.policy.parties import Directory, Sector, Vestiging, empty_directory
from exchange.policy.retention import closes_on, registrations_kept_from
from exchange.storage.folding import Folding
from exchange.storage.tally import TallyRow
from tests.pure import LAW

MONTH = Periode(2026, 9)
CODE = Vestigingscode("99AA00")
ROW = TallyRow(
    vestigingscode=CODE,
    periode=MONTH,
    bron="registraties",
    leerlingen=40,
    geplande_minuten=6000,
    geoorloofd_leerlingen=5,
    geoorloofd_minuten=900,
    geoorloofd_grootste=301,
    ongeoorloofd_leerlingen=2,
    ongeoorloofd_minuten=700,
    ongeoorloofd_grootste=601,
    trede1=38,
    trede2=1,
    trede3=1,
    verzuimmeldingen=3,
    signalen=4,
    strijdig=False,
)


def vestiging(
    code: Vestigingscode = CODE, van: date = date(2000, 1, 1), tot: date | None = None
) -> Vestiging:
    return Vestiging(code, Gemeentecode("0361"), Sector.PO, "PO2703", van, tot)


def registers(*found: Vestiging) -> Directory:
    by_code = {one.code: tuple(v for v in found if v.code == one.code) for one in found}
    return replace(empty_directory(), vestigingen=MappingProxyType(by_code))


def test_what_was_counted_comes_back_as_figures_that_make_a_table() -> None:
    (delivered,) = delivered_of([ROW], registers(vestiging()), MONTH).delivered
    assert delivered.vestiging == vestiging()
    assert delivered.figures == Schoolcijfers(
        leerlingen=40,
        geplande_minuten_per_leerling=6000,
        geoorloofd=Minutentelling(minuten=900, aantal_leerlingen=5, grootste_aandeel_minuten=301),
        ongeoorloofd=Minutentelling(minuten=700, aantal_leerlingen=2, grootste_aandeel_minuten=601),
        leerlingen_met_ongeoorloofd_verzuim=2,
        trede1=38,
        trede2=1,
        trede3=1,
    )
    assert (delivered.verzuimmeldingen, delivered.signalen) == (3, 4)
    assert tabulate([delivered], []).rows[0].values[NUMBER] == 2


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [replace(ROW, leerlingen=None, geplande_minuten=None, trede1=None, trede2=None,
                 trede3=None)],
        [replace(ROW, vestigingscode=Vestigingscode("99ZZ00"))],
    ],
)  # fmt: skip
def test_a_vestiging_that_did_not_say_how_many_pupils_it_has_is_missing(
    rows: list[TallyRow],
) -> None:
    counted = delivered_of(rows, registers(vestiging()), MONTH)
    assert (counted.delivered, counted.missing) == ((), (vestiging(),))
    assert counted.contradictions == ()


def test_figures_that_contradict_themselves_are_missing_and_named() -> None:
    wrong = replace(ROW, strijdig=True, trede1=-1, trede3=40)
    counted = delivered_of([wrong], registers(vestiging()), MONTH)
    assert (counted.delivered, counted.missing) == ((), (vestiging(),))
    assert [str(one).partition(":")[0] for one in counted.contradictions] == ["99AA00"]


def nobody(planned: int) -> TallyRow:
    return TallyRow(
        CODE, MONTH, None, 0, planned, 0, 0, 0, 0, 0, 0, 0, 0, 0, verzuimmeldingen=0, signalen=0,
        strijdig=False,
    )  # fmt: skip


def test_a_vestiging_without_pupils_or_absence_delivered_nothing_but_zeros() -> None:
    (delivered,) = delivered_of([nobody(planned=1440)], registers(vestiging()), MONTH).delivered
    assert delivered.figures.leerlingen == 0


def test_a_vestiging_that_planned_no_minutes_has_no_tiers_and_is_missing() -> None:
    counted = delivered_of([nobody(planned=0)], registers(vestiging()), MONTH)
    assert (counted.delivered, counted.missing) == ((), (vestiging(),))


@pytest.mark.parametrize(
    ("van", "tot", "there"),
    [
        (date(2026, 9, 30), None, True),
        (date(2026, 10, 1), None, False),
        (date(2000, 1, 1), date(2026, 9, 30), True),
        (date(2000, 1, 1), date(2026, 9, 29), False),
    ],
)
def test_the_registers_of_the_last_day_say_who_there_is(
    van: date, tot: date | None, there: bool
) -> None:
    known = registers(vestiging(van=van, tot=tot))
    assert len(delivered_of([ROW], known, MONTH).delivered) == there
    assert len(delivered_of([], known, MONTH).missing) == there


def test_a_vestiging_that_moved_is_where_it_was_on_the_last_day() -> None:
    moved = Vestiging(
        CODE, Gemeentecode("0599"), Sector.PO, "PO2810", date(2026, 9, 15), date(2026, 10, 15)
    )
    known = registers(vestiging(van=date(2026, 10, 16)), moved, vestiging(tot=date(2026, 9, 14)))
    (delivered,) = delivered_of([ROW], known, MONTH).delivered
    assert delivered.vestiging == moved


def test_limits_of_tiers_are_those_of_the_month_itself() -> None:
    assert folding(date(2026, 10, 31), LAW)(MONTH) == Folding(5, 10, complete=True)


def test_registrations_are_counted_until_a_day_before_they_go_and_while_they_may_change() -> None:
    last, goes = date(2026, 12, 6), date(2026, 12, 8)
    assert registrations_kept_from(goes, LAW) > MONTH.last_day
    assert registrations_kept_from(date(2026, 12, 7), LAW) == MONTH.first_day
    assert folding(last, LAW)(MONTH).complete
    assert not folding(date(2026, 12, 7), LAW)(MONTH).complete
    assert folding(goes, LAW)(MONTH.plus(1)).complete
    assert closes_on(MONTH, LAW) < last
