"""What the auditor finds in patterns that are known to be broken, and proves of the others."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise

import pytest

from exchange.crypto.canonical import b64url
from exchange.errors import Code
from exchange.figures.audit import (
    Finding,
    Unprotected,
    Wrong,
    attack,
    audit,
    check,
)
from exchange.figures.audit.scopes import scopes
from exchange.figures.audit.view import view
from exchange.figures.measures import Measure, Niveau
from exchange.figures.secrets import Problem, pose
from exchange.figures.table import NUMBER, Cell, kind_of, tabulate
from tests.nation import nation
from tests.pure import LAW, TODAY
from tests.tiny import NUMBERS, School, closed, problem_of

REAL = LAW.on(TODAY)
UNEXCUSED = Measure.ONGEOORLOOFDE_MINUTEN
PAIR = (NUMBER, UNEXCUSED)


def quiet(_: str) -> None:
    """Nobody waits for a test."""


def school(code: str, gemeente: str, bestuur: str, absent: int = 1) -> School:
    """Give a school of five pupils of whom one or more missed a minute without leave."""
    pupils = tuple((1, 1) if number < absent else (1, 0) for number in range(5))
    return School(code, gemeente, "VO2001", bestuur, 10, pupils)


def rows_of(problem: Problem, niveau: Niveau) -> list[int]:
    return [row for row, one in enumerate(problem.table.rows) if one.niveau is niveau]


def hiding(problem: Problem, *rows: int) -> frozenset[Cell]:
    """Hide the number and its minutes in these rows, and nothing that need not be."""
    return closed(problem, [(row, measure) for row in rows for measure in PAIR])


def exposed(problem: Problem, hidden: frozenset[Cell]) -> tuple[Finding, ...]:
    return attack(problem, hidden, NUMBERS, quiet)


def test_a_single_hidden_cell_beside_a_shown_total_is_named() -> None:
    problem = problem_of([school("01AA00", "0361", "1"), school("02AA00", "0361", "2", absent=3)])
    first, other = rows_of(problem, Niveau.VESTIGING)
    hidden = hiding(problem, first)
    assert {(first, measure) for measure in PAIR} <= hidden
    assert not {(other, measure) for measure in PAIR} & hidden
    found = [one for one in exposed(problem, hidden) if one.cell == (first, NUMBER)]
    assert [one.wrong for one in found] == [Wrong.OMLAAG, Wrong.OMHOOG, Wrong.AFLEIDBAAR]
    assert {(one.niveau, one.code, one.measure) for one in found} == {
        (Niveau.VESTIGING, "01AA00", NUMBER)
    }
    assert str(found[0]) == (
        "vestiging 01AA00 leerlingenMetOngeoorloofdVerzuim "
        "is van boven te begrenzen: geen tabel heeft een waarde die laag genoeg is"
    )


def test_plain_suppression_is_taken_apart() -> None:
    problem = pose(tabulate(nation(3, 80), []), [], REAL)
    found = attack(problem, closed(problem, ()), REAL, quiet)
    derived = {one.cell for one in found if one.wrong is Wrong.AFLEIDBAAR and not one.insider}
    assert len(derived) > len(problem.hidden) / 10


def test_a_pattern_that_fails_gives_no_certificate_and_tells_no_value() -> None:
    problem = problem_of([school("01AA00", "0361", "1"), school("02AA00", "0361", "2", absent=3)])
    hidden = hiding(problem, rows_of(problem, Niveau.VESTIGING)[0])
    with pytest.raises(Unprotected) as refused:
        audit(problem, hidden, NUMBERS, quiet)
    assert refused.value.code is Code.INTERNE_FOUT
    assert refused.value.findings == exposed(problem, hidden)
    cells = {one.cell for one in refused.value.findings}
    assert refused.value.facts == {"rule": f"niet beschermd: {len(cells)} cellen"}


@pytest.mark.parametrize(
    ("schools", "insiders"),
    [
        (
            [school("01AA00", "0361", "1"), school("02AA00", "0361", "2")],
            {"school 01AA", "school 02AA", "bestuur 1", "bestuur 2"},
        ),
        (
            [school("01AA00", "0361", "1"), school("02AA00", "0599", "2")],
            {"school 01AA", "school 02AA", "bestuur 1", "bestuur 2"}
            | {"gemeente 0361", "gemeente 0599"},
        ),
        (
            [school("01AA00", "0361", "1"), school("01AA01", "0361", "1"),
             school("02AA00", "0361", "2")],
            {"school 01AA", "bestuur 1"},
        ),
        (
            [school("01AA00", "0361", "1"), school("02AA00", "0361", "1"),
             school("03AA00", "0599", "2")],
            {"bestuur 1", "gemeente 0361"},
        ),
        (
            [school("01AA00", "0361", "1"), school("02AA00", "0361", "2"),
             school("03AA00", "0599", "3")],
            {"gemeente 0361"},
        ),
    ],
)  # fmt: skip
def test_who_knows_the_other_hidden_cells_derives_the_last(
    schools: list[School], insiders: set[str]
) -> None:
    """Two cells protect each other from outsiders, but not from whoever owns one of them."""
    problem = problem_of(schools)
    below = rows_of(problem, Niveau.VESTIGING) + rows_of(problem, Niveau.GEMEENTE_SWV)
    hidden = hiding(problem, *below)
    found = exposed(problem, hidden)
    of_number = {one for one in found if one.cell[1] is NUMBER and one.wrong is Wrong.AFLEIDBAAR}
    assert {one.insider.name for one in of_number if one.insider} == insiders


def test_a_school_that_is_alone_in_its_gemeente_knows_that_row_and_it_is_no_secret_to_it() -> None:
    schools = [school(f"0{n}AA00", f"010{n}", str(n)) for n in range(1, 4)]
    problem = problem_of(schools)
    below = rows_of(problem, Niveau.VESTIGING) + rows_of(problem, Niveau.GEMEENTE_SWV)
    numbers = [one for one in exposed(problem, hiding(problem, *below)) if one.measure is NUMBER]
    assert numbers == []


def test_a_cell_whose_value_was_shown_before_protects_no_other() -> None:
    problem = problem_of([school(f"0{n}AA00", "0361", str(n)) for n in range(1, 4)])
    *others, last = rows_of(problem, Niveau.VESTIGING)
    hidden = hiding(problem, *others, last)
    shown = {(row, measure) for row in others for measure in PAIR}
    remembered = replace(problem, known=frozenset(shown))
    assert [one for one in exposed(problem, hidden) if one.measure is NUMBER] == []
    cells = {one.cell for one in exposed(remembered, hidden) if one.measure is NUMBER}
    assert cells == {(last, NUMBER)}


def test_what_must_be_hidden_and_is_shown_is_named() -> None:
    problem = problem_of([school("01AA00", "0361", "1"), school("02AA00", "0361", "2")])
    first = rows_of(problem, Niveau.VESTIGING)[0]
    everything = frozenset(problem.table.cells())
    hidden = everything - {(first, NUMBER)}
    assert (first, NUMBER) in problem.hidden
    assert (*(first, NUMBER), Wrong.GETOOND) in {
        (*one.cell, one.wrong) for one in exposed(problem, hidden)
    }


def test_minutes_beside_hidden_tiers_are_named() -> None:
    problem = problem_of([school("01AA00", "0361", "1", 5), school("02AA00", "0361", "2", 5)])
    swv = rows_of(problem, Niveau.SWV)[0]
    hidden = frozenset(problem.table.cells()) - {(swv, UNEXCUSED)}
    assert (swv, UNEXCUSED) not in problem.hidden
    found = {(*one.cell, one.wrong) for one in exposed(problem, hidden)}
    assert (swv, UNEXCUSED, Wrong.RIJREGEL) in found


def test_the_certificate_of_a_good_pattern_counts_what_it_proves() -> None:
    problem = pose(tabulate(nation(3, 55), []), [], REAL)
    hidden = frozenset(problem.table.cells())
    certificate = audit(problem, hidden, REAL, quiet)
    check(problem, hidden, REAL, certificate.document)
    kinds = {"tegen school", "tegen bestuur", "tegen gemeente"}
    assert certificate.aantallen["cellen"] == len(problem.needs.keys() & hidden)
    assert set(certificate.aantallen) == {"cellen", *kinds}
    assert certificate.digest == b64url(hashlib.sha256(certificate.document).digest())


def test_the_same_table_gives_the_same_certificate_and_a_salt_another() -> None:
    problem = pose(tabulate(nation(4, 40), []), [], REAL)
    hidden = frozenset(problem.table.cells())
    certificate = audit(problem, hidden, REAL, quiet)
    assert certificate == audit(problem, hidden, REAL, quiet)
    salted = audit(problem, hidden, REAL, quiet, salt=b"seventeen")
    assert salted.digest != certificate.digest
    check(problem, hidden, REAL, salted.document)


def test_figures_that_no_pupils_could_have_do_not_stop_the_others() -> None:
    """The arithmetic between the measures says nothing of that school; the sums still do."""
    delivered = nation(4, 40)
    first = delivered[0]
    wrong = replace(
        first.figures,
        ongeoorloofd=replace(
            first.figures.ongeoorloofd,
            minuten=first.figures.leerlingen * first.figures.geplande_minuten_per_leerling,
        ),
    )
    problem = pose(tabulate([replace(first, figures=wrong), *delivered[1:]], []), [], REAL)
    everything = frozenset(problem.table.cells())
    vestigingen = rows_of(problem, Niveau.VESTIGING)
    unbound = [row for row in vestigingen if view(problem, everything, REAL).bounds[row] is None]
    codes = [problem.table.rows[row].code for row in unbound]
    assert codes == [first.vestiging.code.reveal()]
    audit(problem, everything, REAL, quiet)


def test_every_part_in_which_is_looked_holds_the_one_before_and_the_last_is_everything() -> None:
    problem = pose(tabulate(nation(5, 400), []), [], REAL)
    known = view(problem, problem.hidden, REAL)
    for row in range(0, len(problem.table.rows), 7):
        parts = [scope.rows(known) for scope in scopes(known, row)]
        kind = _kind(problem, row)
        everything = {r for r in range(len(problem.table.rows)) if _kind(problem, r) == kind}
        assert all(part < larger for part, larger in pairwise(parts))
        assert parts[-1] == everything
        assert all(row in part for part in parts)


def _kind(problem: Problem, row: int) -> str:
    one = problem.table.rows[row]
    return kind_of(one.vestiging.sector) if one.vestiging else one.sector
