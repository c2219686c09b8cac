"""From rows to messages: names, shapes, line numbers, and what stops a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.school_systems.columns import COLUMNS
from adapters.school_systems.csv_file import CsvFile
from adapters.school_systems.entry import Entry
from adapters.school_systems.kinds import Kind
from exchange.bootstrap.law import open_law
from exchange.errors import Invalid
from exchange.messages.contracts import CONTRACTS
from tests.persons import bsn
from tests.unit.adapters.school_systems.conftest import Write

LAW = open_law()
PGN = bsn(1).reveal()
HEADER = "vestigingscode;registratieId;pgn;datum;minuten;reden;ingetrokken"
ROW = f"99BB00;V-1;{PGN};2026-11-16;60;ZIEK;"
ROWS: dict[Kind, dict[str, str]] = {
    Kind.VERZUIMREGISTRATIES: {
        "vestigingscode": "99BB00", "registratieId": "V-1", "pgn": PGN, "datum": "2026-11-16",
        "minuten": "60", "reden": "ZIEK", "categorie": "geoorloofd", "ingetrokken": "WAAR",
    },
    Kind.SIGNALEN: {
        "vestigingscode": "99BB00", "pgn": PGN, "plicht": "leerplichtig", "woongemeente": "0361",
        "venster.van": "2026-11-02", "venster.tot": "2026-11-13", "ongeoorloofdeMinuten": "240",
        "criterium": "OPLOPEND", "oudersGeinformeerdOp": "2026-11-13",
        "actiesSchool": "GESPREK_LEERLING|MENTOR", "contact.rol": "mentor",
        "contact.email": "mentor@school.example", "categorie": "ongeoorloofd",
        "vervangt": "01890a5d-ac96-774b-bcce-b302099a8057",
    },
    Kind.VERZUIMMELDINGEN: {
        "vestigingscode": "99BB00", "pgn": PGN, "plicht": "leerplichtig", "woongemeente": "0361",
        "verzuimsoort": "16-uur", "begindatum": "2026-09-07", "einddatum": "2026-09-08",
        "dagen": "2026-09-07:240|2026-09-08:300", "alleLessenGemist": "ja",
        "actieGemeenteGewenst": "nee", "oudersGeinformeerdOp": "2026-09-09", "actiesSchool": "",
        "contact.rol": "mentor", "contact.email": "mentor@school.example",
        "vervangt": "01890a5d-ac96-774b-bcce-b302099a8057",
    },
}  # fmt: skip


def csv_of(row: dict[str, str], separator: str = ";") -> str:
    return "\n".join(separator.join(part) for part in (row.keys(), row.values())) + "\n"


def read(path: Path, kind: Kind = Kind.VERZUIMREGISTRATIES, *ignored: str) -> list[Entry]:
    file = CsvFile(path, kind, LAW, frozenset(ignored))
    entries = list(file.entries())
    assert file.count() == len(entries)
    return entries


def only(path: Path, kind: Kind = Kind.VERZUIMREGISTRATIES, *ignored: str) -> dict[str, Any]:
    (entry,) = read(path, kind, *ignored)
    document: dict[str, Any] = json.loads(entry.body)
    return document


def stopped(path: Path, kind: Kind = Kind.VERZUIMREGISTRATIES) -> str:
    with pytest.raises(Invalid) as caught:
        CsvFile(path, kind, LAW).count()
    return "".join(violation.detail for violation in caught.value.violations)


@pytest.mark.parametrize("kind", Kind)
def test_every_member_of_a_message_has_its_column_and_no_other_column_is_known(kind: Kind) -> None:
    tops = {name.partition(".")[0] for name in COLUMNS[kind]}
    assert tops == set(CONTRACTS[kind.soort].members)
    assert set(ROWS[kind]) == set(COLUMNS[kind])


@pytest.mark.parametrize("kind", Kind)
def test_a_full_row_becomes_the_message_that_the_contract_takes(write: Write, kind: Kind) -> None:
    (entry,) = read(write(csv_of(ROWS[kind])), kind)
    CONTRACTS[kind.soort].adapter.validate_json(entry.body, by_alias=True, by_name=False)
    assert set(json.loads(entry.body)) == set(CONTRACTS[kind.soort].members)


def test_nested_listed_and_daily_cells_get_their_shape(write: Write) -> None:
    signaal = only(write(csv_of(ROWS[Kind.SIGNALEN])), Kind.SIGNALEN)
    assert signaal["venster"] == {"van": "2026-11-02", "tot": "2026-11-13"}
    assert signaal["actiesSchool"] == ["GESPREK_LEERLING", "MENTOR"]
    melding = only(write(csv_of(ROWS[Kind.VERZUIMMELDINGEN])), Kind.VERZUIMMELDINGEN)
    assert melding["dagen"] == [
        {"datum": "2026-09-07", "minuten": 240},
        {"datum": "2026-09-08", "minuten": 300},
    ]
    assert (melding["alleLessenGemist"], melding["actieGemeenteGewenst"]) == (True, False)
    assert melding["actiesSchool"] == []


@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_forms_in_which_spreadsheets_write_are_the_same(
    write: Write, separator: str, mark: bytes, end: bytes
) -> None:
    text = csv_of(ROWS[Kind.VERZUIMREGISTRATIES], separator).encode().replace(b"\n", end)
    document = only(write(mark + text))
    assert (document["vestigingscode"], document["minuten"]) == ("99BB00", 60)


def test_an_empty_cell_is_an_absent_member(write: Write) -> None:
    assert "ingetrokken" not in only(write(f"{HEADER}\n{ROW}\n"))


def test_a_cell_of_another_shape_travels_as_text_so_that_the_gateway_points_at_it(
    write: Write,
) -> None:
    document = only(write(f"{HEADER}\n{ROW.replace(';60;', ';een uur;')}misschien\n"))
    assert (document["minuten"], document["ingetrokken"]) == ("een uur", "misschien")


def test_leading_zeros_of_codes_stay(write: Write) -> None:
    assert only(write(csv_of(ROWS[Kind.SIGNALEN])), Kind.SIGNALEN)["woongemeente"] == "0361"


def test_lines_are_those_of_the_file_blank_and_quoted_ones_included(write: Write) -> None:
    quoted = ROW.replace("V-1", '"V\n1"')
    entries = read(write(f"{HEADER}\n{ROW}\n\n;;;;;;\n{quoted}\n{ROW}\n"))
    assert [entry.line for entry in entries] == [2, 5, 7]


def test_a_row_with_too_few_cells_stays_behind(write: Write) -> None:
    (short, good) = read(write(f"{HEADER}\n99BB00;V-1\n{ROW}\n"))
    assert [(r.line, r.code) for r in short.refusals] == [(2, "waarde-ongeldig")]
    assert (short.body, good.refusals) == (b"", ())


def test_an_unknown_column_stops_everything_and_is_named(write: Write) -> None:
    told = stopped(write(f"{HEADER};achternaam\n{ROW};Jansen\n"))
    assert "kolom 8 (achternaam)" in told
    assert "Jansen" not in told


def test_a_column_that_is_named_stays_behind(write: Write) -> None:
    path = write(f"{HEADER};achternaam\n{ROW};Jansen\n")
    (entry,) = read(path, Kind.VERZUIMREGISTRATIES, "achternaam")
    assert b"Jansen" not in entry.body
    assert b"achternaam" not in entry.body


def test_a_file_without_header_stops_without_a_word_of_its_values(write: Write) -> None:
    told = stopped(write(f"{ROW}\n{ROW}\n"))
    assert "kolom 3" in told
    assert PGN not in told
    assert "V-1" not in told


def test_a_birth_date_is_no_column_of_registrations(write: Write) -> None:
    assert "geboortedatum" in stopped(write(f"{HEADER};geboortedatum\n{ROW};2010-01-01\n"))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "leeg"),
        (HEADER.encode(), "geen enkele regel"),
        (f"{HEADER};pgn\n{ROW};x\n".encode(), "meer dan eens"),
        (f"{HEADER}\n{ROW}\n\"{ROW}\n".encode(), "regel 3: onleesbaar"),
        (f"{HEADER}\n{ROW}\n{ROW}".encode() + b"\xe9\n", "regel 3: dit is geen UTF-8"),
        (f"{HEADER};\n{ROW};\n".encode(), "kolom 8"),
    ],
)  # fmt: skip
def test_a_damaged_file_stops_everything(write: Write, content: bytes, word: str) -> None:
    assert word in stopped(write(content))
