"""``exchange policy diff`` as somebody types it who reads a draft of tomorrow's rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from exchange.bootstrap.law import SCHEMAS
from exchange.cli.policy import app
from tests.pure import signaal

LONG_PAST = {
    "venster": {"van": "2025-09-08", "tot": "2025-09-26"},
    "oudersGeinformeerdOp": "2025-09-26",
}
PGN, EMAIL = "999970008", "verzuim@school.example"
MESSAGE = signaal(PGN, ongeoorloofdeMinuten=800, **LONG_PAST)
UNDER_16_LESSONS = 'waarde = 16, bron = "LPW art. 21a lid 1" }'
TWELVE = f'{UNDER_16_LESSONS}, {{ geldig_vanaf = 2027-08-01, waarde = 12, bron = "AMvB" }}'
WITHHELD = 'contact = { soort = "ingehouden", hoe = "proef" }'


@pytest.fixture
def message(tmp_path: Path) -> Path:
    file = tmp_path / "bericht.json"
    file.write_text(json.dumps(MESSAGE), "utf-8")
    return file


@pytest.fixture
def parameters(tmp_path: Path) -> Path:
    """A draft in which 12 units are the threshold from 1 August 2027."""
    text = (SCHEMAS / "parameters.toml").read_text("utf-8")
    assert UNDER_16_LESSONS in text
    file = tmp_path / "parameters.toml"
    file.write_text(text.replace(UNDER_16_LESSONS, TWELVE, 1), "utf-8")
    return file


@pytest.fixture
def necessity(tmp_path: Path) -> Path:
    """A draft table of 1 August 2027 in which leerplicht no longer gets ``contact``."""
    text = (SCHEMAS / "necessity" / "2025-08-01.toml").read_text("utf-8")
    text = text.replace("geldig_vanaf = 2025-08-01", "geldig_vanaf = 2027-08-01", 1)
    file = tmp_path / "2027-08-01.toml"
    file.write_text(text.replace('contact = { soort = "doorgegeven" }', WITHHELD, 1), "utf-8")
    return file


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, ["diff", *map(str, words), "--op", "2026-01-01"])


def told(*words: object) -> dict[str, Any]:
    done = typed(*words, "--json")
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_lower_threshold_turns_a_signaal_into_a_mandatory_melding(
    message: Path, parameters: Path
) -> None:
    found = told(message, "--parameters", parameters)
    assert (found["op"], found["tegen"]) == ("2026-01-01", "2027-08-01")
    assert found["parameters"] == [
        {"naam": "drempel_eenheden", "op": 16, "tegen": 12, "bron": "AMvB"}
    ]
    assert found["bericht"]["soort"] == "signaal"
    assert found["bericht"]["op"]["aangenomen"]
    assert found["bericht"]["tegen"]["fouten"] == [
        {"pointer": "/ongeoorloofdeMinuten", "code": "verplichte-melding"}
    ]
    assert found["bericht"]["verschil"] == [
        {
            "rol": "-",
            "wat": "/ongeoorloofdeMinuten verplichte-melding",
            "op": "aangenomen",
            "tegen": "geweigerd",
        }
    ]


def test_the_draft_changes_nothing_before_its_date(message: Path, parameters: Path) -> None:
    found = told(message, "--parameters", parameters, "--tegen", "2027-07-31")
    assert found["parameters"] == found["bericht"]["verschil"] == []


def test_a_member_that_is_newly_withheld_is_named_for_its_role(
    message: Path, necessity: Path
) -> None:
    found = told(message, "--necessity", necessity)
    assert found["besluiten"] == [
        {
            "bericht": "signaal",
            "rol": "leerplicht",
            "wat": "contact",
            "op": "doorgegeven",
            "tegen": "ingehouden: proef",
        }
    ]
    assert found["bericht"]["verschil"] == [
        {"rol": "leerplicht", "wat": "contact", "op": "doorgegeven", "tegen": "ingehouden"}
    ]
    (stream,) = (s for s in found["bericht"]["tegen"]["stromen"] if s["rol"] == "leerplicht")
    assert "contact" in stream["ingehouden"]


def test_without_a_message_it_says_what_differs_between_two_days() -> None:
    assert "geen verschil" in typed("--tegen", "2026-06-01").stdout
    found = told("--tegen", "2025-07-31")
    assert {row["tegen"] for row in found["besluiten"]} == {"-"}
    assert "bericht" not in found


def test_the_sector_the_lesuur_and_the_holidays_are_those_that_were_given(message: Path) -> None:
    words = (message, "--tegen", "2026-01-02")
    lessons = ("--lesuur", "50")
    assert not told(*words, *lessons)["bericht"]["op"]["aangenomen"]
    assert told(*words, *lessons, "--sector", "po")["bericht"]["op"]["aangenomen"]
    window = {"van": "2025-09-08", "tot": "2025-10-10"}
    message.write_text(json.dumps({**MESSAGE, "venster": window}), "utf-8")
    assert told(*words)["bericht"]["op"]["fouten"][0]["code"] == "venster-ongeldig"
    free = ("--vrij", "2025-09-13:2025-09-21")
    assert told(*words, *free)["bericht"]["op"]["aangenomen"]


def test_production_accepts_only_what_is_law(message: Path) -> None:
    found = told(message, "--tegen", "2026-01-02", "--productie")
    assert found["bericht"]["op"]["fouten"] == [{"pointer": "", "code": "geen-grondslag"}]


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_no_value_of_the_message_is_ever_printed(
    message: Path, parameters: Path, necessity: Path, as_json: tuple[str, ...]
) -> None:
    done = typed(message, "--parameters", parameters, "--necessity", necessity, *as_json)
    assert done.exit_code == 0
    assert "verplichte-melding" in done.stdout
    for value in (PGN, EMAIL, "OPLOPEND", "2025-09-08", "800", "0361", "99BB00"):
        assert value not in done.output


def test_a_message_that_cannot_be_read_is_told_by_pointer_and_code(message: Path) -> None:
    message.write_text(json.dumps({**MESSAGE, "pgn": "123456789"}), "utf-8")
    done = typed(message, "--soort", "signaal", "--tegen", "2026-01-02")
    assert done.exit_code == 1
    assert "/pgn pgn-ongeldig" in done.output
    assert "123456789" not in done.output


def test_it_asks_for_what_it_cannot_tell(message: Path) -> None:
    assert typed(message).exit_code == 2
    message.write_text('{"leerlingen": 3, "onbekend": 1}', "utf-8")
    done = typed(message, "--tegen", "2026-01-02")
    assert done.exit_code == 2
    assert "--soort" in done.output
    assert typed("--tegen", "2026-01-02", "--vrij", "2025-09-21").exit_code == 2
