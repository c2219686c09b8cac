"""Identifiers are checked when made, compared as wholes, and hidden when printed."""

from __future__ import annotations

import copy
import pickle
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from exchange.errors import Code
from exchange.messages.identifiers import (
    Gemeentecode,
    Identifier,
    LocalCode,
    LocalReason,
    Oin,
    Periode,
    Pgn,
    Postcode4,
    RegistratieId,
    Schooljaar,
    SwvNummer,
    Vestigingscode,
)
from tests.persons import bsn, onderwijsnummer

ARABIC_INDIC, DEVANAGARI, FULL_WIDTH = 0x0660, 0x0966, 0xFF10
"""Where the digits of other scripts begin; ``int`` and ``isdigit`` take them for digits too."""


def digits(text: str, zero: int) -> str:
    """Write the digits of ``text`` in another script."""
    return text.translate({ord("0") + n: chr(zero + n) for n in range(10)})


GOOD: dict[type[Identifier], tuple[str, ...]] = {
    Pgn: (
        "999990019", "999970008", "109990013", "123456782", "101222331",  # 10...: onderwijsnummers
        "012345672", "000000012",  # leading zeros stay
    ),
    Vestigingscode: ("99AA00", "00ZZ99", "02QZ00"),
    Oin: (
        "00000099000003610000", "00000001123456789000", "00000004123456789000",
        "00000003123456780000", "0000000702QZ00000000", "0000009902QZ00000000",
    ),
    Gemeentecode: ("0361", "0014", "9999"),
    Postcode4: ("1000", "9999", "3011"),
    SwvNummer: ("PO2703", "VO2810", "PO3104", "PO2000", "VO3199"),
    LocalCode: ("AB", "OPLOPEND", "P_1", "A" * 40),
    LocalReason: ("ZIEK",),
    RegistratieId: ("1", "~!", "r-2026/0001", "x" * 64),
}  # fmt: skip
BAD: dict[type[Identifier], tuple[object, ...]] = {
    Pgn: (
        "999990018", "99999001", "9999900190", "000000000", "209990012", " 999990019",
        "999990019\n", digits("999990019", ARABIC_INDIC), "99999001a", "", 999990019, None,
        b"999990019", True,
        "999990019 ", "\t999990019", "\r\n999990019", "\xa0999990019", "999990019\x00",
        digits("999990019", FULL_WIDTH), digits("999990019", DEVANAGARI),
        "99999001" + digits("9", FULL_WIDTH), "99999001" + digits("9", ARABIC_INDIC),
        "99999001\u00b9", "+99990019", "9999.90019", "12345672", "1234567", "109990014",
        "100000000",
    ),
    Vestigingscode: (
        "99aa00", "99AA0", "99AA000", "AA9900", "99AA00\n", "", 1, " 99AA00",
        digits("99", FULL_WIDTH) + "AA00", "99ÄA00", "99AA" + digits("00", ARABIC_INDIC),
        "99-AA00", "99Aa00", "99\uff21A00",
    ),
    Oin: (
        "0000009900000361000", "000000990000036100000", "10000099000003610000",
        "00000005123456789000", "00000099000003610001", "00000099abcdefgh0000", "",
        "00000000123456789000", "00000012123456789000", "00000098123456789000",
        "00000100123456789000", "00000003123456789010", " 0000099000003610000",
        "00000099000003610000\n", "0000009900000361" + digits("0000", ARABIC_INDIC),
        digits("00000099", FULL_WIDTH) + "000003610000", 99000003610000,
        "00000004ABCD1234E000", "0000000102QZ00000000", "0000000702qz00000000",
        "0000000802QZ00000000", "000000070\u216602QZ00000",
    ),
    Gemeentecode: (
        "361", "00361", "036A", "0361\n", "", 361, " 361", "0361 ", "-361",
        digits("0361", ARABIC_INDIC), digits("0361", FULL_WIDTH),
    ),
    Postcode4: (
        "0999", "999", "10000", "1011A", "1011AB", " 1011", "1011\n", 1011, "",
        digits("1011", FULL_WIDTH),
    ),
    SwvNummer: (
        "PO1903", "PO3203", "XX2703", "po2703", "PO27031", "", "PO1999", "VO3200", "PO270",
        "2703", "PO 2703", "SO2703", "PO2703\n", 2703,
        "PO" + digits("2703", ARABIC_INDIC),
    ),
    LocalCode: (
        "A", "a1", "1A", "A-B", "A B", "A" * 41, "É1", "_A", "", "AB\n",
        "A" + digits("3", ARABIC_INDIC),
    ),
    LocalReason: ("ziek", ""),
    RegistratieId: ("", " ", "a b", "x" * 65, "a\n", "é1", "a\x7f", "\x00", 1),
}  # fmt: skip
KINDS = [(kind, text) for kind, texts in GOOD.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), KINDS)
def test_a_good_one_is_taken_as_it_is(kind: type[Identifier], text: str) -> None:
    assert kind(text).reveal() == text
    assert TypeAdapter(kind).validate_json(f'"{text}"') == kind(text)


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in BAD.items() for text in texts]
)
def test_a_bad_one_is_refused_and_not_repeated(kind: type[Identifier], text: Any) -> None:  # noqa: ANN401  JSON
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refused:
        kind(text)
    if isinstance(text, str) and len(text) > 5:
        assert text not in str(refused.value)
    with pytest.raises(ValidationError) as invalid:
        TypeAdapter(kind).validate_python(text)
    (error,) = invalid.value.errors(include_input=False, include_url=False)
    assert Code(error["type"]) is kind.code


def test_every_kind_of_identifier_is_tried() -> None:
    assert set(GOOD) == set(BAD) == _all(Identifier)


def _all(kind: type[Identifier]) -> set[type[Identifier]]:
    below = set(kind.__subclasses__())
    return below.union(*(_all(child) for child in below))


@pytest.mark.parametrize("secret", [Pgn("999990019"), LocalReason("SPIJBEL")], ids=["pgn", "reden"])
def test_a_secret_shows_in_no_form_of_printing(secret: Identifier) -> None:
    for shown in (
        str(secret), repr(secret), f"{secret}", f"{secret!r:>30}", repr([secret]),
        repr({"pgn": secret}), ascii(secret),
    ):  # fmt: skip
        assert secret.reveal() not in shown
    assert repr(secret) == f"{type(secret).__name__}(***)"


def test_an_open_code_shows_itself() -> None:
    assert (str(Vestigingscode("99AA00")), repr(Oin("00000099000003610000"))) == (
        "99AA00",
        "Oin(00000099000003610000)",
    )


def test_identifiers_are_equal_by_kind_and_text() -> None:
    assert Pgn("999990019") == Pgn("999990019")
    assert hash(Pgn("999990019")) == hash(Pgn("999990019"))
    assert Pgn("999990019") != Pgn("999970008")
    assert LocalCode("ZIEK") != LocalReason("ZIEK")
    text: object = "999990019"
    assert Pgn("999990019") != text
    assert len({LocalCode("ZIEK"), LocalReason("ZIEK"), LocalCode("ZIEK")}) == 2


def test_an_identifier_survives_a_copy_and_has_no_room_for_more() -> None:
    pgn = Pgn("999990019")
    assert copy.deepcopy(pgn) == pickle.loads(pickle.dumps(pgn)) == pgn  # noqa: S301  our own bytes
    with pytest.raises(AttributeError):
        pgn.naam = "x"  # type: ignore[attr-defined]  # the point


@pytest.mark.parametrize(
    ("text", "is_test"),
    [
        ("999990019", True),
        ("999900006", True),  # the first BSN of the range
        ("999999990", True),  # and the last
        ("999899995", False),  # and the last before it
        ("109990013", True),
        ("109990001", True),  # the first onderwijsnummer of the range
        ("109999995", True),  # and the last
        ("109989990", False),  # and the last before it
        ("123456782", False),
        ("101222331", False),
        ("100000010", False),  # a BSN may begin with 10 too
        ("109990006", False),  # and lie where the test onderwijsnummers are
        ("099990003", False),
    ],
)
def test_the_test_ranges_are_known(text: str, is_test: bool) -> None:
    assert Pgn(text).is_test is is_test


def test_an_onderwijsnummer_is_no_bsn() -> None:
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    for pgn, remainder in ((bsn(3), 0), (onderwijsnummer(3), 5)):
        total = sum(w * int(d) for w, d in zip(weights, pgn.reveal(), strict=True))
        assert total % 11 == remainder


@pytest.mark.parametrize(
    ("pgn", "text", "spelled"),
    [
        ("999990019", "999990019", True),
        ("999990019", "x999-990.019y", True),
        ("999990019", "19999900192", True),
        ("999990019", "999%20990%20019", True),
        ("999990019", "99999001", False),
        ("999990019", "999990020", False),
        ("999990019", "", False),
        ("012345672", "012345672", True),
        ("012345672", "12345672", True),
        ("012345672", "12.345.672", True),
        ("012345672", "2345672", False),
    ],
)
def test_a_number_is_spelled_in_a_text_whatever_stands_between_its_digits(
    pgn: str, text: str, *, spelled: bool
) -> None:
    assert Pgn(pgn).is_spelled_in(text) is spelled


def test_the_sender_pads_a_number_of_eight_digits_and_nobody_else_does() -> None:
    assert Pgn("012345672").reveal() == "012345672"
    with pytest.raises(ValueError, match="negen cijfers"):
        Pgn("12345672")


@pytest.mark.parametrize("prefix", range(100))
def test_the_prefixes_of_an_oin_are_those_of_the_register(prefix: int) -> None:
    """OIN-Stelsel, chapter 6: 1 to 4 and 6 to 11 are assigned, 99 is for tests; 5 is free."""
    for main in ("123456789000", "123456780000"):
        text = f"{prefix:08d}{main}"
        if prefix in {1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 99}:
            assert Oin(text).is_test is (prefix == 99)
        else:
            with pytest.raises(ValueError, match="voorvoegsel"):
                Oin(text)


@pytest.mark.parametrize("block", range(100))
@pytest.mark.parametrize("kind", ["PO", "VO"])
def test_a_swv_lies_in_a_province(kind: str, block: int) -> None:
    text = f"{kind}{block:02d}03"
    if 20 <= block <= 31:
        assert SwvNummer(text).reveal() == text
    else:
        with pytest.raises(ValueError, match="SWV"):
            SwvNummer(text)


def test_a_test_party_has_the_prefix_of_one() -> None:
    assert Oin("00000099000003610000").is_test
    assert not Oin("00000001123456789000").is_test
    assert Vestigingscode("99AA00").brin == "99AA"


# --- periods ---


@pytest.mark.parametrize(
    ("day", "start"),
    [
        (date(2026, 7, 31), 2025),
        (date(2026, 8, 1), 2026),
        (date(2027, 7, 31), 2026),
        (date(2026, 12, 31), 2026),
        (date(2027, 1, 1), 2026),
    ],
)
def test_a_school_year_begins_on_1_august(day: date, start: int) -> None:
    year = Schooljaar.of(day)
    assert year == Schooljaar(start)
    assert day in year
    assert year.first_day <= day <= year.last_day
    assert (year.first_day.month, year.first_day.day) == (8, 1)
    assert (year.last_day.month, year.last_day.day) == (7, 31)
    assert Schooljaar.parse(str(year)) == year


@pytest.mark.parametrize(
    "text",
    [
        "2026", "2026-2028", "2026-2026", "2026/2027", "26-27", "0000-0001", "1999-2000", "",
        "2026-2027\n", " 2026-2027", "2026-2027 ", "2027-2026",
        digits("2026-2027", ARABIC_INDIC), digits("2026-2027", FULL_WIDTH), "2026\u20132027",
        "3000-3001",
    ],
)  # fmt: skip
def test_what_is_no_school_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="schooljaar"):
        Schooljaar.parse(text)


@pytest.mark.parametrize(
    ("day", "text", "last"),
    [
        (date(2026, 9, 1), "2026-09", date(2026, 9, 30)),
        (date(2028, 2, 29), "2028-02", date(2028, 2, 29)),
        (date(2026, 12, 31), "2026-12", date(2026, 12, 31)),
    ],
)
def test_a_periode_is_a_month(day: date, text: str, last: date) -> None:
    periode = Periode.of(day)
    assert (str(periode), periode.last_day) == (text, last)
    assert Periode.parse(text) == periode


@pytest.mark.parametrize(
    "text",
    [
        "2026-9", "2026-13", "2026-00", "26-09", "2026-09-01", "1999-12", "2026-09\n", "",
        " 2026-09", "2026-09 ", "2026/09", "2026-1", "3000-01",
        "2026-" + digits("09", ARABIC_INDIC), digits("2026-09", FULL_WIDTH),
    ],
)  # fmt: skip
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="maand"):
        Periode.parse(text)


@pytest.mark.parametrize("text", ["2000-2001", "2026-2027", "2999-3000"])
def test_a_school_year_is_read_as_it_is_written(text: str) -> None:
    assert str(Schooljaar.parse(text)) == text


@pytest.mark.parametrize("text", ["2000-01", "2026-12", "2999-12"])
def test_a_month_is_read_as_it_is_written(text: str) -> None:
    assert str(Periode.parse(text)) == text


@pytest.mark.parametrize(
    ("months", "text"),
    [(0, "2026-11"), (1, "2026-12"), (2, "2027-01"), (14, "2028-01"), (-11, "2025-12")],
)
def test_months_are_counted_across_the_year(months: int, text: str) -> None:
    later = Periode(2026, 11).plus(months)
    assert (str(later), str(later.first_day)) == (text, f"{text}-01")


def test_periods_sort_in_time() -> None:
    assert sorted([Periode(2027, 1), Periode(2026, 12), Periode(2026, 2)]) == [
        Periode(2026, 2),
        Periode(2026, 12),
        Periode(2027, 1),
    ]
    assert Schooljaar(2025) < Schooljaar(2026)
