"""What survives a crash: plans, keys and outcomes; and what never stands there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.school_systems.durable_lines import DurableLines
from adapters.school_systems.entry import Refusal
from adapters.school_systems.progress import Delivery, Outcome, Progress, new_key
from exchange.errors import Refused, Unavailable

DELIVERY = Delivery("signalen", 100, 1, "https://poort.example", "00000099000000010000")
OUTCOME = Outcome(1, 1, (Refusal(3, "/pgn", "pgn-ongeldig", "Verbeter het PGN."),), "een-id")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ontvangst" / "stand.ndjson"


def test_a_key_is_on_disk_before_it_is_used(path: Path) -> None:
    progress = Progress(path, DELIVERY)
    plan = progress.plan(1, 2, 5)
    assert plan.sleutel in path.read_text()  # not closed yet: as a crash would leave it


def test_a_later_run_finds_the_plans_and_the_outcomes(path: Path) -> None:
    first = Progress(path, DELIVERY)
    plans = [first.plan(1, 2, 5), first.plan(2, 6, 9)]
    first.finish(plans[0], OUTCOME)
    first.close()
    later = Progress(path, DELIVERY)
    assert list(later.plans) == plans
    assert (later.outcome(1), later.outcome(2)) == (OUTCOME, None)
    assert later.plan(2, 6, 9) == plans[1]
    assert later.plan(3, 10, 11).sleutel not in {plan.sleutel for plan in plans}


def test_a_line_that_a_crash_left_half_written_is_cut_off(path: Path) -> None:
    first = Progress(path, DELIVERY)
    plan = first.plan(1, 2, 5)
    first.close()
    with path.open("ab") as file:
        file.write(b'{"portie":1,"uitk')
    later = Progress(path, DELIVERY)
    assert (later.outcome(1), list(later.plans)) == (None, [plan])
    later.finish(plan, OUTCOME)
    later.close()
    assert Progress(path, DELIVERY).outcome(1) == OUTCOME


@pytest.mark.parametrize(
    "other",
    [
        {"grootte": 101},
        {"gewijzigd": 2},
        {"soort": "verzuimmeldingen"},
        {"poort": "https://andere.example"},
        {"oin": "00000099000000020000"},
    ],
)
def test_another_delivery_is_refused_in_the_same_folder(
    path: Path, other: dict[str, str | int]
) -> None:
    Progress(path, DELIVERY).close()
    with pytest.raises(Refused) as caught:
        Progress(path, replace(DELIVERY, **other))  # type: ignore[arg-type]  # one of each type
    assert "--out" in caught.value.facts["herstel"]
    Progress(path, DELIVERY).close()


@pytest.mark.parametrize("line", [b"geen json\n", b"[]\n", b'{"portie":1}\n'])
def test_a_state_that_makes_no_sense_stops(path: Path, line: bytes) -> None:
    Progress(path, DELIVERY).close()
    with path.open("ab") as file:
        file.write(line)
    with pytest.raises(Unavailable):
        Progress(path, DELIVERY)


def test_a_key_has_no_digit_and_so_spells_no_pupil() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(re.fullmatch("[a-p]{32}", key) for key in keys)


def test_the_files_are_their_owners_alone(path: Path) -> None:
    Progress(path, DELIVERY).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_senders_cannot_work_at_the_same_delivery(path: Path) -> None:
    with DurableLines(path), pytest.raises(Unavailable) as caught:
        DurableLines(path)
    assert "wacht" in caught.value.facts["herstel"]
    DurableLines(path).close()
