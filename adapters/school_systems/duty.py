"""States ``plicht`` from a birth date, on the school's side: the birth date itself never travels.

The columns in ``LOCAL`` are read here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from adapters.school_systems.columns import Document, truth, whole
from adapters.school_systems.kinds import Kind
from exchange.errors import Code, Invalid, Violation
from exchange.messages.wire import Plicht
from exchange.policy.ages import plicht_on
from exchange.policy.law import Law

_BIRTH: Final = "geboortedatum"
_YEARS: Final = "volleSchooljaren"
_DIPLOMA: Final = "startkwalificatie"
_EXEMPT: Final = "vrijgesteld"
LOCAL: Final = frozenset({_BIRTH, _YEARS, _DIPLOMA, _EXEMPT})
"""Columns that only help to state ``plicht``; see ``exchange.policy.ages`` for what they mean."""

_EVENT_DAY: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.SIGNALEN: ("venster", "tot"),
    Kind.VERZUIMMELDINGEN: ("begindatum",),
}
"""The member that says which day a message concerns (contract, sections 1 and 2)."""


def local_columns(kind: Kind) -> frozenset[str]:
    """Give the columns that a file of this kind may have besides those that travel."""
    return LOCAL if kind in _EVENT_DAY else frozenset()


def state_duty(kind: Kind, document: Document, cells: Mapping[str, str], law: Law) -> None:
    """Fill in ``plicht`` if the school did not and there is a birth date.

    Raises ``Invalid`` for a pupil without plicht on the event day, and for dates that are none.
    """
    if "plicht" in document or not cells.get(_BIRTH):
        return
    path = _EVENT_DAY[kind]
    day = _date(_member(document, path), "/" + "/".join(path))
    plicht = _plicht(day, _date(cells[_BIRTH], f"/{_BIRTH}"), cells, law)
    if plicht is None:
        raise _wrong(
            "/plicht",
            Code.BUITEN_LEERPLICHT,
            "Volgens de geboortedatum is deze leerling op die dag niet leer- of"
            " kwalificatieplichtig.",
        )
    document["plicht"] = plicht.value


def _plicht(day: date, born: date, cells: Mapping[str, str], law: Law) -> Plicht | None:
    try:
        return plicht_on(
            law.on(day),
            day,
            born,
            volle_schooljaren=_number(cells),
            startkwalificatie=_yes(cells, _DIPLOMA),
            vrijgesteld=_yes(cells, _EXEMPT),
        )
    except (ValueError, OverflowError):  # born at the end of all years
        raise _no_date(f"/{_BIRTH}") from None


def _member(document: Document, path: tuple[str, ...]) -> str:
    found: object = document
    for name in path:
        found = found.get(name, "") if isinstance(found, dict) else ""
    return str(found)


def _date(text: str, pointer: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _no_date(pointer) from None
    if day.isoformat() != text:  # Python also reads 20260907 and 2026-W37-1
        raise _no_date(pointer)
    return day


def _number(cells: Mapping[str, str]) -> int:
    number = whole(cells.get(_YEARS) or "0")
    if not isinstance(number, int) or number < 0:
        raise _wrong(f"/{_YEARS}", Code.WAARDE_ONGELDIG, "Dit is een aantal jaren.")
    return number


def _yes(cells: Mapping[str, str], name: str) -> bool:
    answer = truth(cells.get(name) or "nee")
    if not isinstance(answer, bool):
        raise _wrong(f"/{name}", Code.WAARDE_ONGELDIG, "Dit is ja of nee.")
    return answer


def _no_date(pointer: str) -> Invalid:
    return _wrong(pointer, Code.DATUM_ONGELDIG, "Een datum is JJJJ-MM-DD en bestaat.")


def _wrong(pointer: str, code: Code, detail: str) -> Invalid:
    return Invalid([Violation(pointer, code, detail)])
