"""A real HAProxy under the configuration of ``deploy/haproxy``, or one with a planted fault."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from grp import getgrnam
from pathlib import Path
from types import MappingProxyType

from tests.edge.parties import Parties
from tests.flow.installation import free_port
from tests.programs import ROOT, program

CONFIGURATION = ROOT / "deploy" / "haproxy"
AS_IT_IS: Mapping[str, str] = MappingProxyType({})
HASTY = MappingProxyType({"HEAD_TIME": "700ms", "IDLE_TIME": "300ms", "STALL_TIME": "1s"})
"""Limits that a test can wait for."""

_GROUP = "haproxy"
_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Proxy:
    """One that runs; ``socket`` is where it looks for the gateway."""

    port: int
    socket: Path
    parties: Parties
    folder: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def reload(self) -> None:
        """Do what the operator's reload does, and wait until the new worker has taken over."""
        before = self._workers()
        self.process.send_signal(signal.SIGUSR2)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._workers() == before:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def log(self) -> str:
        """Give what it wrote so far."""
        return (self.folder / "haproxy.log").read_text()

    def _workers(self) -> int:
        return self.log().count("Loading success")


@contextmanager
def proxied(
    folder: Path,
    parties: Parties,
    settings: Mapping[str, str] = AS_IT_IS,
    changes: Mapping[str, str] = AS_IT_IS,
) -> Iterator[Proxy]:
    """Start one in ``folder``.

    ``settings`` fill the EDGE_ variables of the configuration. ``changes`` plant faults: each part
    of a line of it is replaced.
    """
    path, port = _configuration(folder, changes), free_port()
    run = socket_folder(folder)
    environment = {
        **os.environ,
        **_place(run),
        "EDGE_BIND": f"127.0.0.1:{port}",
        "EDGE_CERTIFICATE": str(parties.server),
        "EDGE_CLIENT_CA": str(parties.ca),
        "EDGE_CLIENT_CRL": str(parties.crl),
        **{f"EDGE_{name}": value for name, value in settings.items()},
    }
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(
            (program("haproxy"), "-W", "-f", str(path)), env=environment, stdout=log, stderr=log
        )
    proxy = Proxy(port, run / "gateway.sock", parties, folder, process)
    try:
        _wait_for(proxy)
        yield proxy
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def check(path: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Have HAProxy judge a configuration; a warning is a fault."""
    command = (program("haproxy"), "-dW", "-c", "-f", str(path))
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def socket_folder(folder: Path) -> Path:
    """Give the folder of the gateway's socket: for the proxy's group, and nobody else."""
    run = folder / "run"
    run.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        os.chown(run, 0, getgrnam(_GROUP).gr_gid)
        run.chmod(0o2750)
    return run


def _place(run: Path) -> dict[str, str]:
    """Root leaves its rights behind, as in production; others have none to leave."""
    if os.geteuid() == 0:
        return {"EDGE_CHROOT": str(run)}
    return {"EDGE_UNPRIVILEGED": "1", "EDGE_SOCKET": str(run / "gateway.sock")}


def _configuration(folder: Path, changes: Mapping[str, str]) -> Path:
    if not changes:
        return CONFIGURATION / "haproxy.cfg"
    copied = folder / "mutated"
    shutil.copytree(CONFIGURATION, copied)
    path = copied / "haproxy.cfg"
    text = path.read_text()
    for part, instead in changes.items():
        assert part in text, f"not in the configuration: {part}"
        text = text.replace(part, instead)
    path.write_text(text)
    return path


def _wait_for(proxy: Proxy) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and proxy.process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", proxy.port), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"HAProxy did not come up: {proxy.log()}")
