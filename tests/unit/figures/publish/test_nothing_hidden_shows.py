"""A number that is hidden stands in no form of a levering, whatever else the form works out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types
import pytest

from exchange.figures.levering import Levering, Regel
from exchange.figures.measures import MINUTES, TIERS, Measure, Niveau, measures_of
from exchange.figures.publish import MEDIA, Names, Publication
from exchange.figures.publish.page import dutch
from tests.leveringen import levering, regel

PUPILS = 1_000_003
TRUE = {
    Measure.GEOORLOOFDE_MINUTEN: 418_905_671,
    Measure.ONGEOORLOOFDE_MINUTEN: 73_456_789,
    Measure.LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM: 234_567,
    Measure.TREDE1: 812_347,
    Measure.TREDE2: 123_459,
    Measure.TREDE3: 64_197,
    Measure.VERZUIMMELDINGEN: 31_223,
    Measure.SIGNALEN: 47_317,
}
"""Every number and every share of it is like no other on the page."""

PATTERNS = (
    frozenset({Measure.TREDE2, Measure.TREDE3, *MINUTES}),
    frozenset({Measure.TREDE1, Measure.TREDE3, *MINUTES}),
    frozenset({Measure.TREDE1, Measure.TREDE2, *MINUTES}),
    frozenset({Measure.TREDE2}),
    frozenset({*TIERS, *MINUTES}),
    frozenset({Measure.ONGEOORLOOFDE_MINUTEN, Measure.LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM}),
    frozenset({Measure.VERZUIMMELDINGEN, Measure.SIGNALEN}),
    frozenset(Measure),
)


def _row(niveau: Niveau, hidden: frozenset[Measure], times: int = 1, **changes: object) -> Regel:
    numbers = (None if m in hidden else TRUE[m] * times for m in measures_of(niveau))
    return regel(niveau, PUPILS * times, *numbers, **changes)


def _release(hidden: frozenset[Measure], nummer: int, periode: str = "2026-10") -> Levering:
    return levering(
        _row(Niveau.VESTIGING, hidden),
        _row(Niveau.GEMEENTE_SWV, hidden),
        _row(Niveau.GEMEENTE_SWV, hidden, code="0399-VO2703", gemeente="0399"),
        _row(Niveau.SWV, hidden, times=2),
        nummer=nummer,
        periode=periode,
    )


def _texts(publication: Publication) -> Iterator[str]:
    for media_type, make in MEDIA.items():
        made = make(publication)
        if media_type == "application/vnd.apache.parquet":
            yield str(pq.read_table(io.BytesIO(made)).to_pylist())
        else:
            yield made.decode()


def _ways(measure: Measure) -> Iterator[str]:
    """Give how a number could be written: itself, a share in thousandths, an average."""
    for times in (1, 2):
        value = TRUE[measure] * times
        yield str(value)
        yield dutch.number(value)
    share = (TRUE[measure] * 1000 * 2 + PUPILS) // (2 * PUPILS)
    yield dutch.percent(share)
    yield f'="{float(round(TRUE[measure] * 100 / PUPILS, 2)):g}%"'
    if measure in MINUTES:
        yield f">{dutch.number((TRUE[measure] * 2 + PUPILS) // (2 * PUPILS))}<"


def _publication(hidden: frozenset[Measure], same_month: bool) -> Publication:
    before = _release(hidden, 11, "2026-10" if same_month else "2026-09")
    return Publication(_release(hidden, 12), [before], Names("SWV"), "12.csv")


@pytest.mark.parametrize("hidden", PATTERNS, ids=lambda hidden: "-".join(sorted(hidden)))
@pytest.mark.parametrize("same_month", [True, False])
def test_no_hidden_number_stands_in_any_form(hidden: frozenset[Measure], same_month: bool) -> None:
    texts = list(_texts(_publication(hidden, same_month)))
    found = [way for m in hidden for way in _ways(m) if any(way in text for text in texts)]
    assert not found


@pytest.mark.parametrize("same_month", [True, False])
def test_the_search_finds_what_is_not_hidden(same_month: bool) -> None:
    """Each way of writing is one that some form uses; else the test above looks for nothing."""
    texts = list(_texts(_publication(frozenset(), same_month)))
    for measure in TRUE:
        unseen = {way for way in _ways(measure) if not any(way in text for text in texts)}
        assert len(unseen) < len(list(_ways(measure))) - 2
    for measure in TIERS:
        assert not {way for way in _ways(measure) if not any(way in text for text in texts)}


def test_a_number_that_was_shown_before_is_not_told_again_once_it_is_hidden() -> None:
    hidden = frozenset({Measure.TREDE2, Measure.TREDE3, *MINUTES})
    made = Publication(_release(hidden, 12), [_release(frozenset(), 11)], Names("SWV"), "12.csv")
    texts = list(_texts(made))
    assert not [way for m in hidden for way in _ways(m) if any(way in text for text in texts)]


def test_one_hidden_tier_is_not_drawn_as_what_the_others_leave() -> None:
    alone = frozenset({Measure.TREDE2})
    page = MEDIA["text/html"](_publication(alone, same_month=True)).decode()
    start = f'="{float(round(TRUE[Measure.TREDE1] * 100 / PUPILS, 2)):g}%"'
    chart = page.partition('aria-labelledby="tredes-vergeleken-t')[2].partition("</svg>")[0]
    assert chart
    assert start not in chart


def test_two_hidden_tiers_are_drawn_as_one_piece() -> None:
    both = frozenset({Measure.TREDE2, Measure.TREDE3, *MINUTES})
    page = MEDIA["text/html"](_publication(both, same_month=True)).decode()
    chart = page.partition('aria-labelledby="tredes-vergeleken-t')[2].partition("</svg>")[0]
    assert chart.count('fill="url(#trede1)"') == chart.count('fill="url(#verborgen)"') == 2
    assert "trede2" not in chart


def test_a_row_that_says_it_is_missing_tells_nothing_it_carries() -> None:
    carrying = replace(_row(Niveau.VESTIGING, frozenset()), ontbreekt=True)
    made = Publication(levering(carrying), [], Names("SWV"), "12.csv")
    for text in _texts(made):
        assert str(PUPILS) not in text
        assert dutch.number(PUPILS) not in text
        assert not [m for m in TRUE if str(TRUE[m]) in text or dutch.number(TRUE[m]) in text]
