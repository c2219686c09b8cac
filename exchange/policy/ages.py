"""Which duty holds for a pupil on a day, from a birth date that never leaves the sender's kit.

Source: LPW art. 3 (leerplicht), 4a and 4b (kwalificatieplicht). Birth dates do not travel: only
what runs on the school's side may import this; an architecture test holds everybody else off. That
a pupil of 12 answers for itself (art. 2(3)) changes whom leerplicht addresses, not the duty.
"""

from __future__ import annotations

from datetime import date

from exchange.messages.identifiers import Periode, Schooljaar
from exchange.messages.wire import Plicht
from exchange.policy.law import Parameters


def plicht_on(
    numbers: Parameters,
    day: date,
    geboortedatum: date,
    *,
    volle_schooljaren: int = 0,
    startkwalificatie: bool = False,
    vrijgesteld: bool = False,
) -> Plicht | None:
    """Give the duty that holds on the legal day ``day``, or None; ``numbers`` are those of ``day``.

    ``volle_schooljaren`` is how many full schooljaren lay behind the pupil when the schooljaar of
    ``day`` began, eight for a primary school done in fewer (art. 3(2)). ``vrijgesteld`` says that
    the pupil has the diploma of praktijkonderwijs or followed vso in a profile other than
    vervolgonderwijs (art. 4a(2)). Both it and a startkwalificatie end kwalificatieplicht only.
    """
    if day < _leerplicht_begin(geboortedatum, numbers):
        return None
    if not _leerplicht_is_over(day, geboortedatum, volle_schooljaren, numbers):
        return Plicht.LEERPLICHTIG
    if startkwalificatie or vrijgesteld:
        return None
    grown_up = day >= _birthday(geboortedatum, numbers.kwalificatieplicht_tot_jaar)
    return None if grown_up else Plicht.KWALIFICATIEPLICHTIG


def _leerplicht_begin(geboortedatum: date, numbers: Parameters) -> date:
    """The law says the first schooldag of that month: before it there is no lesson to miss."""
    return Periode.of(_birthday(geboortedatum, numbers.leerplicht_vanaf_jaar)).plus(1).first_day


def _leerplicht_is_over(
    day: date, geboortedatum: date, volle_schooljaren: int, numbers: Parameters
) -> bool:
    """Whether the schooljaar that ended it, by years of school or by age, lies before ``day``."""
    last = Schooljaar.of(_birthday(geboortedatum, numbers.leerplicht_tot_jaar))
    return volle_schooljaren >= numbers.leerplicht_volle_jaren or Schooljaar.of(day) > last


def _birthday(geboortedatum: date, age: int) -> date:
    """Give the day on which ``age`` is reached; born on 29 February, in other years 1 March.

    DESIGN: the law names no day; the year is full when 28 February is over.
    """
    year = geboortedatum.year + age
    try:
        return geboortedatum.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
