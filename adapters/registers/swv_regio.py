"""Reads the annex that divides the country into regions of samenwerkingsverbanden, by postcode.

The gemeente column is not read: gemeenten are split over regions, and postcodes are not.
"""

from __future__ import annotations

from dataclasses import replace

from adapters.registers.sheet import Column, Row, Sheet
from exchange.messages.identifiers import Postcode4, SwvNummer
from exchange.policy.registers import About, Misfit, Regio, RegioFile

_NOBODY = {"", "EUROPOORT"}
"""What the annex writes where no samenwerkingsverband is responsible."""
_AFTERWARDS = "een vestiging krijgt deze indeling als haar bestand opnieuw is ingelezen"


def read_swv_regio(sheet: Sheet, about: About) -> RegioFile:
    """Read the samenwerkingsverbanden of every postcode; those of nobody do not fit.

    Raises ``Invalid`` for a missing column, a cell that is no postcode or number, and a postcode
    that is there twice with different ones.
    """
    postcode = sheet.required("POSTCODE4", "POSTCODE", "PC4")
    po, vo = sheet.required("SWV PO"), sheet.required("SWV VO")
    sheet.require_columns()
    found: dict[Postcode4, tuple[int, Regio]] = {}
    for row in sheet.rows:
        code = _postcode(postcode, row, sheet)
        regio = Regio(_swv(po, "PO", row, sheet), _swv(vo, "VO", row, sheet))
        if code is None:
            continue
        line, before = found.setdefault(code, (row.line, regio))
        if before != regio:
            sheet.damage.note(row.line, f"postcode {code} staat ook op regel {line}, maar anders")
    sheet.damage.require_none()
    nobody = Regio(None, None)
    return RegioFile(
        replace(about, notes=(*about.notes, _AFTERWARDS)),
        {code: regio for code, (_, regio) in found.items() if regio != nobody},
        tuple(
            Misfit(line, str(code), f"postcode {code} heeft geen samenwerkingsverband")
            for code, (line, regio) in found.items()
            if regio == nobody
        ),
    )


def _postcode(column: Column, row: Row, sheet: Sheet) -> Postcode4 | None:
    try:
        return Postcode4(column.of(row))
    except ValueError:
        sheet.damage.note(row.line, f"{column.name} is geen postcode van vier cijfers")
        return None


def _swv(column: Column, kind: str, row: Row, sheet: Sheet) -> str | None:
    text = column.of(row).upper()
    if text in _NOBODY:
        return None
    try:
        number = SwvNummer(text).reveal()
    except ValueError:
        number = ""
    if not number.startswith(kind):
        sheet.damage.note(row.line, f"{column.name} is geen nummer {kind} met vier cijfers")
        return None
    return number
