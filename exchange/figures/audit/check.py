"""Checks a certificate in plain integers: no solver is run and nobody is believed.

A witness is another table that says the same as everything published. If there is one in which a
hidden cell is low enough, and one in which it is high enough, then nobody who sees only what is
published can tell. ``check`` recomputes what must be proven and looks whether the witnesses do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from exchange.figures.audit.claims import Claim, claims
from exchange.figures.audit.document import read, statement
from exchange.figures.audit.findings import NotProven
from exchange.figures.audit.groups import possible
from exchange.figures.audit.insiders import Owners, exposed_to, informed, owners_by_row
from exchange.figures.audit.view import (
    JOINT,
    TIER_COLUMNS,
    WIDTH,
    Deviations,
    View,
    view,
)
from exchange.figures.secrets import Problem
from exchange.figures.table import Cell
from exchange.policy.law import Parameters


def check(problem: Problem, hidden: Iterable[Cell], numbers: Parameters, document: bytes) -> None:
    """Raise ``NotProven`` unless ``document`` proves that this pattern protects this table.

    1. It is about this table, this pattern and these numbers, and claims all that must be proven.
    2. Every witness is a table that is consistent with everything published.
    3. Every claim has its witnesses: one low enough, one high enough, and for each insider one
       that differs in the cell and in none of the insider's own. An insider presumes nothing of
       what was shown before: if all the others' figures stayed the same, its own correction says
       what a sum says, and no pattern could help.
    """
    known = view(problem, hidden, numbers)
    claimed = claims(problem, known)
    witnesses = read(document, statement(problem, known, numbers, claimed))
    for position, witness in enumerate(witnesses):
        if not is_table(known, witness):
            raise NotProven(f"getuige {position} is geen tabel die bij de publicatie past")
    proofs, differing = _by_cell(known, witnesses)
    owners = owners_by_row(informed(problem.insiders, problem.table), problem.table)
    for claim in claimed:
        _require_reach(claim, proofs.get(claim.number, ()))
        _require_doubt(claim, differing.get(claim.number, ()), owners)


def is_table(known: View, witness: Deviations) -> bool:
    """Whether the table that differs so from the true one fits everything that is published."""
    rows = {number // WIDTH for number in witness}
    return (
        _is_in_place(known, witness)
        and all(_adds_up(known, witness, *relation) for relation in _sums(known, witness))
        and all(sum(witness.get(row * WIDTH + c, 0) for c in TIER_COLUMNS) == 0 for row in rows)
        and all(_could_be_pupils(known, witness, row) for row in rows)
    )


def protects(known: View, witness: Deviations) -> Iterator[int]:
    """Give the cells that a witness protects.

    Who presumes that a value shown before still holds does not believe a table in which it
    differs. Such a table protects only cells whose own value was shown before.
    """
    differs = not known.known.isdisjoint(witness)
    return (number for number in witness if not differs or number in known.known)


def _is_in_place(known: View, witness: Deviations) -> bool:
    """Only hidden cells differ, and every value is one that such a cell can have."""
    return all(
        number in known.hidden and 0 <= known.value[number] + added <= known.top[number]
        for number, added in witness.items()
    )


def _sums(known: View, witness: Deviations) -> set[tuple[int, int]]:
    """Give row and column of every sum in which a cell of the witness stands."""
    found: set[tuple[int, int]] = set()
    for number in witness:
        row, column = divmod(number, WIDTH)
        parent = known.parent[row]
        found.update((above, column) for above in (row, parent) if above is not None)
    return found


def _adds_up(known: View, witness: Deviations, row: int, column: int) -> bool:
    below = known.below(row, column)
    added = sum(witness.get(child * WIDTH + column, 0) for child in below)
    return not below or added == witness.get(row * WIDTH + column, 0)


def _could_be_pupils(known: View, witness: Deviations, row: int) -> bool:
    bounds, start = known.bounds[row], row * WIDTH
    figures = [known.value[n] + witness.get(n, 0) for n in range(start, start + JOINT)]
    return bounds is None or possible(bounds, figures)


_ByCell = Mapping[int, list[Deviations]]


def _by_cell(known: View, witnesses: Sequence[Deviations]) -> tuple[_ByCell, _ByCell]:
    """Give the witnesses that protect each cell, and all in which it differs."""
    protecting: dict[int, list[Deviations]] = {}
    differing: dict[int, list[Deviations]] = {}
    for witness in witnesses:
        for number in protects(known, witness):
            protecting.setdefault(number, []).append(witness)
        for number in witness:
            differing.setdefault(number, []).append(witness)
    return protecting, differing


def _require_reach(claim: Claim, found: Sequence[Deviations]) -> None:
    added = [witness[claim.number] for witness in found]
    if claim.down and min(added, default=0) > -claim.down:
        raise NotProven(f"cel {claim.number} heeft geen getuige die laag genoeg is")
    if claim.up and max(added, default=0) < claim.up:
        raise NotProven(f"cel {claim.number} heeft geen getuige die hoog genoeg is")


def _require_doubt(claim: Claim, found: Sequence[Deviations], owners: Owners) -> None:
    if claim.insider and (not found or exposed_to(claim.number, found, owners)):
        raise NotProven(f"cel {claim.number} heeft geen getuige tegen elke ingewijde")
