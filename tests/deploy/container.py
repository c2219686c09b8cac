"""What a container engine does with the image, done by hand: another root, nobody's rights."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.database import ProductionDatabase
from tests.deploy.prefix import PYTHON
from tests.deploy.site import Site
from tests.programs import leave_out, program

USER = 10001
SOCKET = "/run/verzuim-exchange/edge/gateway.sock"
STATE = "/var/lib/verzuim-exchange"
_SECRETS = "/run/secrets"


@dataclass
class Container:
    """One installation whose parts run contained; ``settings`` hold no secret."""

    site: Site
    prefix: Path
    settings: dict[str, str]
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, part: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with the secrets of one part."""
        return subprocess.run(
            self._command(part, command),
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    def start(self, part: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on; it ends with ``stop``."""
        with (self.site.folder / f"{part}.log").open("wb") as log:
            process = subprocess.Popen(
                self._command(part, command), env=self._environment(), stdout=log, stderr=log
            )
        self._running.append(process)
        return process

    def inner_pid(self, process: subprocess.Popen[bytes]) -> int:
        """Give the process inside."""
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8")
        return int(children.split()[0])

    def said(self, part: str) -> str:
        """Give what a part printed."""
        return (self.site.folder / f"{part}.log").read_text("utf-8")

    def stop(self) -> None:
        """End everything."""
        for process in self._running:
            process.kill()
            process.wait()

    def _command(self, part: str, command: tuple[str, ...]) -> tuple[str, ...]:
        apart = (program("unshare"), "--mount", "--pid", "--fork", "--kill-child=KILL")
        script = str(Path(__file__).with_name("container.sh"))
        packages = sysconfig.get_path("purelib")
        shown = (str(self.prefix), sys.base_prefix, packages, str(self.site.folder), part)
        return (*apart, "sh", script, *shown, *command)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath + ":/usr/sbin:/sbin", **self.settings}


def contained(folder: Path, prefix: Path, database: ProductionDatabase) -> Container:
    """Lay down the files of an installation for the image's user."""
    if os.geteuid() != 0:
        leave_out("only root can give a process another root")
    site = Site(folder)
    settings = site.prepare(database, SOCKET, f"{STATE}/keys")
    site.try_out()
    for name in ("state", "edge", "root"):
        (folder / name).mkdir()
    site.keys.rename(folder / "state" / "keys")
    secrets = [
        path for part in (site.etc / "secrets").iterdir() for path in (part, *part.iterdir())
    ]
    for path in (*secrets, folder / "edge", folder / "state", *(folder / "state").rglob("*")):
        shutil.chown(path, USER, USER)
    settings |= {
        "PGPASSFILE": f"{_SECRETS}/passfile",
        "EXCHANGE_KEYS_PASSPHRASE_FILE": f"{_SECRETS}/passphrase",
        "EXCHANGE_TLS_KEY": f"{_SECRETS}/tls-key",
        "EXCHANGE_CONSOLE_URL": f"https://localhost:{site.port}",
        "LD_LIBRARY_PATH": str(PYTHON / "lib"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Container(site, prefix, settings)
