"""Turns the text of a published file into rows whose cells are asked for by column name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from adapters.registers.damage import Damage

_SEPARATORS = (";", ",", "\t")
_BETWEEN_WORDS = re.compile(r"[\s_-]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row and the line on which it begins, counted from 1."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column stands; an optional one that the file lacks gives empty cells."""

    name: str
    place: int | None = None

    def of(self, row: Row) -> str:
        """Give a row's cell without the spaces around it."""
        return "" if self.place is None else row.cells[self.place].strip()


@dataclass(slots=True)
class Sheet:
    """A header and the rows under it; remembers which columns were not found."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    damage: Damage
    absent: list[str] = field(default_factory=list)
    lacking: bool = False

    def has(self, name: str) -> bool:
        """Whether there is a column of this name."""
        return name in self.header

    def required(self, *names: str) -> Column:
        """Find a column by any of its names; the file is damaged without it."""
        found = self._find(names)
        if found is None:
            self.lacking = True
            self.damage.note(1, f"kolom {' of '.join(names)} ontbreekt")
        return found or Column(names[0])

    def optional(self, *names: str) -> Column:
        """Find a column by any of its names, or note that this file does not have it."""
        found = self._find(names)
        if found is None:
            self.absent.append(names[0])
        return found or Column(names[0])

    def require_columns(self) -> None:
        """Raise ``Invalid`` if a required column was not found: no row can be judged then."""
        if self.lacking:
            self.damage.require_none()

    def _find(self, names: Sequence[str]) -> Column | None:
        for name in names:
            if self.header.count(name) > 1:
                self.lacking = True
                self.damage.note(1, f"kolom {name} staat er meer dan eens")
            if name in self.header:
                return Column(name, self.header.index(name))
        return None


def sheet_of(text: str) -> Sheet:
    """Read comma, semicolon or tab separated text, quoted or not; the first line is the header.

    Column names are compared in capitals, with one space for whatever parts their words.

    Raises ``Invalid`` for an empty file, a quote that never closes, and rows of another length.
    """
    damage = Damage()
    first, _, _ = text.lstrip().partition("\n")
    separator = max(_SEPARATORS, key=first.count)
    records = _records(text, separator, damage)
    header = next(records, None)
    if header is None:
        raise damage.fatal(1, "het bestand is leeg")
    rows = []
    for row in records:
        if len(row.cells) == len(header.cells):
            rows.append(row)
        else:
            damage.note(row.line, f"{len(row.cells)} cellen in plaats van {len(header.cells)}")
    if not rows and not damage:
        damage.note(header.line, "onder de kolomnamen staat geen regel")
    return Sheet(tuple(_name(cell) for cell in header.cells), tuple(rows), damage)


def _records(text: str, separator: str, damage: Damage) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(line, cells)
            line = reader.line_num + 1
    except csv.Error:
        what = "onleesbaar: een aanhalingsteken te veel of te weinig"
        raise damage.fatal(line, what) from None


def _name(cell: str) -> str:
    return _BETWEEN_WORDS.sub(" ", cell.strip()).upper()
