"""Writes a levering as CSV (RFC 4180, with semicolons): one row per line, one mark per reason."""

from __future__ import annotations

import csv
import io

from exchange.figures.levering import Levering
from exchange.figures.publish.cells import Cell, Mark
from exchange.figures.publish.columns import COLUMNS, MARKS, numbers_of, place_of

DELIMITER = ";"
LINE_END = "\r\n"


def as_csv(levering: Levering) -> bytes:
    """Give the rows in UTF-8 without byte order mark, under a row with the names of the columns.

    ``.`` is hidden, ``x`` not delivered, and empty what does not exist at that level.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=DELIMITER, lineterminator=LINE_END)
    writer.writerow(column.name for column in COLUMNS)
    for regel in levering.regels:
        place = (part or "" for part in place_of(regel, levering).values())
        writer.writerow([*place, *map(_written, numbers_of(regel).values())])
    return text.getvalue().encode()


def _written(found: Cell) -> str:
    return MARKS[found] if isinstance(found, Mark) else str(found)
