"""Reads published files of any role, and pools what they show."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

TIERS = ("trede1", "trede2", "trede3")
NUMBER = "leerlingenMetOngeoorloofdVerzuim"
GEOORLOOFD, ONGEOORLOOFD = "geoorloofdeMinuten", "ongeoorloofdeMinuten"
MINUTES = (GEOORLOOFD, ONGEOORLOOFD)
MESSAGES = ("verzuimmeldingen", "signalen")
OF_A_SCHOOL = (*MINUTES, NUMBER, *TIERS)
COLUMNS = (*OF_A_SCHOOL, *MESSAGES)
LEVELS = ("vestiging", "gemeente-swv", "swv", "landelijk")

Key = tuple[str, str, str]
"""Level, code, and above a vestiging the kind: SWVs and the country exist twice."""

_NO_NUMBER = (None, "", ".", "x")
"""Absent at this level, hidden, or not delivered."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row as anybody may read it: a column that is not in ``shown`` is hidden."""

    level: str
    code: str
    sector: str
    gemeente: str
    swv: str
    leerlingen: int
    shown: Mapping[str, int]

    @property
    def key(self) -> Key:
        return self.level, self.code, "" if self.level == LEVELS[0] else self.sector

    @property
    def columns(self) -> tuple[str, ...]:
        return OF_A_SCHOOL if self.level == LEVELS[0] else COLUMNS

    @property
    def above(self) -> Key | None:
        """The key of the row in whose sum this one is."""
        kind = self.sector if self.level != LEVELS[0] else _kind(self.swv)
        return {
            "vestiging": (LEVELS[1], f"{self.gemeente}-{self.swv}", kind),
            "gemeente-swv": (LEVELS[2], self.code.partition("-")[2], kind),
            "swv": (LEVELS[3], "NL", kind),
        }.get(self.level)


def pool(files: Iterable[bytes]) -> dict[Key, Line]:
    """Lay the files of one release on top of each other: what one role sees, all see."""
    pooled: dict[Key, Line] = {}
    for file in files:
        for line in _lines(file):
            before = pooled.get(line.key)
            shown = {**before.shown, **line.shown} if before else line.shown
            pooled[line.key] = replace(line, shown=shown)
    return pooled


def _lines(file: bytes) -> Iterable[Line]:
    """A vestiging that did not deliver is in no sum, so it is left out."""
    text = file.decode()
    for row in _of_json(text) if text.startswith("{") else _of_csv(text):
        if row["leerlingen"] not in _NO_NUMBER:
            yield Line(
                row["niveau"],
                row["code"],
                row["sector"],
                row.get("gemeente") or "",
                row.get("swv") or "",
                int(row["leerlingen"]),
                {c: int(row[c]) for c in COLUMNS if row.get(c) not in _NO_NUMBER},
            )


def _of_csv(text: str) -> Iterable[Mapping[str, Any]]:
    return csv.DictReader(text.splitlines(), delimiter=";")


def _of_json(text: str) -> Iterable[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = json.loads(text)["rijen"]
    return rows


def _kind(swv: str) -> str:
    return "po-so" if swv.startswith("PO") else "vo-vso"
