"""Identifiers are checked when made, compared as wholes, and hidden when printed."""

from __future__ import annotations

import copy
import pickle
from datetime import date

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
    Schooljaar,
    SwvNummer,
    Vestigingscode,
)
from tests.persons import bsn, onderwijsnummer

GOOD: dict[type[Identifier], tuple[str, ...]] = {
    Pgn: ("999990019", "999970008", "109990013", "123456782"),
    Vestigingscode: ("99AA00", "00ZZ99"),
    Oin: ("00000099000003610000", "00000001123456789000", "00000004ABCD1234E000"),
    Gemeentecode: ("0361", "0014", "9999"),
    SwvNummer: ("PO2703", "VO2810", "PO3104"),
    LocalCode: ("AB", "OPLOPEND", "P_1", "A" * 40),
    LocalReason: ("ZIEK",),
}
BAD: dict[type[Identifier], tuple[object, ...]] = {
    Pgn: (
        "999990018", "99999001", "9999900190", "000000000", "209990012", " 999990019",
        "999990019\n", "٩٩٩٩٩٠٠١٩", "99999001a", "", 999990019, None, b"999990019", True,
    ),
    Vestigingscode: ("99aa00", "99AA0", "99AA000", "AA9900", "99AA00\n", "", 1),
    Oin: (
        "0000009900000361000", "000000990000036100000", "10000099000003610000",
        "00000005123456789000", "00000099000003610001", "00000099abcdefgh0000", "",
    ),
    Gemeentecode: ("361", "00361", "036A", "0361\n", "", 361),
    SwvNummer: ("PO1903", "PO3203", "XX2703", "po2703", "PO27031", ""),
    LocalCode: ("A", "a1", "1A", "A-B", "A B", "A" * 41, "É1", "_A", ""),
    LocalReason: ("ziek", ""),
}  # fmt: skip
KINDS = [(kind, text) for kind, texts in GOOD.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), KINDS)
def test_a_good_one_is_taken_as_it_is(kind: type[Identifier], text: str) -> None:
    assert kind(text).reveal() == text
    assert TypeAdapter(kind).validate_json(f'"{text}"') == kind(text)


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in BAD.items() for text in texts]
)
def test_a_bad_one_is_refused_and_not_repeated(kind: type[Identifier], text: object) -> None:
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
    assert Pgn("999990019") != "999990019"
    assert len({LocalCode("ZIEK"), LocalReason("ZIEK"), LocalCode("ZIEK")}) == 2


def test_an_identifier_survives_a_copy_and_has_no_room_for_more() -> None:
    pgn = Pgn("999990019")
    assert copy.deepcopy(pgn) == pickle.loads(pickle.dumps(pgn)) == pgn  # noqa: S301  our own bytes
    with pytest.raises(AttributeError):
        pgn.naam = "x"  # type: ignore[attr-defined]  # the point


@pytest.mark.parametrize(
    ("text", "is_test"),
    [("999990019", True), ("109990013", True), ("123456782", False), ("100000010", False)],
)
def test_the_test_ranges_are_known(text: str, is_test: bool) -> None:
    assert Pgn(text).is_test is is_test


def test_an_onderwijsnummer_is_no_bsn() -> None:
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    for pgn, remainder in ((bsn(3), 0), (onderwijsnummer(3), 5)):
        total = sum(w * int(d) for w, d in zip(weights, pgn.reveal(), strict=True))
        assert total % 11 == remainder


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
    "text", ["2026", "2026-2028", "2026-2026", "2026/2027", "26-27", "0000-0001", "1999-2000", ""]
)
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
    "text", ["2026-9", "2026-13", "2026-00", "26-09", "2026-09-01", "1999-12", "2026-09\n", ""]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="maand"):
        Periode.parse(text)


def test_periods_sort_in_time() -> None:
    assert sorted([Periode(2027, 1), Periode(2026, 12), Periode(2026, 2)]) == [
        Periode(2026, 2),
        Periode(2026, 12),
        Periode(2027, 1),
    ]
    assert Schooljaar(2025) < Schooljaar(2026)
