"""The units of deploy/systemd run production from the wheel, under a real systemd (C36, C44)."""

from __future__ import annotations

import json
import os
import pwd
import re
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from exchange.storage.schema import KNOWN_REVISIONS
from tests.deploy.database import ProductionDatabase
from tests.deploy.machine import UNITS, Machine, machine
from tests.deploy.prefix import INSTALLED
from tests.deploy.site import REAL, Site
from tests.flow.sandboxes import wait_until

GATEWAY, WORKERS = "verzuim-gateway.service", "verzuim-workers.service"
MIGRATE, VERIFY = "verzuim-migrate.service", "verzuim-log-verify.service"
SERVICES = (GATEWAY, WORKERS)
SOCKET = "/run/verzuim-exchange/edge/gateway.sock"
STATE = "/var/lib/verzuim-exchange"
KEYS = f"{STATE}/keys"
_PROPERTY = re.compile(r"--property=(?:'(.+?)'|(\S+))")


@dataclass(frozen=True)
class Running:
    """A machine on which everything runs."""

    machine: Machine
    site: Site

    def account(self) -> tuple[int, int]:
        """Give the user and group id of our account there."""
        lines = (self.machine.etc / "passwd").read_text("utf-8").splitlines()
        (found,) = (line.split(":") for line in lines if line.startswith("verzuim-exchange:"))
        return int(found[2]), int(found[3])

    def administer(self, *typed: str) -> str:
        """Give what commands print; ``verzuim-admin`` itself asks a bus, which is not here.

        Its properties make a unit instead.
        """
        script = (UNITS / "verzuim-admin").read_text("utf-8")
        properties = [one or two for one, two in _PROPERTY.findall(script)]
        assert len(properties) > 12
        unit = f"administration-{len(typed)}.service"
        output = f"StandardOutput=append:{self.machine.log(unit)}\nStandardError=inherit"
        lines = ["[Service]", "Type=oneshot", output, "Environment=LD_LIBRARY_PATH=/opt/python/lib"]
        lines += [*properties, *(f"ExecStart={INSTALLED}/bin/exchange {words}" for words in typed)]
        path = self.machine.etc / "systemd" / "system" / unit
        path.write_text("\n".join([*lines, ""]))
        self.machine.run("systemctl", "daemon-reload")
        self.machine.start(unit)
        return self.machine.said(unit)

    def group(self, name: str) -> int:
        """Give the id of a group there."""
        lines = (self.machine.etc / "group").read_text("utf-8").splitlines()
        return int(next(line.split(":")[2] for line in lines if line.startswith(f"{name}:")))

    def ask_as_the_proxy(self, path: str) -> int:
        """Ask through the socket, however long it takes until somebody answers."""
        transport = httpx.HTTPTransport(uds=str(self.machine.inside(SOCKET)))
        with httpx.Client(transport=transport, trust_env=False, timeout=40) as client:
            return client.get(f"http://gateway{path}").status_code

    def status(self, unit: str) -> dict[str, str]:
        """Give what the kernel says of a service's process."""
        text = Path(f"/proc/{self.machine.main_pid(unit)}/status").read_text("utf-8")
        return {k: v.strip() for k, _, v in (line.partition(":") for line in text.splitlines())}


@pytest.fixture(scope="module")
def running(place: Path, prefix: Path, database: ProductionDatabase) -> Iterator[Running]:
    """Follow deploy/README.md: settings, secrets, migrate, start; production, with a token."""
    site = Site(place / "site")
    settings = site.harden(site.prepare(database, SOCKET, KEYS), STATE)
    with machine(place / "machine") as made:
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        (site.etc / "exchange.env").write_text("".join(lines))
        site.etc.rename(made.etc / "verzuim-exchange")
        (site.folder / "etc").symlink_to(made.etc / "verzuim-exchange")
        started = Running(made, site)
        uid, gid = started.account()
        tokens = site.give_token_to(uid, gid)
        made.boot(prefix)
        for command in (
            ("install", "-d", "-m", "0750", "-o", str(uid), "-g", str(gid), STATE),
            ("cp", "-a", str(tokens), STATE),
            ("systemd-tmpfiles", "--create", str(UNITS / "tmpfiles.d" / "verzuim-exchange.conf")),
        ):
            done = made.run(*command)
            assert done.returncode == 0, done.stderr
        made.start(MIGRATE)
        assert started.administer("keys create")
        for unit in SERVICES:
            made.start(unit)
        try:
            wait_until(lambda: site.is_ready() and "started" in made.said(WORKERS), 60)
        except AssertionError:
            pytest.fail(made.said(GATEWAY)[-2000:] + made.said(WORKERS)[-2000:])
        yield started


def test_systemd_finds_no_fault_in_the_units(running: Running) -> None:
    units = [
        f"/etc/systemd/system/{path.name}" for path in UNITS.glob("verzuim-*.*") if path.is_file()
    ]
    done = running.machine.run("systemd-analyze", "verify", *units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    planted = running.machine.etc / "systemd" / "system" / "planted.service"
    planted.write_text(
        "[Service]\nExecStart=/opt/verzuim-exchange/bin/exchange serve\nProtectAll=yes\n"
    )
    faulty = running.machine.run("systemd-analyze", "verify", f"/etc/systemd/system/{planted.name}")
    assert "ProtectAll" in faulty.stderr
    planted.unlink()


def test_it_is_production_with_its_keys_in_a_token(running: Running) -> None:
    for unit, part in ((GATEWAY, "gateway"), (WORKERS, "workers")):
        (started, *_) = [
            line for line in running.machine.said(unit).splitlines() if "started" in line
        ]
        assert json.loads(started)["mode"] == "productie"
        assert json.loads(started)["part"] == part
    assert json.loads(running.site.ask("/v1/sleutels")[1])["keys"]


def test_the_migrator_alone_laid_down_the_schema(running: Running) -> None:
    assert running.machine.said(MIGRATE) == f"schema {KNOWN_REVISIONS[-1]}\n"
    passfile = (running.site.etc / "secrets" / "gateway" / "passfile").read_text()
    assert "exchange_migrator" not in passfile


def test_the_gateway_serves_the_public_and_the_operator(running: Running) -> None:
    status, document = running.site.ask("/v1/openapi.json")
    assert status == 200
    assert document.startswith("{")
    assert running.site.operator("/livez") == (200, "ok\n")
    assert "\nexchange_log_unsealed_records " in running.site.operator("/metrics")[1]


@pytest.mark.parametrize("unit", SERVICES)
def test_a_part_runs_as_nobody_special_and_can_become_nobody_else(
    running: Running, unit: str
) -> None:
    status = running.status(unit)
    uid, gid = running.account()
    assert set(status["Uid"].split()) == {str(uid)} != {"0"}
    assert set(status["Gid"].split()) == {str(gid)}
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {
        "0" * 16
    }
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


@pytest.mark.parametrize("unit", SERVICES)
def test_a_part_finds_no_place_to_write_but_its_own_and_executes_nothing_there(
    running: Running, unit: str
) -> None:
    pid = running.machine.main_pid(unit)
    name = unit.removesuffix(".service")
    own = {f"/run/{name}", "/var/lib/verzuim-exchange"}
    for place in (*own, "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108  looked at, not used
        options = _options(pid, place)
        assert "rw" in options
        assert "noexec" in options
    system = ("/", "/etc", "/opt", "/opt/verzuim-exchange", "/usr", "/var", "/var/lib", "/run")
    assert {place: "ro" in _options(pid, place) for place in system} == dict.fromkeys(system, True)


def _options(pid: int, place: str) -> set[str]:
    """Give the options of the mount that holds a path, as that process sees it."""
    mounts: dict[str, set[str]] = {}
    for line in Path(f"/proc/{pid}/mountinfo").read_text("utf-8").splitlines():
        fields = line.split()
        mounts[fields[4]] = set(fields[5].split(","))  # the last one over a place is what counts
    return next(mounts[str(up)] for up in (Path(place), *Path(place).parents) if str(up) in mounts)


def test_only_the_proxy_reaches_the_socket_and_it_outlives_the_gateway(running: Running) -> None:
    group = running.group("haproxy")
    folder = running.machine.inside(str(Path(SOCKET).parent)).stat()
    assert (folder.st_uid, folder.st_gid, stat.S_IMODE(folder.st_mode)) == (0, group, 0o750)
    before = running.machine.inside(SOCKET).stat()
    assert (before.st_uid, before.st_gid) == (0, group)
    assert (stat.S_ISSOCK(before.st_mode), stat.S_IMODE(before.st_mode)) == (True, 0o660)
    assert running.ask_as_the_proxy("/v1/openapi.json") == 200
    assert running.machine.run("systemctl", "restart", GATEWAY).returncode == 0
    assert running.ask_as_the_proxy("/v1/openapi.json") == 200  # it waited in the socket
    assert running.machine.inside(SOCKET).stat().st_ino == before.st_ino


@pytest.mark.parametrize("unit", SERVICES)
def test_no_secret_is_in_an_environment_or_on_a_command_line(running: Running, unit: str) -> None:
    pid = running.machine.main_pid(unit)
    shown = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
    assert f"PGPASSFILE=/run/{unit.removesuffix('.service')}/secrets/".encode() in shown
    secrets = running.site.secrets()
    assert len(secrets) >= 9
    assert [name for name, secret in secrets.items() if secret in shown] == []


def test_what_a_part_is_given_it_alone_can_read(running: Running) -> None:
    uid, _ = running.account()
    for part, unit in (("gateway", GATEWAY), ("workers", WORKERS)):
        pid = running.machine.main_pid(unit)
        given = Path(f"/proc/{pid}/root/run/verzuim-{part}/secrets")
        files = {path.name: path.stat() for path in given.iterdir()}
        laid_down = {path.name for path in (running.site.etc / "secrets" / part).iterdir()}
        assert set(files) == {f"secret_{name}" for name in laid_down}
        assert {(s.st_uid, stat.S_IMODE(s.st_mode)) for s in files.values()} == {(uid, 0o400)}
        others = Path(f"/proc/{pid}/root/run/credentials")
        assert {path.name for path in others.iterdir()} <= {unit}


def test_the_log_is_proven_by_the_reader(running: Running) -> None:
    running.machine.start(VERIFY)
    assert "verzuim-exchange/" in running.machine.said(VERIFY)


def test_a_command_of_the_administration_runs_with_what_the_services_have(
    running: Running,
) -> None:
    assert f"verzuim-exchange/{REAL}" in running.administer("party list", "log key")
    assert not running.machine.inside("/run/verzuim-admin").exists()


@pytest.mark.parametrize("unit", SERVICES)
def test_a_part_that_is_killed_comes_back(running: Running, unit: str) -> None:
    before = running.machine.main_pid(unit)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: _pid(running, unit) not in {None, before}, 30)
    wait_until(running.site.is_ready, 40)


@pytest.mark.parametrize("unit", SERVICES)
def test_a_part_that_is_asked_to_stop_stops_well(running: Running, unit: str) -> None:
    assert running.machine.run("systemctl", "stop", unit).returncode == 0
    shown = running.machine.run("systemctl", "show", "--property=Result", "--value", unit).stdout
    assert shown.strip() == "success"
    assert not running.machine.inside(f"/run/{unit.removesuffix('.service')}/secrets").exists()
    running.machine.start(unit)


def _pid(running: Running, unit: str) -> int | None:
    try:
        return running.machine.main_pid(unit)
    except AssertionError:
        return None


def test_the_account_is_made_for_the_machine_alone(running: Running) -> None:
    assert running.account()[0] not in {0, os.getuid()}
    with pytest.raises(KeyError):
        pwd.getpwnam("verzuim-exchange")
