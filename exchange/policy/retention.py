"""How long each thing is kept, counted from today: what is older goes (promise P9)."""

from __future__ import annotations

from datetime import date, timedelta

from exchange.messages.identifiers import Periode, Schooljaar
from exchange.policy.law import Law, Parameters


def oldest_kept(current: Schooljaar, numbers: Parameters) -> Schooljaar:
    """Give the oldest schooljaar whose messages are kept: that of the notice and the next.

    Source: WOT art. 24i(2) (register term of the verzuimregister).
    """
    return Schooljaar(current.start - numbers.registerterm_schooljaren)


def is_kept(schooljaar: Schooljaar, today: date, law: Law) -> bool:
    """Whether messages of ``schooljaar`` are kept today: it began, and its term has not passed."""
    current = Schooljaar.of(today)
    return oldest_kept(current, law.on(today)) <= schooljaar <= current


def is_past_term(schooljaar: Schooljaar, today: date, law: Law) -> bool:
    """Whether a message of ``schooljaar`` would lapse on arrival."""
    return schooljaar < oldest_kept(Schooljaar.of(today), law.on(today))


PAST_TERM = (
    "De dag ligt voor het vorige schooljaar: een bericht daarover zou meteen vervallen. Duurt het"
    " verzuim al langer, begin dan op de eerste dag van het vorige schooljaar."
)
"""What a rule says of a day in a schooljaar that is no longer kept."""


def oldest_figures(current: Schooljaar, numbers: Parameters) -> Schooljaar:
    """Give the oldest schooljaar whose unprotected figures are kept."""
    return Schooljaar(current.start - numbers.cijfers_schooljaren + 1)


def closes_on(periode: Periode, law: Law) -> date:
    """Give the last day on which ``periode`` takes registrations, corrections and figures."""
    return periode.plus(law.on(periode.last_day).open_maanden).last_day


def is_open(periode: Periode, today: date, law: Law) -> bool:
    """Whether ``periode`` still takes registrations, corrections and figures today."""
    return today <= closes_on(periode, law)


def registrations_kept_from(today: date, law: Law) -> date:
    """Give the first day whose registrations are kept: its month is open, or closed just now.

    Closed months stay a few days, so that what was made of them can be checked (design, "Data
    kept"); older registrations go.
    """
    periode = Periode.of(today)
    while _stays(periode.plus(-1), today, law):
        periode = periode.plus(-1)
    return periode.first_day


def _stays(periode: Periode, today: date, law: Law) -> bool:
    last = closes_on(periode, law)
    return today <= last + timedelta(days=law.on(last).registratie_dagen)
