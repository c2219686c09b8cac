"""Plicht stated from a birth date, which stays at the school."""

from __future__ import annotations

import json

import pytest

from adapters.school_systems.csv_file import CsvFile
from adapters.school_systems.entry import Entry
from adapters.school_systems.kinds import Kind
from exchange.bootstrap.law import open_law
from tests.persons import bsn
from tests.unit.adapters.school_systems.conftest import Write

LAW = open_law()
HEADER = "pgn;plicht;venster.tot;geboortedatum;startkwalificatie;volleSchooljaren;vrijgesteld"


def signaal(
    write: Write,
    born: str,
    *,
    plicht: str = "",
    day: str = "2026-11-13",
    diploma: str = "",
    years: str = "",
    exempt: str = "",
) -> Entry:
    row = ";".join([bsn(2).reveal(), plicht, day, born, diploma, years, exempt])
    (entry,) = CsvFile(write(f"{HEADER}\n{row}\n"), Kind.SIGNALEN, LAW).entries()
    return entry


def stated(entry: Entry) -> str:
    assert entry.refusals == ()
    return str(json.loads(entry.body).get("plicht"))


def why(entry: Entry) -> tuple[str, str]:
    assert entry.body == b""
    (refusal,) = entry.refusals
    return refusal.pointer, refusal.code


def test_the_duty_is_that_of_the_event_day(write: Write) -> None:
    assert stated(signaal(write, "2012-03-04")) == "leerplichtig"
    assert stated(signaal(write, "2009-03-04")) == "kwalificatieplichtig"


def test_the_birth_date_and_what_goes_with_it_never_travel(write: Write) -> None:
    entry = signaal(write, "2012-03-04", diploma="nee", years="3", exempt="nee")
    assert set(json.loads(entry.body)) == {"pgn", "plicht", "venster"}
    assert b"2012" not in entry.body


def test_a_melding_is_judged_on_its_first_day(write: Write) -> None:
    born_18_years_before = "2008-11-10"
    rows = [
        f"{bsn(2).reveal()};{day};{born_18_years_before}" for day in ("2026-11-09", "2026-11-10")
    ]
    path = write("\n".join(["pgn;begindatum;geboortedatum", *rows]) + "\n")
    last_day, birthday = CsvFile(path, Kind.VERZUIMMELDINGEN, LAW).entries()
    assert stated(last_day) == "kwalificatieplichtig"
    assert why(birthday) == ("/plicht", "buiten-leerplicht")


@pytest.mark.parametrize("born", ["2022-05-01", "2005-03-04"])
def test_a_pupil_without_plicht_stays_behind(write: Write, born: str) -> None:
    assert why(signaal(write, born)) == ("/plicht", "buiten-leerplicht")


@pytest.mark.parametrize("given", [{"diploma": "ja"}, {"exempt": "ja"}])
def test_a_diploma_or_an_exemption_ends_kwalificatieplicht(
    write: Write, given: dict[str, str]
) -> None:
    assert why(signaal(write, "2009-03-04", **given)) == ("/plicht", "buiten-leerplicht")


def test_twelve_years_of_school_end_leerplicht(write: Write) -> None:
    assert stated(signaal(write, "2011-03-04", years="12")) == "kwalificatieplichtig"


def test_what_the_school_states_itself_counts(write: Write) -> None:
    assert stated(signaal(write, "2005-03-04", plicht="leerplichtig")) == "leerplichtig"


def test_without_birth_date_the_gateway_says_what_is_missing(write: Write) -> None:
    assert stated(signaal(write, "")) == "None"


@pytest.mark.parametrize(
    "born", ["04-03-2012", "20120304", "2012-02-30", "9999-12-31x", "9998-01-01"]
)
def test_a_date_that_is_none_stays_behind(write: Write, born: str) -> None:
    pointer, code = why(signaal(write, born))
    assert (pointer, code) in {
        ("/geboortedatum", "datum-ongeldig"),
        ("/plicht", "buiten-leerplicht"),
    }


def test_an_event_day_that_is_none_is_pointed_at(write: Write) -> None:
    assert why(signaal(write, "2012-03-04", day="gisteren")) == ("/venster/tot", "datum-ongeldig")


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"diploma": "misschien"}, "/startkwalificatie"),
        ({"years": "veel"}, "/volleSchooljaren"),
        ({"years": "-1"}, "/volleSchooljaren"),
    ],
)
def test_a_local_cell_that_makes_no_sense_stays_behind(
    write: Write, given: dict[str, str], pointer: str
) -> None:
    assert why(signaal(write, "2009-03-04", **given)) == (pointer, "waarde-ongeldig")
