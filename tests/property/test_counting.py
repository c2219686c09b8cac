"""Counting against a slow reference that tries every window there is, over calendars at random.

The reference shares no code with ``exchange.policy``: it lists the days of a schooljaar, asks the
calendar of Python for their ISO weeks, and adds up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from exchange.errors import Invalid
from exchange.messages.identifiers import Schooljaar
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.counting import Count
from exchange.policy.facts import Dagverzuim, Telstand
from exchange.policy.parties import Vestiging
from tests.pure import PO, TODAY, VO, Flow, signaal, verzuimmelding

WEEKS = 4
Week = tuple[int, int]  # ISO year and week
Melding = tuple[str, date, date]  # kind, begin, end
Period = tuple[date, date]  # both inclusive


@dataclass(frozen=True)
class Story:
    """A school year at one school, and one pupil's absence in it."""

    start: int
    free: tuple[Period, ...]
    absent: tuple[tuple[date, int], ...]
    meldingen: tuple[Melding, ...]

    @property
    def kalender(self) -> Schoolkalender:
        """The calendar as the rules know it."""
        return Schoolkalender(self.free)

    @property
    def days(self) -> list[Dagverzuim]:
        """The absence as the rules know it."""
        return [Dagverzuim(day, minuten) for day, minuten in self.absent]

    @property
    def telstanden(self) -> tuple[Telstand, ...]:
        """The meldingen as the rules know them."""
        return tuple(
            Telstand(UUID(int=number), Verzuimsoort(kind), begin, end)
            for number, (kind, begin, end) in enumerate(self.meldingen, start=1)
        )


# --- the reference ---


def year_of(start: int) -> list[date]:
    """Give every day of the schooljaar that begins on 1 August of ``start``."""
    first = date(start, 8, 1)
    return [
        first + timedelta(days=n)
        for n in range(366)
        if first + timedelta(days=n) < date(start + 1, 8, 1)
    ]


def weeks_with_lessons(start: int, free: Sequence[Period]) -> list[Week]:
    """Give the ISO weeks that have a weekday with lessons, in order."""
    found: list[Week] = []
    for day in year_of(start):
        taught = day.isoweekday() <= 5 and not any(van <= day <= tot for van, tot in free)
        if taught and (not found or found[-1] != day.isocalendar()[:2]):
            found.append(day.isocalendar()[:2])
    return found


def windows(start: int, free: Sequence[Period]) -> Iterator[set[Week]]:
    """Give every four consecutive weeks with lessons; a year with fewer is one window."""
    weeks = weeks_with_lessons(start, free)
    for n in range(max(1, len(weeks) - WEEKS + 1)):
        yield set(weeks[n : n + WEEKS])


def counted(story: Story) -> Mapping[date, int]:
    """Give the minutes of each school day of the year that lies in no melding of 16 hours."""
    reported = {
        begin + timedelta(days=n)
        for kind, begin, end in story.meldingen
        if kind == "16-uur"
        for n in range((end - begin).days + 1)
    }
    free = {van + timedelta(days=n) for van, tot in story.free for n in range((tot - van).days + 1)}
    minutes: dict[date, int] = {}
    for day, minuten in story.absent:
        if day in set(year_of(story.start)) - reported - free:
            minutes[day] = minutes.get(day, 0) + minuten
    return minutes


def side(story: Story, day: date) -> tuple[bool, ...]:
    """Say of each melding of 16 hours whether it ended before a day: no count spans a change."""
    return tuple(end < day for kind, _, end in story.meldingen if kind == "16-uur")


def most_by_hand(story: Story) -> int:
    """Give the largest sum over all windows and over the days on one side of every melding."""
    minutes = counted(story)
    return max(
        sum(
            m
            for day, m in minutes.items()
            if day.isocalendar()[:2] in window and side(story, day) == where
        )
        for window in windows(story.start, story.free)
        for where in {side(story, day) for day in minutes} | {()}
    )


def first_by_hand(story: Story, limit: int) -> tuple[date, int, set[date]] | None:
    """Give the first day by whose end some window holds ``limit``: the day, the sum, its days."""
    minutes, possible = counted(story), list(windows(story.start, story.free))
    for day in sorted(minutes):
        sums = []
        for window in possible:
            within = {
                d
                for d in minutes
                if d <= day and d.isocalendar()[:2] in window and side(story, d) == side(story, day)
            }
            sums.append((sum(minutes[d] for d in within), within))
        best, within = max(sums, key=lambda one: one[0])
        if best >= limit:
            return day, best, within
    return None


# --- what happens at a school ---


def _holidays(start: int) -> st.SearchStrategy[tuple[Period, ...]]:
    periods = st.builds(
        lambda day, length: (day, day + timedelta(days=length)),
        st.dates(date(start, 7, 20), date(start + 1, 7, 31)),
        st.one_of(st.integers(0, 20), st.integers(60, 200)),
    )
    return st.lists(periods, max_size=6).map(tuple)


def _absence(start: int) -> st.SearchStrategy[tuple[tuple[date, int], ...]]:
    """Absence here and there, and absence close together: both sides of the threshold."""
    year = st.dates(date(start, 7, 25), date(start + 1, 8, 6))
    minutes = st.integers(1, 720)
    scattered = st.lists(st.tuples(year, minutes), max_size=12)
    crowded = st.builds(
        lambda first, days: [(first + timedelta(days=n), m) for n, m in days],
        year,
        st.lists(st.tuples(st.integers(0, 45), minutes), max_size=12),
    )
    return st.builds(lambda one, other: tuple(one + other), scattered, crowded)


def _meldingen(start: int) -> st.SearchStrategy[tuple[Melding, ...]]:
    one = st.builds(
        lambda kind, begin, length: (kind, begin, begin + timedelta(days=length)),
        st.sampled_from([kind.value for kind in Verzuimsoort]),
        st.dates(date(start, 8, 1), date(start + 1, 7, 1)),
        st.integers(0, 28),
    )
    return st.lists(one, max_size=3).map(tuple)


STORIES = st.integers(2024, 2027).flatmap(
    lambda start: st.builds(
        Story, st.just(start), _holidays(start), _absence(start), _meldingen(start)
    )
)
ACROSS_AUTUMN = Story(
    2026,
    ((date(2026, 10, 17), date(2026, 10, 25)),),
    ((date(2026, 10, 5), 480), (date(2026, 10, 20), 700), (date(2026, 11, 1), 480)),
    (),
)
RESTARTED = Story(
    2026,
    (),
    ((date(2026, 11, 2), 480), (date(2026, 11, 3), 480), (date(2026, 11, 4), 480)),
    (("16-uur", date(2026, 11, 2), date(2026, 11, 2)),),
)


@settings(max_examples=250, deadline=None)
@given(STORIES)
@example(ACROSS_AUTUMN)
@example(RESTARTED)
def test_the_most_in_four_lesweken_is_that_of_the_fullest_window(story: Story) -> None:
    count = Count(story.kalender, Schooljaar(story.start), WEEKS, story.telstanden)
    assert count.most(story.days) == most_by_hand(story)


@settings(max_examples=60, deadline=None)
@given(STORIES, st.sampled_from([1, 300, 720, 800, 960, 1500]))
@example(ACROSS_AUTUMN, 960)
@example(ACROSS_AUTUMN, 961)
@example(RESTARTED, 960)
def test_the_day_of_the_threshold_is_the_first_on_which_a_window_holds_it(
    story: Story, limit: int
) -> None:
    count = Count(story.kalender, Schooljaar(story.start), WEEKS, story.telstanden)
    found = count.first_reached(story.days, lambda _: limit)
    expected = first_by_hand(story, limit)
    assert (found and (found.op, found.minuten, set(found.dagen))) == expected


# --- through the rules: today is 18 November 2026 ---

SCHOOLS = pytest.mark.parametrize(
    ("vestiging", "lesuur", "limit"), [(PO, 50, 960), (VO, 50, 800), (VO, 60, 960)]
)
LAST = TODAY - timedelta(days=1)
AUTUMN_DAYS = st.dates(date(2026, 8, 31), LAST)
AUTUMN = st.builds(
    Story,
    st.just(2026),
    _holidays(2026),
    st.dictionaries(AUTUMN_DAYS, st.integers(60, 720), min_size=1, max_size=9).map(
        lambda minutes: tuple(minutes.items())
    ),
    st.lists(
        st.builds(
            lambda kind, begin, length: (kind, begin, begin + timedelta(days=length)),
            st.sampled_from([kind.value for kind in Verzuimsoort]),
            AUTUMN_DAYS,
            st.integers(0, 20),
        ),
        max_size=2,
    ).map(tuple),
)


@SCHOOLS
@settings(max_examples=100, deadline=None)
@given(story=AUTUMN)
def test_a_melding_is_due_exactly_when_a_window_holds_the_threshold(
    vestiging: Vestiging, lesuur: int, limit: int, story: Story
) -> None:
    days = sorted(day for day, _ in story.absent)
    assume(all(abs(days[-1] - end).days >= 7 for _, _, end in story.meldingen))  # else al-gemeld
    body = verzuimmelding(
        vestigingscode=vestiging.code.reveal(),
        begindatum=days[0].isoformat(),
        einddatum=days[-1].isoformat(),
        dagen=[{"datum": day.isoformat(), "minuten": m} for day, m in story.absent],
    )
    due = most_by_hand(story) >= limit
    flow = Flow(
        vestiging=vestiging, lesuur=lesuur, kalender=story.kalender, meldingen=story.telstanden
    )
    assert told(flow, body, Soort.VERZUIMMELDING) == ([] if due else ["geen-verplichte-melding"])


@SCHOOLS
@settings(max_examples=100, deadline=None)
@given(story=AUTUMN, van=AUTUMN_DAYS, length=st.integers(0, 21))
def test_a_signaal_is_refused_exactly_when_registrations_in_its_window_hold_the_threshold(
    vestiging: Vestiging, lesuur: int, limit: int, story: Story, van: date, length: int
) -> None:
    tot = min(van + timedelta(days=length), LAST)
    within = replace(story, absent=tuple(day for day in story.absent if van <= day[0] <= tot))
    body = signaal(
        vestigingscode=vestiging.code.reveal(),
        venster={"van": van.isoformat(), "tot": tot.isoformat()},
        ongeoorloofdeMinuten=1,
    )
    mandatory = most_by_hand(within) >= limit
    flow = Flow(
        vestiging=vestiging,
        lesuur=lesuur,
        kalender=story.kalender,
        registered=tuple(story.days),
        meldingen=story.telstanden,
    )
    assert told(flow, body, Soort.SIGNAAL) == (["verplichte-melding"] if mandatory else [])


def told(flow: Flow, body: dict[str, object], soort: Soort) -> list[str]:
    """Give the codes of everything that is wrong."""
    try:
        flow.classified(body, soort)
    except Invalid as invalid:
        return [fault.code.value for fault in invalid.violations]
    return []
