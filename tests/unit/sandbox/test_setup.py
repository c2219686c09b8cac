"""Setting up: one sandbox per folder, private files, certificates that last, a memory that ages."""

from __future__ import annotations

import os
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from ssl import PEM_cert_to_DER_cert

import pytest

from exchange.crypto.certificates import read_certificate
from exchange.crypto.pki import expires_at
from exchange.errors import Unavailable
from exchange.messages.identifiers import Schooljaar
from exchange.sandbox.layout import Layout
from exchange.sandbox.setup.certificates import make_certificates
from exchange.sandbox.setup.files import write_private
from exchange.sandbox.setup.folder import hold, leash
from exchange.sandbox.setup.memory import Memory
from exchange.sandbox.story.plan import EDITION
from exchange.sandbox.world import World, read_world

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    with hold(tmp_path / "sandbox") as held:
        return held


def certificates(layout: Layout) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in layout.pki.glob("*.pem")}


def test_makes_a_private_folder(tmp_path: Path) -> None:
    with hold(tmp_path / "new" / "sandbox") as layout:
        assert stat.S_IMODE(layout.root.stat().st_mode) == 0o700
        assert layout.root.is_absolute()


def test_keeps_a_second_sandbox_out_with_one_line(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(Unavailable) as refused, hold(tmp_path):
        pass
    assert "draait al een sandbox" in refused.value.facts["reden"]
    with hold(tmp_path):
        pass  # free again


def test_waits_for_parts_that_outlive_a_killed_sandbox(layout: Layout) -> None:
    with leash(layout) as keep:
        left_over = os.dup(keep)
    with pytest.raises(Unavailable), leash(layout, patience_seconds=0.1):
        pass
    os.close(left_over)
    with leash(layout):
        pass


def test_says_in_one_line_that_the_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable), hold(tmp_path / "file" / "sandbox"):
        pass


def test_replaces_a_file_at_once_and_keeps_it_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_private(path, b"one")
    write_private(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_gives_everybody_a_certificate_with_its_oin(layout: Layout, world: World) -> None:
    make_certificates(layout, world, NOW)
    made = certificates(layout)
    assert made.keys() == {"ca", "server", *world.participants}
    for name, party in world.participants.items():
        peer = read_certificate(PEM_cert_to_DER_cert(made[name].decode()))
        assert peer.oin == party.oin
        key = layout.private_key(name)
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_makes_nothing_twice_and_mends_what_is_half_there(layout: Layout, world: World) -> None:
    make_certificates(layout, world, NOW)
    before = certificates(layout)
    layout.certificate("fg").unlink()
    layout.private_key("ocw").unlink()
    make_certificates(layout, world, NOW)
    after = certificates(layout)
    assert {name for name in before if before[name] != after[name]} == {"fg", "ocw"}


def test_renews_what_is_about_to_expire(layout: Layout, world: World) -> None:
    make_certificates(layout, world, NOW)
    before = certificates(layout)
    later = expires_at(before["server"]) - timedelta(days=10)
    make_certificates(layout, world, later)
    after = certificates(layout)
    assert {name for name in before if before[name] == after[name]} == {"ca"}
    assert expires_at(after["server"]) > later + timedelta(days=700)


def test_makes_everything_anew_with_a_new_authority(layout: Layout, world: World) -> None:
    make_certificates(layout, world, NOW)
    before = certificates(layout)
    layout.private_key("ca").unlink()
    make_certificates(layout, world, NOW)
    after = certificates(layout)
    assert not [name for name in before if before[name] == after[name]]


def test_remembers_the_week_and_tells_it_again(layout: Layout) -> None:
    first = Memory.begin(layout.memory, TODAY)
    assert (first.week, first.reference) == (1, TODAY)
    assert Memory.begin(layout.memory, TODAY + timedelta(days=80)) == first


def test_begins_a_new_week_when_the_gateway_may_have_forgotten_the_keys(layout: Layout) -> None:
    Memory.begin(layout.memory, TODAY)
    later = TODAY + timedelta(days=81)
    second = Memory.begin(layout.memory, later)
    assert (second.week, second.reference) == (2, later)


def test_begins_a_new_week_when_the_plan_is_another(layout: Layout) -> None:
    Memory(3, TODAY, edition=0).keep(layout.memory)
    assert Memory.begin(layout.memory, TODAY).week == 4


def test_tells_the_week_as_of_today_in_an_empty_database() -> None:
    told = Memory(2, date(2026, 9, 30), edition=1, laid_down=(2026,), figures=2)
    assert told.in_an_empty_database(TODAY) == Memory(2, TODAY, edition=1)


def test_reads_the_memory_of_a_sandbox_that_knew_no_figures_yet(layout: Layout) -> None:
    layout.memory.write_text('{"week": 1, "reference": "2026-11-01", "edition": 1}')
    assert Memory.begin(layout.memory, TODAY) == Memory(2, TODAY, EDITION)


def test_lacks_the_calendars_of_both_schooljaren_at_first_and_of_a_new_one_later() -> None:
    memory = Memory(1, date(2027, 6, 1), edition=1)
    years = memory.lacks(date(2027, 6, 1))
    assert years == (Schooljaar(2025), Schooljaar(2026))
    memory = memory.with_laid_down(*years)
    assert memory.lacks(date(2027, 7, 31)) == ()
    assert memory.lacks(date(2027, 8, 1)) == (Schooljaar(2027),)


def test_says_which_file_is_unreadable(layout: Layout) -> None:
    layout.memory.write_text("{")
    with pytest.raises(Unavailable) as refused:
        Memory.begin(layout.memory, TODAY)
    assert str(layout.memory) in refused.value.facts["reden"]
