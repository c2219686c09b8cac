"""A certificate that was tampered with, or is about something else, proves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from exchange.crypto.canonical import canonical
from exchange.figures.audit import NotProven, audit, check
from exchange.figures.audit.check import is_table
from exchange.figures.audit.view import number_of, view
from exchange.figures.measures import Measure, Niveau
from exchange.figures.secrets import Insider, Need, Problem, pose
from exchange.figures.table import NUMBER, Cell, tabulate
from tests.nation import nation
from tests.pure import LAW, TODAY

REAL = LAW.on(TODAY)
PROBLEM = pose(tabulate(nation(4, 40), []), [], REAL)
UNEXCUSED = Measure.ONGEOORLOOFDE_MINUTEN
Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> bytes:
    return audit(PROBLEM, frozenset(PROBLEM.table.cells()), REAL, lambda _: None).document


def everything() -> frozenset[Cell]:
    return frozenset(PROBLEM.table.cells())


def refused(problem: Problem, hidden: frozenset[Cell], document: bytes) -> str:
    with pytest.raises(NotProven) as told:
        check(problem, hidden, REAL, document)
    return told.value.facts["rule"]


def test_what_was_certified_is_proven(document: bytes) -> None:
    check(PROBLEM, everything(), REAL, document)


def test_no_witness_can_be_changed_by_one(document: bytes) -> None:
    for at in range(0, len(json.loads(document)["getuigen"]), 4):
        changed = json.loads(document)
        witness = changed["getuigen"][at]
        witness[1] += 1 if witness[1] != -1 else -1
        told = refused(PROBLEM, everything(), canonical(changed))
        assert told == f"getuige {at} is geen tabel die bij de publicatie past"


def test_no_claim_stands_without_its_witnesses() -> None:
    """Without the witnesses that move a cell far enough one way, it is not proven that way."""
    for cell, need in list(PROBLEM.needs.items())[::9]:
        single = replace(PROBLEM, needs={cell: replace(need, insider=False)})
        found = json.loads(audit(single, everything(), REAL, lambda _: None).document)
        for sign, amount, way in ((-1, need.down, "laag"), (1, need.up, "hoog")):
            number = number_of(cell)
            kept = [w for w in found["getuigen"] if sign * difference(w, number) < amount]
            if amount:
                told = refused(single, everything(), canonical({**found, "getuigen": kept}))
                assert told == f"cel {number} heeft geen getuige die {way} genoeg is"


def test_no_insider_is_left_without_an_answer() -> None:
    """Of one cell two witnesses are needed: whoever owns a row of the one is told by the other."""
    cell = next(cell for cell in sorted(PROBLEM.needs) if PROBLEM.table.rows[cell[0]].vestiging)
    single = replace(PROBLEM, needs={cell: Need(0, 0, insider=True)})
    found = json.loads(audit(single, everything(), REAL, lambda _: None).document)
    assert len(found["getuigen"]) > 1
    for at in range(len(found["getuigen"])):
        kept = found["getuigen"][:at] + found["getuigen"][at + 1 :]
        told = refused(single, everything(), canonical({**found, "getuigen": kept}))
        assert told == f"cel {number_of(cell)} heeft geen getuige tegen elke ingewijde"
    told = refused(single, everything(), canonical({**found, "getuigen": []}))
    assert told == f"cel {number_of(cell)} heeft geen getuige tegen elke ingewijde"


def difference(witness: list[int], number: int) -> int:
    return dict(zip(witness[::2], witness[1::2], strict=True)).get(number, 0)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda d: d["claims"].pop(),
        lambda d: d["claims"][0].__setitem__(1, d["claims"][0][1] + 1),
        lambda d: d["claims"][0].__setitem__(3, 1 - d["claims"][0][3]),
        lambda d: d["aantallen"].__setitem__("cellen", d["aantallen"]["cellen"] - 1),
        lambda d: d.__setitem__("extra", 1),
        lambda d: d.__setitem__("versie", 2),
        lambda d: d.__setitem__("publicatie", "0" * 64),
        lambda d: d["getallen"].__setitem__("minuten_marge_procent", 5),
        lambda d: d.pop("zout"),
    ],
)
def test_a_certificate_says_exactly_what_must_be_proven(
    document: bytes, tamper: Callable[[Document], object]
) -> None:
    changed = json.loads(document)
    tamper(changed)
    told = refused(PROBLEM, everything(), canonical(changed))
    assert told == "het certificaat gaat over iets anders"


@pytest.mark.parametrize(
    ("witnesses", "told"),
    [
        (None, "het certificaat heeft geen getuigen"),
        ([[1, 1, 2]], "een getuige is geen lijst van cellen en verschillen"),
        ([{"1": 1}], "een getuige is geen lijst van cellen en verschillen"),
        ([[1, True]], "een getuige is geen lijst van cellen en verschillen"),
        ([[1, 1.5]], "een getuige is geen lijst van cellen en verschillen"),
        ([[1, 1, 1, 2]], "een getuige noemt een cel dubbel, of een cel zonder verschil"),
        ([[1, 0]], "een getuige noemt een cel dubbel, of een cel zonder verschil"),
        ([[]], "een getuige noemt een cel dubbel, of een cel zonder verschil"),
        ([[10**9, 1]], "getuige 0 is geen tabel die bij de publicatie past"),
        ([[-1, 1]], "getuige 0 is geen tabel die bij de publicatie past"),
    ],
)
def test_what_is_no_witness_is_refused(document: bytes, witnesses: object, told: str) -> None:
    changed = {**json.loads(document), "getuigen": witnesses}
    assert refused(PROBLEM, everything(), canonical(changed)) == told


def test_only_its_one_form_is_a_certificate(document: bytes) -> None:
    assert refused(PROBLEM, everything(), document + b"\n") == (
        "het certificaat is niet in zijn ene vorm"
    )
    assert refused(PROBLEM, everything(), document[:-1]) == "het certificaat is geen JSON"
    assert refused(PROBLEM, everything(), b"[]") == "het certificaat is niet in zijn ene vorm"


def test_a_certificate_is_about_one_pattern(document: bytes) -> None:
    other = "het certificaat gaat over iets anders"
    for cell in sorted(everything())[::40]:
        assert refused(PROBLEM, everything() - {cell}, document) == other


def test_a_certificate_is_about_one_table_and_what_was_shown_before(document: bytes) -> None:
    other = "het certificaat gaat over iets anders"
    rows = list(PROBLEM.table.rows)
    rows[0] = replace(rows[0], values={**rows[0].values, NUMBER: rows[0].values[NUMBER] + 1})
    changed = replace(PROBLEM, table=replace(PROBLEM.table, rows=tuple(rows)))
    assert refused(changed, everything(), document) == other
    known = replace(PROBLEM, known=frozenset({(0, NUMBER)}))
    assert refused(known, everything(), document) == other
    first, second, *others = PROBLEM.insiders
    moved = (Insider(first.name, second.rows), Insider(second.name, first.rows), *others)
    assert refused(replace(PROBLEM, insiders=moved), everything(), document) == other


def test_the_digest_of_what_is_published_holds_nothing_hidden() -> None:
    """Two tables that differ in a hidden cell only are the same publication."""
    rows = list(PROBLEM.table.rows)
    rows[0] = replace(rows[0], values={**rows[0].values, NUMBER: rows[0].values[NUMBER] + 1})
    changed = replace(PROBLEM, table=replace(PROBLEM.table, rows=tuple(rows)))
    one, other = (
        json.loads(audit(p, everything(), REAL, lambda _: None).document)
        for p in (PROBLEM, changed)
    )
    assert one["publicatie"] == other["publicatie"]
    assert one["tabel"] != other["tabel"]


def test_a_table_must_keep_every_relation() -> None:
    table = PROBLEM.table
    gs = next(
        r for r, one in enumerate(table.rows)
        if one.niveau is Niveau.GEMEENTE_SWV and len(one.children) > 2
    )  # fmt: skip
    known = view(PROBLEM, everything(), REAL)
    first, other = table.rows[gs].children[:2]

    def fits(changes: dict[Cell, int]) -> bool:
        return is_table(known, {number_of(cell): added for cell, added in changes.items()})

    minutes, tiers = Measure.GEOORLOOFDE_MINUTEN, (Measure.TREDE1, Measure.TREDE2)
    assert fits({(first, minutes): 1, (other, minutes): -1})
    assert not fits({(first, minutes): 1, (other, minutes): -2})
    assert not fits({(first, minutes): 1})
    assert not fits({(first, tiers[0]): -1, (other, tiers[0]): 1})
    swap = {
        (first, tiers[0]): -1,
        (first, tiers[1]): 1,
        (other, tiers[0]): 1,
        (other, tiers[1]): -1,
    }
    assert fits(swap)
    nobody = {first: -table.value((first, NUMBER)), other: table.value((first, NUMBER))}
    assert nobody[first]
    assert not fits({(row, NUMBER): change for row, change in nobody.items()})
    spared = table.value((first, UNEXCUSED))
    assert not fits({(first, UNEXCUSED): -spared, (other, UNEXCUSED): spared})
    below = table.value((first, minutes)) + 1
    assert not fits({(first, minutes): -below, (other, minutes): below})
    shown = view(PROBLEM, everything() - {(first, minutes)}, REAL)
    assert not is_table(shown, {number_of((first, minutes)): 1, number_of((other, minutes)): -1})
    most = 31 * table.rows[gs].leerlingen
    up = [gs]
    while (parent := table.rows[up[-1]].parent) is not None:
        up.append(parent)
    signalen = {(row, Measure.SIGNALEN): most - table.value((gs, Measure.SIGNALEN)) for row in up}
    assert fits(signalen)
    assert not fits({cell: added + 1 for cell, added in signalen.items()})
