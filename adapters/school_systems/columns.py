"""Which columns a CSV file may have for each kind of message, and what a cell becomes on the wire.

A column is named after the member it fills (``minuten``, ``venster.van``). A cell that does not
look like its member travels as the text it is: the gateway judges, and names the pointer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from adapters.school_systems.kinds import Kind

Shape = Callable[[str], object]
Document = dict[str, Any]
"""A message as JSON members, by wire name."""

_WHOLE = re.compile(r"-?[0-9]{1,15}")
_YES: Final = frozenset({"ja", "true", "waar"})
_NO: Final = frozenset({"nee", "false", "onwaar"})


def whole(cell: str) -> object:
    """Read a whole number."""
    return int(cell) if _WHOLE.fullmatch(cell) else cell


def truth(cell: str) -> object:
    """Read ``ja`` or ``nee``, or what a spreadsheet makes of them."""
    word = cell.lower()
    return word in _YES if word in _YES | _NO else cell


def several(cell: str) -> object:
    """Read codes that ``|`` parts; an empty cell is an empty list: the school did nothing yet."""
    return [part.strip() for part in cell.split("|") if part.strip()]


def days(cell: str) -> object:
    """Read ``2026-09-07:240|2026-09-08:300``: days with their minutes."""
    parted = [part.partition(":") for part in cell.split("|") if part.strip()]
    return [{"datum": day.strip(), "minuten": whole(minutes.strip())} for day, _, minutes in parted]


_PUPIL: Final[Mapping[str, Shape]] = {"vestigingscode": str, "pgn": str}
_NOTICE: Final[Mapping[str, Shape]] = {
    **_PUPIL,
    "plicht": str,
    "woongemeente": str,
    "oudersGeinformeerdOp": str,
    "actiesSchool": several,
    "contact.rol": str,
    "contact.email": str,
    "vervangt": str,
}
COLUMNS: Final[Mapping[Kind, Mapping[str, Shape]]] = MappingProxyType(
    {
        Kind.VERZUIMREGISTRATIES: {
            **_PUPIL,
            "registratieId": str,
            "datum": str,
            "minuten": whole,
            "reden": str,
            "categorie": str,
            "ingetrokken": truth,
        },
        Kind.SIGNALEN: {
            **_NOTICE,
            "venster.van": str,
            "venster.tot": str,
            "ongeoorloofdeMinuten": whole,
            "criterium": str,
            "categorie": str,
        },
        Kind.VERZUIMMELDINGEN: {
            **_NOTICE,
            "verzuimsoort": str,
            "begindatum": str,
            "einddatum": str,
            "dagen": days,
            "alleLessenGemist": truth,
            "actieGemeenteGewenst": truth,
        },
    }
)
_ALSO_WHEN_EMPTY: Final = (several, days)


def document_of(kind: Kind, cells: Mapping[str, str]) -> Document:
    """Give the message in a row's ``cells``, by column name; an empty cell is an absent member."""
    document: Document = {}
    for name, shape in COLUMNS[kind].items():
        cell = cells.get(name)
        if cell is None or (not cell and shape not in _ALSO_WHEN_EMPTY):
            continue
        member, _, inner = name.partition(".")
        if inner:
            document.setdefault(member, {})[inner] = shape(cell)
        else:
            document[member] = shape(cell)
    return document
