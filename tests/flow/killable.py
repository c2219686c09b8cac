"""Runs the real gateway, workers and receivers as processes that die on order and are replaced.

``python -m tests.flow.killable`` imports the product once and makes a process of each part that it
is told to run (a line of JSON on standard input), again and again when one dies, as a supervisor
does. When its input ends it kills them all. The product has no kill switch: the gateway is told of
by its own ``Steps``, the wire by the event loop, the receiver by its clock and its events.
"""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from adapters.leerplicht.events import ReceiverEvent
from adapters.leerplicht.receiver import Receiver, ReceiverSettings
from adapters.system import SystemClock
from exchange.bootstrap.gateway import run_gateway
from exchange.bootstrap.workers import run_workers
from exchange.config import Settings
from exchange.telemetry.events import Strictness, configure_logging
from tests.flow.orders import Obedience, Scene
from tests.flow.wire import WatchedLoop

Result = TypeVar("Result")

GATEWAY = "gateway"
WORKERS = "workers"
SCENE = "scene"
_RETRY_SECONDS = 0.1


class KillableSteps:
    """The gateway's ``Steps``: every numbered step is a point at which something may die."""

    def __init__(self, obedience: Obedience) -> None:
        self._obedience = obedience

    def passed(self, step: str, result: Result) -> Result:
        """Carry out what was ordered for this step."""
        self._obedience.at(step)
        return result


class KillableClock(SystemClock):
    """The receiver's clock: it is read between opening a message and writing it down."""

    def __init__(self, obedience: Obedience) -> None:
        self._obedience = obedience

    def now(self) -> datetime:
        """Carry out what was ordered for this moment."""
        self._obedience.at("message opened")
        return super().now()


def gateway(folder: Path, obedience: Obedience) -> None:
    """Serve, on a loop that watches the wire."""
    settings = Settings.load(folder, {})
    with asyncio.Runner(loop_factory=lambda: WatchedLoop(obedience)) as runner:
        runner.run(run_gateway(settings, asyncio.Event(), KillableSteps(obedience)))


def workers(folder: Path, obedience: Obedience) -> None:
    """Turn the worker loops."""
    asyncio.run(run_workers(Settings.load(folder, {}), asyncio.Event()))


def receiver(folder: Path, obedience: Obedience) -> None:
    """Receive; the part's own file in ``receivers`` says for whom."""
    plan = folder / "receivers" / f"{obedience.part}.json"
    settings = TypeAdapter(ReceiverSettings).validate_json(plan.read_bytes())

    def told(event: ReceiverEvent, **fields: object) -> None:
        sys.stderr.write(json.dumps({"event": event, **fields}, default=str) + "\n")
        if event is ReceiverEvent.MESSAGE_RECEIVED:
            obedience.at("message acknowledged")

    Receiver(settings, told, KillableClock(obedience)).run(threading.Event())


@dataclass
class _Part:
    """A part that should run."""

    folder: Path
    name: str
    pid: int = field(default=0)

    def start(self) -> None:
        """Make a process of it."""
        scene = Scene(self.folder / SCENE)
        self.pid = os.fork()
        if self.pid:
            scene.note_pid(self.name, self.pid)
            return
        code = 1
        try:
            _become(self.folder, self.name)
            _WORK.get(self.name, receiver)(self.folder, Obedience(scene, self.name))
            code = 0
        except Exception as error:  # noqa: BLE001  a supervisor sees the exit code, people the log
            sys.stderr.write(f"{self.name} stopped: {type(error).__name__}: {error}\n")
        finally:
            sys.stderr.flush()
            os._exit(code)

    def end(self) -> None:
        """Kill the process, if there is one, and wait for it."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


_WORK: dict[str, Callable[[Path, Obedience], None]] = {GATEWAY: gateway, WORKERS: workers}


def _become(folder: Path, name: str) -> None:
    """Make the copy of the supervisor a process of its own, with its own log."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(folder / "logs" / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    configure_logging()
    Strictness.raises = True


class Supervisor:
    """Keeps every part alive that it was told to run."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, str], _Part] = {}
        self._retries: list[tuple[float, _Part]] = []

    def watch(self) -> None:
        """Obey standard input until it ends; start again what dies."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            selector.register(sys.stdin, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select(self._pause())}
                if woken in ready:
                    os.read(woken, 4096)
                self._bury()
                self._retry()
                if sys.stdin.fileno() in ready and not self._obey(sys.stdin.readline()):
                    break
        for part in self._parts.values():
            part.end()

    def _obey(self, line: str) -> bool:
        if not line:
            return False
        told = json.loads(line)
        key = (told["folder"], told["part"])
        if told["run"] and key not in self._parts:
            self._parts[key] = _Part(Path(told["folder"]), told["part"])
            self._parts[key].start()
        elif not told["run"] and (part := self._parts.pop(key, None)):
            self._retries = [(at, other) for at, other in self._retries if other is not part]
            part.end()
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        return True

    def _bury(self) -> None:
        for part in self._parts.values():
            if not part.pid:
                continue
            pid, status = os.waitpid(part.pid, os.WNOHANG)
            if not pid:
                continue
            part.pid = 0
            wait = 0.0 if os.WIFSIGNALED(status) else _RETRY_SECONDS
            self._retries.append((time.monotonic() + wait, part))

    def _retry(self) -> None:
        now = time.monotonic()
        due = [part for at, part in self._retries if at <= now]
        self._retries = [(at, part) for at, part in self._retries if at > now]
        for part in due:
            part.start()

    def _pause(self) -> float | None:
        return min((max(0.0, at - time.monotonic()) for at, _ in self._retries), default=None)


if __name__ == "__main__":
    Supervisor().watch()
