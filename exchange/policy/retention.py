"""How long each thing is kept, counted from today: what is older goes (promise P9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from exchange.messages.identifiers import Periode, Schooljaar
from exchange.policy.calendar import legal_day
from exchange.policy.law import Law, Parameters


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Where the past begins at one moment: what a store has from before it, goes.

    ``schooljaar`` is the oldest that is kept, of messages with all that belongs to them;
    ``registrations`` and ``figures`` are the first day and the first month that are kept.
    """

    now: datetime
    schooljaar: Schooljaar
    registrations: date
    figures: Periode
    acknowledged: datetime
    idempotency: datetime
    log_text: datetime
    releases: datetime


def cutoffs(now: datetime, law: Law) -> Cutoffs:
    """Say from when each store is kept at ``now``."""
    today = legal_day(now)
    numbers, current = law.on(today), Schooljaar.of(today)
    return Cutoffs(
        now=now,
        schooljaar=oldest_kept(current, numbers),
        registrations=registrations_kept_from(today, law),
        figures=Periode.of(oldest_figures(current, numbers).first_day),
        acknowledged=now - timedelta(days=numbers.bevestigd_dagen),
        idempotency=now - timedelta(days=numbers.idempotentie_dagen),
        log_text=datetime.combine(_years_before(today, numbers.logtekst_jaren), time(), UTC),
        releases=_moment_before(now, numbers.leveringen_jaren),
    )


def out_of_backups(day: date, law: Law) -> date:
    """Give the day from which no backup holds any more what was deleted on ``day``."""
    return day + timedelta(days=law.on(day).backup_dagen)


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


def _moment_before(moment: datetime, years: int) -> datetime:
    return datetime.combine(_years_before(moment.date(), years), moment.timetz())


def _years_before(day: date, years: int) -> date:
    """Give the same day of an earlier year; 29 February becomes 28 February, as in PostgreSQL."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
