"""A sandbox in a folder, as tests start, watch, hurt and end it: only what anybody could do."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from adapters.party import PartyClient
from exchange.policy.calendar import legal_day
from exchange.sandbox.story.caller import wire
from exchange.sandbox.story.example import example_signaal
from exchange.sandbox.world import read_world

CODE = Path(__file__).resolve().parents[2]
_COMMANDS = {"gateway": "serve", "workers": "work", "receiver": "receive"}
POSTGRES = "postgres"
PARTS = (*_COMMANDS, POSTGRES)
_PROC = Path("/proc")
_LOOK_SECONDS = 0.05


@dataclass
class Sandbox:
    """One folder, one port, and at most one process in the background."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def announcement(self) -> dict[str, Any]:
        """What stands in ``sandbox.json``."""
        document: dict[str, Any] = json.loads(self._announced.read_text())
        return document

    @property
    def printed(self) -> str:
        """What the sandbox in the background printed."""
        return self._output.read_text()

    def once(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run it once."""
        return subprocess.run(
            self._command("--once", *options),
            cwd=CODE,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def start(self, *options: str) -> None:
        """Start it in the background, and wait until it is ready."""
        self._announced.unlink(missing_ok=True)
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                self._command(*options), cwd=CODE, stdout=output, stderr=subprocess.STDOUT
            )
        wait_until(lambda: self._announced.exists() or self._has_ended(), 120)
        assert not self._has_ended(), self.printed

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and give its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(60)

    def journals(self) -> dict[str, list[dict[str, Any]]]:
        """Give the lines of each journal, by party."""
        paths = {name: self.folder / path for name, path in self.announcement["journals"].items()}
        return {
            name: [json.loads(line) for line in path.read_text().splitlines()]
            for name, path in paths.items()
            if path.exists()
        }

    def pid_of(self, part: str) -> int | None:
        """Give the process id of a part that runs now."""
        if part == POSTGRES:
            with contextlib.suppress(OSError, ValueError, IndexError):
                return int((self.folder / "postgres/data/postmaster.pid").read_text().split()[0])
            return None
        return next((p for p, args in self.parts() if _COMMANDS[part] in args), None)

    def parts(self) -> list[tuple[int, list[str]]]:
        """Give the parts that run, by process id and command line, whoever their parent is now."""
        return [
            (pid, args)
            for pid, args in _processes()
            if "--with-parent" in args and str(self.folder) in args
        ]

    def is_ready(self) -> bool:
        """Whether the operator's port says so."""
        with contextlib.suppress(OSError):
            url = f"http://127.0.0.1:{self.port + 1}/readyz"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        return False

    def send(self, key: str, **changes: object) -> tuple[int, dict[str, Any]]:
        """Send the newcomer's example as las-noord would."""
        today = legal_day(datetime.now(UTC))
        body = wire({**example_signaal(read_world(), today), **changes})
        with self._connected("las-noord") as client:
            reply = client.call("POST", "/v1/signalen", body, {"idempotency-key": key})
        return reply.status, json.loads(reply.body)

    def ask(self, party: str, path: str) -> tuple[int, dict[str, Any]]:
        """Give the answer to a GET of one party."""
        with self._connected(party) as client:
            reply = client.call("GET", path)
        return reply.status, json.loads(reply.body)

    def browser(self) -> httpx.Client:
        """Give a browser without script or certificate, which trusts the sandbox's own CA."""
        trusted = ssl.create_default_context(cafile=self.folder / self.announcement["ca"])
        return httpx.Client(verify=trusted, follow_redirects=True)

    def _connected(self, name: str) -> PartyClient:
        announced = self.announcement
        party = announced["parties"][name]
        files = (self.folder / path for path in (announced["ca"], party["cert"], party["key"]))
        return PartyClient(announced["baseUrl"], *files)

    def remove(self) -> None:
        """End what runs and delete everything, also the cluster that a link leads to."""
        if self.process is not None and not self._has_ended():
            self.process.kill()
            self.process.wait()
        cluster, postmaster = (self.folder / "postgres").resolve(), self.pid_of(POSTGRES)
        if postmaster:
            with contextlib.suppress(ProcessLookupError):
                os.kill(postmaster, signal.SIGINT)
            wait_until(lambda: not (cluster / "data/postmaster.pid").exists(), 30)
        shutil.rmtree(cluster, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def _announced(self) -> Path:
        return self.folder / "sandbox.json"

    @property
    def _output(self) -> Path:
        return self.folder.with_name(self.folder.name + ".out")

    def _command(self, *options: str) -> list[str]:
        place = ("--dir", str(self.folder), "--port", str(self.port))
        return [sys.executable, "-m", "exchange", "sandbox", *place, *options]


def free_ports() -> int:
    """Give a port that is free together with the next one."""
    for port in range(31_000 + os.getpid() % 500, 32_700, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no free ports")


def wait_until(condition: Callable[[], object], seconds: float) -> float:
    """Wait until a condition holds; give how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "waited too long"
        time.sleep(_LOOK_SECONDS)
    return time.monotonic() - started


def _processes() -> list[tuple[int, list[str]]]:
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                args = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                found.append((int(entry.name), args))
    return found
