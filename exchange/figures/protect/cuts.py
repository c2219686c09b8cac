"""Cuts that can be seen without an attack, from single sums."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from exchange.figures.protect.part import Cut, Part, Relation

_FEW = 3


def first_cuts(part: Part) -> Iterator[Cut]:
    """Ask of every sum that holds a secret whether the rest of it can make up for that.

    Sums of a few cells are bridged in advance: there are many, and most turn out to matter.
    """
    for relation in part.relations:
        for cell, sign in relation:
            if cell in part.must_hide:
                for up in (True, False):
                    yield from _balance(part, relation, (cell, sign), up=up)
            elif len(relation) <= _FEW:
                yield _bridge(relation, cell)


def bridges(part: Part, hidden: Collection[int]) -> Iterator[Cut]:
    """Forbid a cell that is hidden all by itself in a sum: it cannot help to hide another.

    The cheapest pattern has none but cells that must be hidden, so this loses nothing.
    """
    for relation in part.relations:
        alone = [cell for cell, _ in relation if cell in hidden]
        if len(alone) == 1 and alone[0] not in part.must_hide:
            yield _bridge(relation, alone[0])


def _bridge(relation: Relation, cell: int) -> Cut:
    return Cut(cell, 1, tuple((other, 1) for other, _ in relation if other != cell))


def _balance(part: Part, relation: Relation, of: tuple[int, int], *, up: bool) -> Iterator[Cut]:
    """What a cell needs to move must come from the other cells; nothing if that cannot be."""
    cell, sign = of
    amount = part.asked(cell, up=up)
    terms = []
    for other, its in relation:
        fixed = other in part.known and cell not in part.known
        most = part.room(other, up=up is (its != sign))
        if other != cell and most and not fixed:
            terms.append((other, min(most, amount)))
    if sum(most for _, most in terms) >= amount > 0:
        yield Cut(cell, amount, tuple(terms))
