"""Writes what the log says in codes as a Dutch reader would say it."""

from __future__ import annotations

from datetime import date, datetime

from exchange.accountability.inzage_report import day_in_words, in_words
from exchange.figures.publish.page import dutch
from exchange.policy.calendar import AMSTERDAM

NOTHING = "–"

_SPELLED = {"beeindigd": "beëindigd", "ggd": "GGD", "swv": "SWV", "ocw": "OCW", "avg": "AVG"}
_OUTCOMES = {"ok": "Gelukt", "geweigerd": "Geweigerd", "fout": "Storing"}


def spoken(code: str) -> str:
    """Write ``bericht-aangenomen`` as ``Bericht aangenomen``."""
    words = " ".join(_SPELLED.get(part, part) for part in code.replace("_", "-").split("-"))
    return words[:1].upper() + words[1:]


def outcome(code: str) -> str:
    """Write an outcome; one that is not known here stands as it is."""
    return _OUTCOMES.get(code, spoken(code))


def activity(code: str) -> str:
    """Write ``signaal-leerplicht/1`` as ``Signaal leerplicht (versie 1)``."""
    name, _, version = code.partition("/")
    return f"{spoken(name)} (versie {version})" if version else spoken(name)


def field(name: str) -> str:
    """Write the name of a field; ``oudersGeinformeerdOp`` is no Dutch."""
    said = in_words(name)
    return said if said != name else _apart(name)


def day(on: date) -> str:
    """Write ``18 november 2026``."""
    return day_in_words(on)


def short_day(on: date) -> str:
    """Write ``18 nov``, for where there is little room."""
    number, month, _ = day_in_words(on).split()
    return f"{number} {month[:3]}"


def moment(at: datetime) -> str:
    """Write ``18 november 2026 om 11.00 uur``, in Dutch legal time."""
    return dutch.moment(at)


def exact(at: datetime) -> str:
    """Write ``18-11-2026 11:00:07``, in Dutch legal time: for rows that must be told apart."""
    return f"{at.astimezone(AMSTERDAM):%d-%m-%Y %H:%M:%S}"


def lasting(seconds: float) -> str:
    """Write a duration as somebody would say it."""
    whole = max(0, round(seconds))
    for size, one, more in (
        (86_400, "dag", "dagen"),
        (3_600, "uur", "uur"),
        (60, "minuut", "minuten"),
    ):
        if whole >= size:
            count = whole // size
            return f"{count} {one if count == 1 else more}"
    return f"{whole} seconde" if whole == 1 else f"{whole} seconden"


def counted(number: int, one: str, more: str) -> str:
    """Write ``1 regel`` or ``1.234 regels``."""
    return f"{dutch.number(number)} {one if number == 1 else more}"


def _apart(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
