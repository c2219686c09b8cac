"""What happens to a cluster when things are killed, cleaned away, copied or left half done."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from exchange.errors import Unavailable
from exchange.storage.embedded import EmbeddedPostgres
from tests.integration.embedded.clusters import Clusters, ask, copy_with_owners, eventually

Another = Callable[[Path], "subprocess.Popen[str]"]

ENDLESS = "SELECT count(*) FROM generate_series(1, 1000000000000::bigint) AS s WHERE s % 2 = 3"


def kill_server(cluster: EmbeddedPostgres) -> int:
    pid = cluster.postmaster_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: cluster.postmaster_pid is None)
    return pid


def test_adopts_the_server_of_a_killed_python(
    place: Path, clusters: Clusters, another_python: Another
) -> None:
    other = another_python(place)
    pid = (other.stdout or sys.stdin).readline()
    other.kill()
    other.wait()

    assert f"{clusters.open(place).postmaster_pid}\n" == pid


def test_restarts_a_killed_server_whose_sessions_go_on_computing(
    place: Path, clusters: Clusters
) -> None:
    cluster = clusters.open(place, {"max_parallel_workers_per_gather": "0", "jit": "off"})
    url = cluster.url
    ask(url, "CREATE TABLE kept AS SELECT 7 AS value", "SELECT 1")

    def compute() -> None:
        with pytest.raises((asyncpg.PostgresError, OSError)):
            ask(url, ENDLESS)

    session = threading.Thread(target=compute)
    session.start()
    busy = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT count(*)%' AND state='active'"
    eventually(lambda: ask(url, busy))
    computing = ask(url, busy)
    dead = kill_server(cluster)
    assert Path("/proc", str(computing)).exists(), "the session should survive its server"

    start = time.monotonic()
    assert cluster.ensure_running() is True
    assert time.monotonic() - start < 5
    session.join()
    eventually(lambda: not Path("/proc", str(computing)).exists())
    assert cluster.postmaster_pid not in {None, dead}
    assert cluster.url == url
    assert ask(url, "SELECT value FROM kept") == 7
    assert cluster.ensure_running() is False


def test_a_pid_that_is_now_another_process_is_no_server(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place)
    folder, uid = cluster.socket_folder, cluster.data_folder.stat().st_uid
    kill_server(cluster)
    as_server = uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "60"], user=as_server) as stranger:
        for lock in (cluster.data_folder / "postmaster.pid", folder / ".s.PGSQL.5432.lock"):
            _, _, rest = lock.read_text().partition("\n")
            lock.write_text(f"{stranger.pid}\n{rest}")
        try:
            assert cluster.postmaster_pid is None
            assert cluster.ensure_running() is True
            assert stranger.poll() is None, "it is not ours to kill"
        finally:
            stranger.kill()
    assert ask(cluster.url, "SELECT 1") == 1


def test_a_server_without_its_pid_file_is_replaced(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place)
    pid = cluster.postmaster_pid
    (cluster.data_folder / "postmaster.pid").unlink()

    assert cluster.ensure_running() is True
    eventually(lambda: not Path("/proc", str(pid)).exists())
    assert ask(cluster.url, "SELECT 1") == 1


@pytest.mark.parametrize("milliseconds", [1, 200, 600])
def test_half_an_initdb_is_thrown_away(
    place: Path, clusters: Clusters, another_python: Another, milliseconds: int
) -> None:
    other = another_python(place)
    eventually(lambda: list(place.glob("postgres/data.new")))
    time.sleep(milliseconds / 1000)
    other.kill()
    cluster = clusters.open(place)

    assert ask(cluster.url, "SELECT 1") == 1
    assert not (cluster.data_folder.parent / "data.new").exists()


def test_a_socket_folder_that_was_cleaned_away_comes_back(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place)
    url = cluster.url
    shutil.rmtree(cluster.socket_folder)

    assert cluster.ensure_running() is True
    assert cluster.url == url
    assert ask(url, "SELECT 1") == 1


def test_a_copy_of_the_folder_does_not_disturb_the_original(
    place: Path, clusters: Clusters
) -> None:
    original = clusters.open(place / "original")
    pid, url = original.postmaster_pid, original.url
    copy_with_owners(place / "original", place / "copy")
    if (place / "copy/postgres").is_symlink():
        with pytest.raises(Unavailable) as refusal:
            clusters.open(place / "copy")
        assert "gekopieerd" in refusal.value.facts["reden"]
    else:
        assert clusters.open(place / "copy").socket_folder != original.socket_folder

    assert original.ensure_running() is False
    assert (original.postmaster_pid, original.url) == (pid, url)
    assert ask(url, "SELECT 1") == 1


def test_a_moved_folder_keeps_its_data(place: Path, clusters: Clusters) -> None:
    before = clusters.open(place / "before")
    ask(before.url, "CREATE TABLE kept AS SELECT 7 AS value", "SELECT 1")
    before.stop()
    (place / "before").rename(place / "after")

    assert ask(clusters.open(place / "after").url, "SELECT value FROM kept") == 7


def test_says_in_one_line_why_it_cannot_start(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place)
    cluster.stop()
    (cluster.data_folder / "PG_VERSION").write_text("17\n")
    with pytest.raises(Unavailable) as refusal:
        clusters.open(place)
    assert refusal.value.facts["reden"] == "PostgreSQL: de gegevens zijn van versie 17, dit is 18"

    (cluster.data_folder / "PG_VERSION").write_text("18\n")
    (cluster.data_folder / "global/pg_control").unlink()
    with pytest.raises(Unavailable) as refusal:
        clusters.open(place)
    assert "pg_control" in refusal.value.facts["reden"]
    assert "\n" not in refusal.value.facts["reden"]

    (place / "file").mkdir()
    (place / "file/postgres").write_text("not a folder")
    with pytest.raises(Unavailable) as refusal:
        clusters.open(place / "file")
    assert refusal.value.facts["reden"] == f"PostgreSQL: {place}/file/postgres is geen map"
