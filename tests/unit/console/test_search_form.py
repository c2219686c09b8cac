"""The search form: what is understood, and what is said where it is not."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from exchange.console.views.search_form import Asked, Books, read_search
from exchange.messages.identifiers import Oin
from exchange.policy.parties import Party

ALKMAAR, HEILOO = Oin("00000099100000001000"), Oin("00000099100000002000")
BOOKS = Books(
    parties={
        ALKMAAR: Party(ALKMAAR, "Gemeente Alkmaar", ()),
        HEILOO: Party(HEILOO, "Gemeente Heiloo", ()),
    },
    actions=("bericht-opgehaald", "bericht-aangenomen"),
    activities=("signaal-leerplicht/1",),
    outcomes=("ok", "geweigerd"),
    today=date(2026, 11, 18),
)
BERICHT = "01a202df-da6b-7613-9465-f951cf84c810"


def read(**form: str) -> Asked:
    return read_search(form, BOOKS)


def errors(asked: Asked) -> dict[str, str]:
    return {field.name: field.error for field in asked.fields if field.error}


def test_an_empty_form_asks_everything() -> None:
    asked = read(van="", actor="  ")
    assert asked.answers == {}
    assert not asked.is_wrong


def test_understands_every_field() -> None:
    asked = read(
        van="2026-11-01",
        tot="2026-11-18",
        actor="gemeente alkmaar",
        ontvanger=str(HEILOO),
        actie="bericht-opgehaald",
        activiteit="signaal-leerplicht/1",
        berichtId=BERICHT.upper(),
        uitkomst="ok",
    )
    assert dict(asked.answers) == {
        "van": date(2026, 11, 1),
        "tot": date(2026, 11, 18),
        "actor": ALKMAAR,
        "ontvanger": HEILOO,
        "actie": "bericht-opgehaald",
        "activiteit": "signaal-leerplicht/1",
        "berichtId": UUID(BERICHT),
        "uitkomst": "ok",
    }
    assert asked.query["actor"] == str(ALKMAAR)
    assert asked.query["berichtId"] == BERICHT


def test_finds_a_party_by_part_of_its_name_if_it_is_the_only_one() -> None:
    assert read(actor="heil").answers["actor"] == HEILOO
    assert "2 organisaties" in errors(read(actor="gemeente"))["actor"]
    assert "Geen aangesloten organisatie" in errors(read(actor="Rotterdam"))["actor"]


def test_takes_the_oin_of_a_party_that_left() -> None:
    gone = "00000099100000009000"
    assert read(actor=gone).answers["actor"] == Oin(gone)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("van", "18-11-2026"),
        ("van", "2026-02-30"),
        ("van", "20261118"),
        ("tot", "2026-11-19"),
        ("actor", "999990019"),
        ("ontvanger", "x" * 101),
        ("actie", "bericht-verzonnen"),
        ("activiteit", "signaal-leerplicht/9"),
        ("berichtId", "999990019"),
        ("berichtId", BERICHT.replace("-", "")),
        ("uitkomst", "<b>"),
    ],
)
def test_says_at_the_field_what_is_wrong_and_never_repeats_it(field: str, text: str) -> None:
    asked = read(**{field: text})
    (shown,) = [one for one in asked.fields if one.name == field]
    assert shown.error
    assert shown.value == ""
    assert text not in shown.error
    assert field not in asked.query
    assert shown.described_by.endswith(f"{field}-fout")


def test_tells_all_errors_at_once() -> None:
    assert set(errors(read(van="gisteren", berichtId="1", uitkomst="?"))) == {
        "van",
        "berichtId",
        "uitkomst",
    }


def test_a_period_ends_after_it_begins() -> None:
    assert set(errors(read(van="2026-11-18", tot="2026-11-17"))) == {"tot"}
    assert errors(read(van="2026-11-18", tot="2026-11-18")) == {}
