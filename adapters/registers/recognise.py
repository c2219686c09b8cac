"""Tells by its columns which register a file is of."""

from __future__ import annotations

import re

from adapters.registers.gemeenten import FIRST_DAYS
from adapters.registers.sheet import Sheet
from adapters.registers.vestigingen import SOORT
from exchange.policy.registers import Register

_WORDS = {
    "BO": Register.BO,
    "BASISONDERWIJS": Register.BO,
    "VO": Register.VO,
    "VOORTGEZET": Register.VO,
}
_OFFICES = ("KVK NUMMER", "ADMINISTRATIEKANTOORNUMMER")


def recognise(sheet: Sheet, name: str) -> tuple[Register, str]:
    """Give the register, and in Dutch what gave it away.

    The files of bo and vo may have the very same columns. Then a word in the file's name decides,
    or else the order of two columns at the end, which differs between the two publications.

    Raises ``Invalid`` when nothing tells them apart, or when it is none of our registers.
    """
    if sheet.has("SWV PO") or sheet.has("SWV VO"):
        return Register.SWV_REGIO, "de kolommen SWV_PO en SWV_VO"
    if sheet.has("VESTIGINGSCODE") or sheet.has("VESTIGINGSNUMMER"):
        return _kind_of_vestigingen(sheet, name)
    if any(sheet.has(first_day) for first_day in FIRST_DAYS):
        return Register.GEMEENTEN, "de kolom met de ingangsdatum"
    raise sheet.damage.fatal(
        1, "de kolommen zijn van geen register dat we kennen; kies er een met --soort"
    )


def _kind_of_vestigingen(sheet: Sheet, name: str) -> tuple[Register, str]:
    if sheet.has("ONDERWIJSSTRUCTUUR"):
        return Register.VO, "de kolom ONDERWIJSSTRUCTUUR"
    if sheet.has(SOORT):
        return Register.SO, f"de kolom {SOORT}"
    named = {_WORDS[word] for word in re.findall(r"[A-Z]+", name.upper()) if word in _WORDS}
    if len(named) == 1:
        return named.pop(), "de naam van het bestand"
    if all(sheet.has(office) for office in _OFFICES):
        kvk, kantoor = (sheet.header.index(office) for office in _OFFICES)
        return Register.BO if kvk < kantoor else Register.VO, "de volgorde van de kolommen"
    raise sheet.damage.fatal(1, "bo en vo hebben deze kolommen allebei; kies er een met --soort")
