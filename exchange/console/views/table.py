"""One shape for every table on the console, so that one macro draws them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exchange.console.views.words import NOTHING
from exchange.figures.publish.page.dutch import number


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place: words, where they lead, and a class for how they look.

    ``spoken`` is added for who does not see the table, where the words alone say too little.
    """

    text: str
    href: str = ""
    look: str = ""
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The name of a column."""

    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; the first cell of each row names the row."""

    id: str
    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "Er is niets om te tonen."


def table(
    name: str,
    caption: str,
    heads: Sequence[Head | str],
    rows: Iterable[Sequence[Cell]],
    empty: str = "Er is niets om te tonen.",
) -> Table:
    """Build a table; a head may be given as mere text."""
    named = tuple(head if isinstance(head, Head) else Head(head) for head in heads)
    return Table(name, caption, named, tuple(map(tuple, rows)), empty)


def words(text: str | None, look: str = "") -> Cell:
    """Give a cell with words, or a dash where there are none."""
    return Cell(text or NOTHING, look=look)


def amount(count: int) -> Cell:
    """Give a cell with a number."""
    return Cell(number(count), look="getal")


def numeric(text: str) -> Head:
    """Give the head of a column of numbers."""
    return Head(text, "getal")


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what it is; ``code`` for what is to be copied letter by letter."""

    name: str
    text: str
    href: str = ""
    code: bool = False
