"""Reads a list of gemeenten with the days on which each exists.

Columns, in any order: the code (``gemeentecode``, ``gemeentenummer``, ``code``, with or without
``GM`` before it), the name (``gemeentenaam``, ``naam``, ``gemeente``), the first day
(``geldig_van``, ``ingangsdatum``, ``datum ingang``, ``begindatum``) and the last day
(``geldig_tot``, ``geldig tot en met``, ``einddatum``, ``datum einde``), which may be missing or
empty. Days are 2026-01-01, 20260101 or 1-1-2026; the last day is one on which it still exists.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from adapters.registers.sheet import Column, Row, Sheet
from exchange.messages.identifiers import Gemeentecode
from exchange.policy.parties import Gemeente
from exchange.policy.registers import About, GemeentenFile

CODES = ("GEMEENTECODE", "GEMEENTENUMMER", "GEMEENTECODE GM", "GEMEENTECODEGM", "CODE")
NAMES = ("GEMEENTENAAM", "NAAM", "GEMEENTE")
FIRST_DAYS = ("GELDIG VAN", "GELDIG VANAF", "INGANGSDATUM", "DATUM INGANG", "BEGINDATUM")
LAST_DAYS = ("GELDIG TOT", "GELDIG TOT EN MET", "EINDDATUM", "DATUM EINDE")
_DUTCH_DAY = re.compile(r"([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{4})")
_BARE_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


def read_gemeenten(sheet: Sheet, about: About) -> GemeentenFile:
    """Read every gemeente and period of the list; the same line twice counts once.

    Raises ``Invalid`` for a missing column or cell, a day that is none, an end before the
    beginning, and a gemeente that is there twice from the same day with different facts.
    """
    code, naam = sheet.required(*CODES), sheet.required(*NAMES)
    van, tot = sheet.required(*FIRST_DAYS), sheet.optional(*LAST_DAYS)
    sheet.require_columns()
    found: dict[tuple[Gemeentecode, date], tuple[int, Gemeente]] = {}
    for row in sheet.rows:
        gemeente = _read(row, code, naam, (van, tot), sheet)
        if gemeente is None:
            continue
        line, before = found.setdefault((gemeente.code, gemeente.geldig_van), (row.line, gemeente))
        if before != gemeente:
            what = f"gemeente {gemeente.code} staat ook op regel {line}, maar anders"
            sheet.damage.note(row.line, what)
    sheet.damage.require_none()
    complete = replace(about, absent=tuple(sheet.absent))
    return GemeentenFile(complete, tuple(gemeente for _, gemeente in found.values()))


def _read(
    row: Row, code: Column, naam: Column, days: tuple[Column, Column], sheet: Sheet
) -> Gemeente | None:
    text = code.of(row).upper().removeprefix("GM")
    try:
        gemeentecode = Gemeentecode(text and text.zfill(4))
    except ValueError:
        sheet.damage.note(row.line, f"{code.name} is geen gemeentecode")
        return None
    first, last = (_day(column, row, sheet) for column in days)
    if not naam.of(row):
        sheet.damage.note(row.line, f"{naam.name} is leeg")
    if first is None:
        sheet.damage.note(row.line, f"{days[0].name} is leeg of geen datum")
        return None
    if last is not None and last < first:
        sheet.damage.note(row.line, f"{days[1].name} ligt voor {days[0].name}")
    return Gemeente(gemeentecode, naam.of(row), first, last)


def _day(column: Column, row: Row, sheet: Sheet) -> date | None:
    text = column.of(row)
    if not text:
        return None
    if match := _DUTCH_DAY.fullmatch(text):
        text = f"{match[3]}-{match[2]:0>2}-{match[1]:0>2}"
    elif match := _BARE_DAY.fullmatch(text):
        text = "-".join(match.groups())
    try:
        return date.fromisoformat(text)
    except ValueError:
        sheet.damage.note(row.line, f"{column.name} is geen datum")
        return None
