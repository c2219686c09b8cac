"""Reads a CSV file row by row; a column that nobody named stops it before anything is sent."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.school_systems.columns import COLUMNS, document_of
from adapters.school_systems.damage import damaged
from adapters.school_systems.duty import local_columns, state_duty
from adapters.school_systems.entry import Entry, refused
from adapters.school_systems.kinds import Kind
from adapters.school_systems.text_lines import text_lines
from exchange.errors import Code, Invalid, Violation
from exchange.policy.law import Law

_SEPARATORS: Final = (";", ",")
_NAME: Final = re.compile(r"[a-z][A-Za-z]{0,40}(?:\.[a-z][A-Za-z]{0,40})?")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file with a header of wire names; ``ignored`` columns are read over, all others known."""

    path: Path
    kind: Kind
    law: Law
    ignored: frozenset[str] = frozenset()

    def count(self) -> int:
        """Give how many rows there are.

        Raises ``Invalid`` for text that is not UTF-8, a quote that never closes, a column that is
        unknown, unnamed or there twice, and a file without rows.
        """
        rows = self._rows()
        self._columns(rows)
        count = sum(1 for _ in rows)
        if not count:
            raise damaged("onder de kolomnamen staat geen enkele regel")
        return count

    def entries(self) -> Iterator[Entry]:
        """Give every row that is not blank, with the line on which it begins."""
        rows = self._rows()
        columns = self._columns(rows)
        for row in rows:
            yield self._entry(row, columns)

    def _entry(self, row: _Row, columns: Sequence[str]) -> Entry:
        if len(row.cells) != len(columns):
            detail = f"De regel heeft {len(row.cells)} cellen in plaats van {len(columns)}."
            return refused(row.line, [Violation("", Code.WAARDE_ONGELDIG, detail)])
        cells = {
            name: cell.strip()
            for name, cell in zip(columns, row.cells, strict=True)
            if name not in self.ignored
        }
        document = document_of(self.kind, cells)
        try:
            state_duty(self.kind, document, cells, self.law)
        except Invalid as error:
            return refused(row.line, error.violations)
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return Entry(row.line, body.encode())

    def _columns(self, rows: Iterator[_Row]) -> Sequence[str]:
        header = next(rows, None)
        if header is None:
            raise damaged("het bestand is leeg")
        columns = [cell.strip() for cell in header.cells]
        known = COLUMNS[self.kind].keys() | local_columns(self.kind) | self.ignored
        wrong = [_named(n, name) for n, name in enumerate(columns, 1) if name not in known]
        if wrong:
            raise damaged(
                f"onbekend voor {self.kind}: {', '.join(wrong)}; noem met --negeer wat niet"
                " verstuurd wordt",
                code=Code.ONBEKEND_VELD,
            )
        if len(set(columns)) < len(columns):
            raise damaged("een kolom staat er meer dan eens", code=Code.ONBEKEND_VELD)
        return columns

    def _rows(self) -> Iterator[_Row]:
        with self.path.open("rb") as file:
            lines = text_lines(file)
            first = next(lines, "")
            separator = max(_SEPARATORS, key=first.count)
            reader = csv.reader(_with(first, lines), delimiter=separator, strict=True)
            line = 1
            try:
                for cells in reader:
                    if any(cell.strip() for cell in cells):
                        yield _Row(line, cells)
                    line = reader.line_num + 1
            except csv.Error:
                what = "onleesbaar: een aanhalingsteken te veel of te weinig, of een te lange cel"
                raise damaged(what, line) from None


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _named(number: int, name: str) -> str:
    """Name a column; what does not look like a name may be a value of a file without header."""
    return f"kolom {number}" + (f" ({name})" if _NAME.fullmatch(name) else "")
