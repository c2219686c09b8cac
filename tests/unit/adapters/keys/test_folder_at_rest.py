"""A folder of keys that nobody changed for a while: one look at it is enough for each use."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.keys.file.provider import FileKeyProvider
from adapters.keys.file.watch import TICK_NANOSECONDS, FolderWatch
from exchange.errors import KeyDestroyed, Unavailable
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import KeyUse, PseudonymKey, VestigingKey

SCHOOL, YEAR, OFFICER = Vestigingscode("99AA00"), Schooljaar(2026), Oin("00000099000003610000")
MAILBOX = VestigingKey(KeyUse.MAILBOX, SCHOOL, YEAR)
PSEUDONYM = PseudonymKey(OFFICER, "leerplicht", YEAR)
ROOT = "vestiging.99AA00.2026-2027.key"
Open = Callable[[], FileKeyProvider]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let a while pass, so that everything on disk is old."""
    clock = [time.time_ns()]
    monkeypatch.setattr(time, "time_ns", lambda: clock[0])

    def pass_by() -> None:
        clock[0] += 60 * TICK_NANOSECONDS
        time.sleep(0.02)  # the clock of the disk goes on by itself

    return pass_by


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were looked at by name."""
    names: list[str] = []
    real = os.stat

    def looked(path: str | int, **options: int) -> os.stat_result:
        names.append(os.path.basename(str(path)))  # noqa: PTH119
        return real(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", looked)
    return names


@pytest.fixture
def at_rest(open_folder: Open, later: Callable[[], None]) -> FileKeyProvider:
    """Keys in a folder that nobody changed for a while, one of which is at hand."""
    keys = open_folder()
    keys.mac(MAILBOX, b"m")
    later()
    keys.mac(MAILBOX, b"m")
    return keys


def test_a_key_in_a_folder_at_rest_is_looked_for_once(
    open_folder: Open, later: Callable[[], None], looks: list[str]
) -> None:
    keys = open_folder()
    mac = keys.mac(MAILBOX, b"m")
    sealed, kid = keys.seal(MAILBOX, b"plain", b"context"), keys.signing_kid()
    later()
    for _ in range(2):
        assert keys.mac(MAILBOX, b"m") == mac
        assert keys.open(MAILBOX, sealed, b"context") == b"plain"
        assert keys.signing_kid() == keys.sign_named(str.encode)[0] == kid
    looks.clear()
    keys.mac(MAILBOX, b"m")
    keys.sign(b"m")
    assert looks == []


def test_what_is_at_hand_is_bounded(
    open_folder: Open, later: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.keys.rooted._MOST_AT_HAND", 3)
    keys = open_folder()
    made = [VestigingKey(use, SCHOOL, YEAR) for use in KeyUse]
    macs = [keys.mac(key, b"m") for key in made]
    later()
    assert [keys.mac(key, b"m") for key in made] == macs
    assert 0 < len(keys._found.working) <= 3


def test_a_key_in_a_folder_that_changed_just_now_is_looked_for_each_time(
    open_folder: Open, looks: list[str]
) -> None:
    keys = open_folder()
    keys.mac(MAILBOX, b"m")
    for _ in range(2):
        looks.clear()
        keys.mac(MAILBOX, b"m")
        assert looks == [ROOT]


def test_a_key_destroyed_elsewhere_is_gone_at_the_next_use(
    open_folder: Open, later: Callable[[], None]
) -> None:
    one, other = open_folder(), open_folder()
    sealed = one.seal(MAILBOX, b"plain", b"context")
    later()
    assert one.open(MAILBOX, sealed, b"context") == b"plain"
    other.destroy(SCHOOL, YEAR)
    for use in (
        lambda: one.open(MAILBOX, sealed, b"context"),
        lambda: one.seal(MAILBOX, b"plain", b"context"),
        lambda: one.mac(MAILBOX, b"m"),
        lambda: one.macs(MAILBOX, [b"m"]),
    ):
        with pytest.raises(KeyDestroyed):
            use()


def test_what_was_rotated_elsewhere_is_followed_at_the_next_use(
    open_folder: Open, later: Callable[[], None]
) -> None:
    one, other = open_folder(), open_folder()
    kid, pseudonym = one.signing_kid(), one.mac(PSEUDONYM, b"m")
    later()
    assert (one.signing_kid(), one.mac(PSEUDONYM, b"m")) == (kid, pseudonym)
    rotated = other.rotate_signing()
    assert one.signing_kid() == one.sign_named(str.encode)[0] == rotated != kid
    later()
    assert one.mac(PSEUDONYM, b"m") == pseudonym
    other.rotate_pseudonyms(OFFICER, YEAR)
    assert one.mac(PSEUDONYM, b"m") == other.mac(PSEUDONYM, b"m") != pseudonym


def test_a_key_that_vanished_is_missed_at_the_next_use(
    at_rest: FileKeyProvider, folder: Path
) -> None:
    mac = at_rest.mac(MAILBOX, b"m")
    kept = (folder / ROOT).rename(folder.parent / "kept")
    with pytest.raises(Unavailable):
        at_rest.mac(MAILBOX, b"m")
    kept.rename(folder / ROOT)
    assert at_rest.mac(MAILBOX, b"m") == mac


def test_a_key_that_was_overwritten_in_place_is_seen_within_a_minute(
    at_rest: FileKeyProvider, folder: Path, later: Callable[[], None]
) -> None:
    (folder / ROOT).write_bytes(bytes(61))
    later()
    with pytest.raises(Unavailable):
        at_rest.mac(MAILBOX, b"m")


def test_another_folder_in_its_place_is_found(
    at_rest: FileKeyProvider, folder: Path, later: Callable[[], None]
) -> None:
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(Unavailable):
        at_rest.mac(MAILBOX, b"m")
    folder.mkdir()
    later()
    with pytest.raises(Unavailable):
        at_rest.mac(MAILBOX, b"m")


def test_a_folder_in_a_folder_that_was_replaced_is_found(
    tmp_path: Path, later: Callable[[], None]
) -> None:
    """Its own moment of change says nothing then."""
    old, new = tmp_path / "old", tmp_path / "new"
    for place in (old, new):
        (place / "keys").mkdir(parents=True)
    watch = FolderWatch(old / "keys")
    later()
    before = watch.resting_state()
    assert before is not None
    assert before == watch.resting_state()
    old.rename(tmp_path / "away")
    new.rename(old)
    later()
    found = watch.resting_state()
    assert found is not None
    assert found[0] == (old / "keys").stat().st_ino != before[0]


def test_a_folder_that_changed_just_now_is_not_at_rest(
    tmp_path: Path, later: Callable[[], None]
) -> None:
    """It may change once more without a later moment of change."""
    watch = FolderWatch(tmp_path)
    assert watch.resting_state() is None
    later()
    assert watch.resting_state() is not None


def test_a_clock_that_was_set_back_leaves_nothing_at_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = FolderWatch(tmp_path)
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - 3_600 * TICK_NANOSECONDS)
    assert watch.resting_state() is None


def test_a_watch_that_is_let_go_of_leaves_no_descriptor(tmp_path: Path) -> None:
    open_before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(20):
        FolderWatch(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == open_before  # noqa: PTH208
