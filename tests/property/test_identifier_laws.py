"""Laws of the identifiers, against an elfproef that is not ours and has no table of weights."""

from __future__ import annotations

from datetime import date
from itertools import accumulate

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exchange.messages.identifiers import Oin, Periode, Pgn, Schooljaar, spells_a_pgn

DIGITS = "0123456789"
NINE = st.text(DIGITS, min_size=9, max_size=9)
EIGHT = st.text(DIGITS, min_size=8, max_size=8)
DAYS = st.dates(date(2000, 8, 1), date(2998, 7, 31))
law = settings(deadline=None)  # a busy machine breaks no law


def is_pgn(text: str) -> bool:
    """Whether ``Pgn`` takes a text."""
    try:
        return Pgn(text).reveal() == text
    except ValueError:
        return False


def kind_of(text: str) -> str | None:
    """Name what nine digits are, by what their ninth has to be.

    Sums of sums weigh the first eight digits 8 to 1, and once more their sum makes that 9 to 2. The
    ninth digit is the remainder by eleven (BSN), or five short of it (onderwijsnummer, begins 10).
    """
    running = list(accumulate(int(digit) for digit in text[:8]))
    weighed = sum(running) + running[-1]
    ninth = int(text[8])
    if weighed % 11 == ninth:
        return "bsn" if text.strip("0") else None
    if (weighed - 5) % 11 == ninth and text[:2] == "10":
        return "onderwijsnummer"
    return None


def numbers(kind: str) -> st.SearchStrategy[str]:
    """Numbers of one kind, made by finding the ninth digit."""
    start = st.text(DIGITS, min_size=6, max_size=6).map(lambda rest: f"10{rest}")
    first = EIGHT if kind == "bsn" else start
    made = first.map(lambda e: next((e + d for d in DIGITS if kind_of(e + d) == kind), None))
    return made.filter(lambda text: text is not None).map(str)


def test_the_other_elfproef_knows_the_published_examples() -> None:
    assert kind_of("999990019") == kind_of("100252333") == "bsn"
    assert kind_of("109990013") == kind_of("101222331") == "onderwijsnummer"
    assert kind_of("000000000") is kind_of("999990018") is kind_of("209990015") is None


@law
@given(NINE)
def test_nine_digits_are_a_pgn_exactly_when_the_other_elfproef_says_so(text: str) -> None:
    assert is_pgn(text) is (kind_of(text) is not None)


@pytest.mark.parametrize("kind", ["bsn", "onderwijsnummer"])
@law
@given(data=st.data())
def test_every_number_of_either_kind_is_a_pgn(kind: str, data: st.DataObject) -> None:
    assert is_pgn(data.draw(numbers(kind)))


@law
@given(EIGHT)
def test_eight_digits_have_at_most_one_ninth_of_each_kind_and_never_the_same(eight: str) -> None:
    """Remainders 0 and 5 are disjoint: no number is both a BSN and an onderwijsnummer."""
    found = [kind for digit in DIGITS if (kind := kind_of(eight + digit))]
    assert len(found) == len(set(found))
    assert sum(is_pgn(eight + digit) for digit in DIGITS) == len(found)
    assert not is_pgn(eight)


@pytest.mark.parametrize("kind", ["bsn", "onderwijsnummer"])
@law
@given(data=st.data())
def test_one_wrong_digit_never_makes_another_number_of_the_same_kind(
    kind: str, data: st.DataObject
) -> None:
    text = data.draw(numbers(kind))
    place = data.draw(st.integers(0, 8))
    digit = data.draw(st.sampled_from(DIGITS).filter(lambda d: d != text[place]))
    wrong = text[:place] + digit + text[place + 1 :]
    assert kind_of(wrong) != kind
    assert is_pgn(wrong) is (kind_of(wrong) is not None)


@pytest.mark.parametrize("kind", ["bsn", "onderwijsnummer"])
@law
@given(data=st.data())
def test_two_digits_swapped_never_make_another_number_of_the_same_kind(
    kind: str, data: st.DataObject
) -> None:
    text = data.draw(numbers(kind))
    place = data.draw(st.integers(0, 7))
    assume(text[place] != text[place + 1])
    wrong = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert kind_of(wrong) != kind


@law
@given(numbers("bsn"), st.integers(0, 8), st.characters(categories=["Nd", "Nl", "No"]))
def test_a_digit_of_another_script_is_no_digit(text: str, place: int, other: str) -> None:
    assume(other not in DIGITS)
    assert not is_pgn(text[:place] + other + text[place + 1 :])


@law
@given(numbers("bsn"), st.text(min_size=1, max_size=3), st.booleans())
def test_nothing_may_stand_around_a_pgn(text: str, around: str, before: bool) -> None:
    assert not is_pgn(around + text if before else text + around)


@law
@given(numbers("bsn") | numbers("onderwijsnummer"))
def test_a_number_is_a_test_number_by_its_kind_and_its_first_digits(text: str) -> None:
    start = "9999" if kind_of(text) == "bsn" else "10999"
    assert Pgn(text).is_test is text.startswith(start)


@law
@given(st.text("0123456789abc-@._", max_size=24))
def test_a_text_spells_a_pgn_exactly_when_nine_digits_in_a_row_are_one(text: str) -> None:
    windows = [text[n : n + 9] for n in range(len(text) - 8)]
    assert spells_a_pgn(text) is any(w.isdecimal() and kind_of(w) is not None for w in windows)


@law
@given(st.text("abc-@._", max_size=5), numbers("bsn"), st.text("abc-@._", max_size=5))
def test_a_pgn_in_a_text_is_always_seen(before: str, pgn: str, after: str) -> None:
    assert spells_a_pgn(before + pgn + after)


@law
@given(
    st.integers(0, 120),
    st.text(DIGITS + "ABCXYZ", min_size=8, max_size=9),
    st.text("0001", min_size=3, max_size=4),
)
def test_an_oin_is_a_prefix_a_main_number_and_zeros(prefix: int, main: str, suffix: str) -> None:
    text = f"{prefix:08d}{main}{suffix}"
    known = prefix in {*range(1, 5), *range(6, 12), 99}
    may_spell = main.isdigit() or prefix in {7, 99}
    lawful = known and len(text) == 20 and text.endswith("000") and may_spell
    try:
        found = Oin(text)
    except ValueError:
        assert not lawful
    else:
        assert lawful
        assert found.is_test is (prefix == 99)


@law
@given(DAYS)
def test_every_day_lies_in_one_schooljaar_and_one_month(day: date) -> None:
    jaar, periode = Schooljaar.of(day), Periode.of(day)
    assert jaar.first_day <= day <= jaar.last_day
    assert periode.first_day <= day <= periode.last_day
    assert day not in Schooljaar(jaar.start + 1)
    assert day not in Schooljaar(jaar.start - 1)
    assert (Schooljaar.parse(str(jaar)), Periode.parse(str(periode))) == (jaar, periode)
    assert periode.last_day in jaar
    assert periode.first_day in jaar


@law
@given(DAYS, st.integers(0, 40))
def test_months_are_counted_one_by_one(day: date, months: int) -> None:
    later = Periode.of(day)
    for _ in range(months):
        later = Periode.of(date.fromordinal(later.last_day.toordinal() + 1))
    assert Periode.of(day).plus(months) == later
    assert later.plus(-months) == Periode.of(day)
