"""Says what must be proven of a pattern: a claim for every hidden cell that needs something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exchange.figures.audit.insiders import informed
from exchange.figures.audit.view import WIDTH, View, cell_of
from exchange.figures.secrets import NOTHING, Problem


@dataclass(frozen=True, slots=True)
class Claim:
    """A hidden cell and what an attacker must be left with (see ``secrets.Need``)."""

    number: int
    down: int
    up: int
    insider: bool


def claims(problem: Problem, known: View) -> tuple[Claim, ...]:
    """Give every claim, in the order of the cells."""
    needs = ((number, problem.need(cell_of(number))) for number in sorted(known.hidden))
    return tuple(
        Claim(number, need.down, need.up, need.insider) for number, need in needs if need != NOTHING
    )


def counts(problem: Problem, claimed: Sequence[Claim]) -> Mapping[str, int]:
    """Count what is proven: cells, and pairs of a cell and somebody of each kind of insider."""
    found = Counter(cellen=len(claimed))
    kinds = [insider.name.split()[0] for insider in problem.insiders]
    everybody = Counter(kinds)
    owning: dict[int, Counter[str]] = {}
    for kind, insider in zip(kinds, informed(problem.insiders, problem.table), strict=True):
        for row in insider.rows:
            owning.setdefault(row, Counter())[kind] += 1
    for claim in claimed:
        if claim.insider:
            owners = owning.get(claim.number // WIDTH, Counter())
            for kind, number in everybody.items():
                found[f"tegen {kind}"] += number - owners[kind]
    return dict(found)
