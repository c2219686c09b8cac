"""Reads DUO's address files of vestigingen in bo, so and vo, with their older or newer columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from adapters.registers.sheet import Column, Row, Sheet
from exchange.messages.identifiers import Gemeentecode, Postcode4, Vestigingscode
from exchange.policy.parties import Sector
from exchange.policy.registers import About, Misfit, Register, VestigingenFile, VestigingLine

SOORT = "SOORT PRIMAIR ONDERWIJS"
_POSTCODE = re.compile(r"([1-9][0-9]{3}) ?(?:[A-Z]{2})?")
_SECTORS = {Register.BO: Sector.PO, Register.SO: Sector.SO, Register.VO: Sector.VO}
_KINDS = {
    frozenset({"SO"}): Sector.SO,
    frozenset({"VSO"}): Sector.VSO,
    frozenset({"SBO"}): Sector.PO,  # speciaal basisonderwijs is basisonderwijs (WPO art. 1)
    frozenset[str](): Sector.SO,
}
_BOTH = frozenset({"SO", "VSO"})


@dataclass(frozen=True, slots=True)
class _Columns:
    instelling: Column
    vestiging: Column
    naam: Column
    postcode: Column
    gemeente: Column
    gezag: Column
    soort: Column | None


def read_vestigingen(sheet: Sheet, about: About) -> VestigingenFile:
    """Read every vestiging of the file; the same line twice counts once.

    Raises ``Invalid`` for a missing column, a cell that cannot be what its column says, and a
    vestiging that is there twice with different facts.
    """
    columns = _find(sheet, about.register)
    sheet.require_columns()
    lines: dict[Vestigingscode, VestigingLine] = {}
    misfits, both = [], 0
    for row in sheet.rows:
        soort = _soort(columns, row)
        both += soort == _BOTH
        found = _read(columns, row, about.register, soort, sheet)
        if isinstance(found, Misfit):
            misfits.append(found)
        elif found is not None:
            _add(lines, found, sheet)
    sheet.damage.require_none()
    notes = (f"{both} vestigingen geven so en vso: opgenomen als so",) if both else ()
    complete = replace(about, absent=tuple(sheet.absent), notes=(*about.notes, *notes))
    return VestigingenFile(complete, tuple(lines.values()), tuple(misfits))


def _find(sheet: Sheet, register: Register) -> _Columns:
    return _Columns(
        vestiging=sheet.required("VESTIGINGSCODE", "VESTIGINGSNUMMER", "VESTIGINGS NUMMER"),
        gemeente=sheet.required("GEMEENTENUMMER", "GEMEENTECODE"),
        postcode=sheet.required("POSTCODE"),
        instelling=sheet.optional("INSTELLINGSCODE", "BRIN NUMMER", "BRINNUMMER", "BRIN"),
        naam=sheet.optional("VESTIGINGSNAAM", "INSTELLINGSNAAM"),
        gezag=sheet.optional("BEVOEGD GEZAG NUMMER", "BEVOEGD GEZAG CODE"),
        soort=sheet.optional(SOORT) if register is Register.SO else None,
    )


def _read(
    columns: _Columns, row: Row, register: Register, soort: frozenset[str] | None, sheet: Sheet
) -> VestigingLine | Misfit | None:
    code, gemeente = _code(columns, row, sheet), _gemeente(columns, row, sheet)
    postcode, readable = _postcode(columns, row, sheet)
    if code is None or gemeente is None or not readable:
        return None
    sector = _SECTORS[register] if soort is None else _sector(soort)
    if sector is None:
        return Misfit(row.line, str(code), f"{SOORT} noemt geen so, vso of sbo")
    return VestigingLine(
        line=row.line,
        code=code,
        gemeente=gemeente,
        sector=sector,
        postcode4=postcode,
        naam=columns.naam.of(row) or None,
        bevoegd_gezag=columns.gezag.of(row) or None,
    )


def _code(columns: _Columns, row: Row, sheet: Sheet) -> Vestigingscode | None:
    """The six characters, or the last two of them behind the code of the institution."""
    brin, number = columns.instelling.of(row), columns.vestiging.of(row)
    text = f"{brin}{number:0>2}" if number.isdecimal() else number
    try:
        code = Vestigingscode(text)
    except ValueError:
        sheet.damage.note(row.line, f"{columns.vestiging.name} is geen vestigingscode")
        return None
    if brin and code.brin != brin:
        other = columns.instelling.name
        sheet.damage.note(row.line, f"{columns.vestiging.name} hoort niet bij {other}")
    return code


def _gemeente(columns: _Columns, row: Row, sheet: Sheet) -> Gemeentecode | None:
    """Four digits, of which a spreadsheet may have eaten the leading zeros."""
    text = columns.gemeente.of(row)
    try:
        return Gemeentecode(text and text.zfill(4))
    except ValueError:
        sheet.damage.note(row.line, f"{columns.gemeente.name} is geen gemeentecode")
        return None


def _postcode(columns: _Columns, row: Row, sheet: Sheet) -> tuple[Postcode4 | None, bool]:
    """The four digits, or nothing for an address without a Dutch postcode; and whether it reads."""
    text = columns.postcode.of(row)
    if not text:
        return None, True
    match = _POSTCODE.fullmatch(text)
    if match is None:
        sheet.damage.note(row.line, f"{columns.postcode.name} is geen postcode")
        return None, False
    return Postcode4(match[1]), True


def _soort(columns: _Columns, row: Row) -> frozenset[str] | None:
    if columns.soort is None:
        return None
    text = columns.soort.of(row).upper().replace("SOVSO", "SO/VSO")
    return frozenset(re.findall(r"[A-Z]+", text))


def _sector(soort: frozenset[str]) -> Sector | None:
    """One sector per vestiging in version 1: who gives so and vso is taken as so."""
    return Sector.SO if soort == _BOTH else _KINDS.get(soort)


def _add(lines: dict[Vestigingscode, VestigingLine], new: VestigingLine, sheet: Sheet) -> None:
    before = lines.setdefault(new.code, new)
    if replace(before, line=new.line) != new:
        sheet.damage.note(
            new.line, f"vestiging {new.code} staat ook op regel {before.line}, maar anders"
        )
