"""The journal holds each message once, whole, and on disk, for its owner alone."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from adapters.leerplicht.journal import Journal
from exchange.errors import Unavailable

ONE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
TWO = UUID("01890a5d-ac96-774b-bcce-b302099a8058")
AT = datetime(2026, 11, 20, 8, 30, 0, 123456, tzinfo=UTC)
REPOSITORY = Path(__file__).parents[4]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "map" / "journaal.ndjson"


def write(path: Path, *ids: UUID) -> None:
    journal = Journal(path)
    for one in ids:
        journal.append(one, "signaal", AT, {"a": "é\u2028\ud800"})
    journal.close()


def ids(path: Path) -> list[str]:
    return [json.loads(line)["berichtId"] for line in path.read_bytes().splitlines()]


def test_a_line_is_what_the_contract_says(path: Path) -> None:
    write(path, ONE)
    text = path.read_text(encoding="ascii")
    assert text.endswith("}\n")
    assert json.loads(text) == {
        "berichtId": str(ONE),
        "soort": "signaal",
        "ontvangenOp": "2026-11-20T08:30:00.123Z",
        "inhoud": {"a": "é\u2028\ud800"},
    }
    assert len(text.splitlines()) == 1


def test_it_is_for_its_owner_alone(path: Path) -> None:
    write(path, ONE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_it_knows_after_a_restart_what_it_has(path: Path) -> None:
    write(path, ONE)
    journal = Journal(path)
    assert ONE in journal
    assert TWO not in journal
    journal.close()


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_half_written_last_line_is_cut_off(path: Path, cut: int) -> None:
    write(path, ONE)
    whole = path.read_bytes()
    write(path, TWO)
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(path)
    assert journal.removed_bytes == len(whole) - cut
    assert path.read_bytes() == whole
    assert TWO not in journal
    journal.append(TWO, "signaal", AT, {})
    journal.close()
    assert ids(path) == [str(ONE), str(TWO)]


def test_blocks_that_never_reached_the_disk_are_cut_off(path: Path) -> None:
    write(path, ONE)
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(4096))
    Journal(path).close()
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "bad", [b"\n", b"onzin\n", b"[]\n", b"{}\n", b'{"berichtId": 1}\n', b"\xff\n"]
)
def test_a_whole_line_without_sense_stays_and_is_counted(path: Path, bad: bytes) -> None:
    write(path, ONE)
    with path.open("ab") as file:
        file.write(bad)
    write(path, TWO)
    journal = Journal(path)
    assert journal.unreadable_lines == 1
    assert ONE in journal
    assert TWO in journal
    assert bad in path.read_bytes()
    journal.close()


def test_a_line_is_on_disk_before_append_returns(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)
    synced: list[int] = []

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fsync", fsync)
    journal.append(ONE, "signaal", AT, {})
    assert synced == [path.stat().st_size]
    journal.close()


def test_a_line_found_at_the_start_is_on_disk_before_it_counts(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, ONE)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    Journal(path).close()
    assert path.stat().st_ino in synced


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_disk_that_fails_leaves_no_trace_of_the_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    journal = Journal(path)
    journal.append(ONE, "signaal", AT, {})
    whole = path.read_bytes()
    real = getattr(os, call)

    def failing(descriptor: int, *data: bytes) -> int:
        if data:
            real(descriptor, data[0][:10])
        raise OSError(errno.ENOSPC, "vol")

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(Unavailable):
        journal.append(TWO, "signaal", AT, {"pgn": "999990019"})
    monkeypatch.undo()
    assert path.read_bytes() == whole
    journal.append(TWO, "signaal", AT, {})
    journal.close()
    assert ids(path) == [str(ONE), str(TWO)]


def test_a_disk_that_takes_a_line_in_pieces_gets_all_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:7]))
    journal.append(ONE, "signaal", AT, {})
    monkeypatch.undo()
    journal.close()
    assert json.loads(path.read_text())["berichtId"] == str(ONE)


def test_a_journal_that_was_moved_away_goes_on_in_a_new_file(path: Path) -> None:
    journal = Journal(path)
    journal.append(ONE, "signaal", AT, {})
    path.rename(path.with_suffix(".1"))
    journal.append(TWO, "signaal", AT, {})
    assert str(TWO) in path.read_text()
    assert str(ONE) in path.with_suffix(".1").read_text()
    journal.close()
    journal.close()


def test_two_receivers_never_write_in_one_journal(path: Path) -> None:
    journal = Journal(path)
    code = (
        "import sys\nfrom pathlib import Path\nfrom adapters.leerplicht.journal import Journal\n"
        "from exchange.errors import Unavailable\n"
        "try:\n    Journal(Path(sys.argv[1]))\nexcept Unavailable as no:\n    print(no.facts)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "stop die eerst" in told.stdout
    journal.close()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "bestand").write_text("")
    with pytest.raises(Unavailable) as refused:
        Journal(tmp_path / "bestand" / "journaal")
    assert "journaal" in refused.value.facts["onderdeel"]
