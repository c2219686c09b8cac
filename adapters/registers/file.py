"""Reads the file of any register."""

from __future__ import annotations

import hashlib

from adapters.registers.encoding import text_of
from adapters.registers.gemeenten import read_gemeenten
from adapters.registers.recognise import recognise
from adapters.registers.sheet import sheet_of
from adapters.registers.swv_regio import read_swv_regio
from adapters.registers.vestigingen import read_vestigingen
from exchange.policy.registers import About, Register, RegisterFile


def read_register(data: bytes, name: str, register: Register | None = None) -> RegisterFile:
    """Read a file of ``register``, or of the one that its columns tell.

    Raises ``Invalid``, naming the lines, for anything that cannot be read: a file is read as a
    whole or not at all.
    """
    sheet = sheet_of(text_of(data))
    found, because = recognise(sheet, name) if register is None else (register, "de opdracht")
    about = About(found, hashlib.sha256(data).hexdigest(), len(sheet.rows), because)
    match found:
        case Register.GEMEENTEN:
            return read_gemeenten(sheet, about)
        case Register.SWV_REGIO:
            return read_swv_regio(sheet, about)
        case Register.BO | Register.SO | Register.VO:
            return read_vestigingen(sheet, about)
