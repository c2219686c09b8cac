"""A real systemd with our units, booted in namespaces of its own: a machine without a machine.

It needs root and a kernel that lets it (``unshare``). It shares the network with the test, so that
ports on localhost are the same here and there; every other thing it has is its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.prefix import PYTHON, ROOT
from tests.programs import leave_out, program

UNITS = ROOT / "deploy" / "systemd"
SYSTEMD = Path("/lib/systemd/systemd")
_PATIENCE_SECONDS = 40.0
_TARGETS = ("sysinit", "basic", "shutdown", "network-online", "network", "timers", "multi-user")
_ETC = (
    "passwd",
    "group",
    "shadow",
    "gshadow",
    "nsswitch.conf",
    "hosts",
    "localtime",
    "ld.so.cache",
)


@dataclass
class Machine:
    """One booted systemd; ``stage`` holds its /etc and what its services print."""

    stage: Path
    init: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def etc(self) -> Path:
        """Its /etc; write here before it boots."""
        return self.stage / "etc"

    @property
    def _boot_log(self) -> Path:
        return self.stage / "boot.log"

    def prepare(self) -> None:
        """Lay down the units, our account and nothing else."""
        self.etc.mkdir(parents=True)
        for name in _ETC:
            if Path("/etc", name).exists():
                shutil.copy(Path("/etc", name), self.etc / name)
        units = self.etc / "systemd" / "system"
        shutil.copytree(
            UNITS,
            units,
            ignore=shutil.ignore_patterns("sysusers.d", "tmpfiles.d", "haproxy*", "*.env*"),
        )
        for name in _TARGETS:
            (units / f"{name}.target").write_text("[Unit]\nDefaultDependencies=no\n")
        (units / "machine.target").write_text("[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n")
        for unit in UNITS.glob("*.service"):
            (units / f"{unit.name}.d").mkdir()
            (units / f"{unit.name}.d" / "90-machine.conf").write_text(
                f"[Service]\nStandardOutput=append:{self.log(unit.name)}\nStandardError=inherit\n"
                f"Environment=LD_LIBRARY_PATH={PYTHON}/lib\n"
            )
        account = UNITS / "sysusers.d" / "verzuim-exchange.conf"
        command = (program("systemd-sysusers"), f"--root={self.stage}", str(account))
        subprocess.run(command, check=True)

    def log(self, unit: str) -> Path:
        """Give the file in which a service's output stands."""
        return self.stage / f"{unit}.log"

    def boot(self, prefix: Path) -> None:
        """Start it, and wait until it answers."""
        packages = sysconfig.get_path("purelib")
        script = Path(__file__).with_name("boot.sh")
        command = ("bash", str(script), str(self.stage), str(prefix), sys.base_prefix, packages)
        with self._boot_log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            self.init = self._first_process()
            if self.init and self.run("systemctl", "show", "--property=Version").returncode == 0:
                return
            time.sleep(0.05)
        leave_out(f"systemd does not boot here: {self._boot_log.read_text()[-300:]}")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as root."""
        inside = (
            "nsenter",
            f"--target={self.init}",
            "--mount",
            "--pid",
            "--uts",
            "--ipc",
            *command,
        )
        return self.run_outside(*inside)

    def run_outside(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this side."""
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)

    def start(self, unit: str) -> None:
        """Start a unit; a oneshot has ended then."""
        done = self.run("systemctl", "start", unit)
        assert done.returncode == 0, self.run("systemctl", "status", unit).stdout + self.said(unit)

    def said(self, unit: str) -> str:
        """Give what a service printed."""
        return self.log(unit).read_text("utf-8") if self.log(unit).exists() else ""

    def main_pid(self, unit: str) -> int:
        """Give the process id of a service, as this side counts."""
        inner = self.run("systemctl", "show", "--property=MainPID", "--value", unit).stdout.strip()
        for status in Path("/proc").glob("[0-9]*/status"):
            with suppress(OSError):  # one that has just ended
                lines = status.read_text("utf-8").splitlines()
                ids = next(line.split()[1:] for line in lines if line.startswith("NSpid:"))
                if ids[1:] == [inner] and self._is_inside(int(ids[0])):
                    return int(ids[0])
        raise AssertionError(f"{unit} does not run: {self.said(unit)}")

    def inside(self, path: str) -> Path:
        """Give a path of its own file system, as this side sees it."""
        return Path(f"/proc/{self.init}/root{path}")

    def shut_down(self) -> None:
        """End it with everything in it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for group in Path("/sys/fs/cgroup").glob(f"*/vx-{self._process.pid}"):
                _remove_groups(group)

    def _is_inside(self, pid: int) -> bool:
        return (
            Path(f"/proc/{pid}/ns/pid").readlink() == Path(f"/proc/{self.init}/ns/pid").readlink()
        )

    def _first_process(self) -> int:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        with suppress(OSError):
            pid = int((children.read_text("utf-8").split() or ["0"])[0])
            apart = Path(f"/proc/{pid}/ns/pid").readlink() != Path("/proc/self/ns/pid").readlink()
            if apart and Path(f"/proc/{pid}/comm").read_text("utf-8") == "systemd\n":
                return pid  # and never the systemd of the machine that runs the tests
        return 0


def _remove_groups(group: Path) -> None:
    """Remove a control group that is empty of processes, and those below it."""
    for _ in range(100):
        with suppress(OSError):
            for below in sorted(group.rglob("*/"), reverse=True):
                below.rmdir()
            group.rmdir()
            return
        time.sleep(0.05)


@contextmanager
def machine(stage: Path) -> Iterator[Machine]:
    """Give a machine that is prepared and not booted yet; it is gone after the block."""
    if os.geteuid() != 0 or not SYSTEMD.exists():
        leave_out("only root can boot a systemd of its own, where there is one")
    made = Machine(stage)
    made.prepare()
    try:
        yield made
    finally:
        made.shut_down()
