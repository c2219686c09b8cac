"""Says in which parts of the tree to look for another table: small first, the whole kind last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exchange.figures.audit.view import View

_PARTNERS = 2
"""With how many rows beside it one is looked at, before everything is."""


@dataclass(frozen=True, slots=True)
class Scope:
    """All rows under ``whole``, each of them included, and the ``single`` rows."""

    whole: tuple[int, ...]
    single: tuple[int, ...] = ()

    def rows(self, view: View) -> frozenset[int]:
        """Give the rows of this part."""
        under = (row for top in self.whole for row in _under(view, top))
        return frozenset((*under, *self.single))


def scopes(view: View, row: int) -> Iterator[Scope]:
    """Give ever larger parts around a row, in every one all children of a row or none.

    The last but one has all rows just below the country, but is complete only under some.
    """
    path = [row]
    while (parent := view.parent[path[-1]]) is not None:
        path.append(parent)
    country, below = path[-1], view.children[path[-1]]
    for top in path[1:-1]:
        yield Scope((top,))
    at = below.index(path[-2]) if len(path) > 1 else 0
    near = tuple(sorted({below[(at + step) % len(below)] for step in range(_PARTNERS + 1)}))
    yield Scope(near, (country, *below))
    yield Scope((country,))


def _under(view: View, top: int) -> Iterator[int]:
    yield top
    for child in view.children[top]:
        yield from _under(view, child)
