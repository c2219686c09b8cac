"""The parts of an installation as an operator starts them: the product's own commands."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from tests.flow.installation import CODE, Supervisor
from tests.flow.killable import GATEWAY, WORKERS

_PATIENCE_SECONDS = 20


class Commands(Supervisor):
    """Runs each part as ``exchange serve``, ``work`` or ``receive``."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def pids(self) -> dict[str, int]:
        """The process ids, by part."""
        return {part: process.pid for part, process in self._running.items()}

    async def run(self, folder: Path, part: str, *, wanted: bool = True) -> None:
        """Start a part, or end it for good."""
        if (process := self._running.pop(part, None)) is not None:
            process.terminate()
            await asyncio.to_thread(process.communicate, timeout=_PATIENCE_SECONDS)
        if not wanted:
            return
        self._running[part] = _started(folder, part)

    def close(self) -> None:
        """End every part."""
        for process in self._running.values():
            process.kill()
            process.communicate()
        self._running.clear()


def _started(folder: Path, part: str) -> subprocess.Popen[bytes]:
    with (folder / "logs" / f"{part}.log").open("ab") as log:
        return subprocess.Popen(
            (sys.executable, "-m", "exchange", *_command(folder, part), "--with-parent"),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=CODE,
        )


def _command(folder: Path, part: str) -> list[str]:
    if part in {GATEWAY, WORKERS}:
        return [{GATEWAY: "serve", WORKERS: "work"}[part], "--dir", str(folder)]
    given = json.loads((folder / "receivers" / f"{part}.json").read_text())
    options = {
        name: str(given[name])
        for name in ("base_url", "ca", "cert", "key", "private_key", "journal")
    }
    named = [word for n, value in options.items() for word in (f"--{n.replace('_', '-')}", value)]
    return ["receive", *named, "--poll", "0.1", "--json"]
