"""What a running process shows to others: its environment and its command line (C36).

Anybody with a login may read the command lines of a machine, and a crash report or a support tool
copies environments; a file has an owner.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from tests.flow.sandboxes import Sandbox

_SHORTEST = 16


def shown_by(pid: int) -> bytes:
    """Give what the system shows of a process: its environment and its command line."""
    process = Path(f"/proc/{pid}")
    return (process / "environ").read_bytes() + b"\n" + (process / "cmdline").read_bytes()


def found_in(shown: bytes, secrets: Mapping[str, bytes]) -> set[str]:
    """Name the secrets that stand there, plain or as an address spells them."""
    plain = unquote_to_bytes(shown)
    return {name for name, secret in secrets.items() if secret in plain or secret in shown}


def secrets_of(folder: Path) -> dict[str, bytes]:
    """Collect every secret of a sandbox: passwords, passphrase, private keys, sign-in link."""
    announced = json.loads((folder / "sandbox.json").read_text("utf-8"))
    secrets = {
        "superuser": (urlsplit(announced["databaseUrl"]).password or "").encode(),
        "link": announced["consoleSignIn"].rpartition("/")[2].rpartition("=")[2].encode(),
    }
    for path in sorted(folder.rglob("*")):
        if path.name == "postgres.passwords":
            for line in path.read_bytes().splitlines():
                fields = line.split(b":")
                secrets[f"password of {fields[3].decode()}"] = fields[4]
        elif path.is_file() and (path.suffix in {".key", ".keys"} or "passphrase" in path.name):
            for number, line in enumerate(path.read_bytes().splitlines()):
                if len(line) >= _SHORTEST and not line.startswith(b"-----"):
                    secrets[f"{path.name}:{number}"] = line
    return secrets


def processes(sandbox: Sandbox) -> dict[str, int]:
    """Name every process of a sandbox: itself, its parts, PostgreSQL and its sessions."""
    assert sandbox.process is not None
    postgres = sandbox.pid_of("postgres")
    assert postgres is not None
    found = {"sandbox": sandbox.process.pid, "postgres": postgres}
    found |= {f"{args[3]} {pid}": pid for pid, args in sandbox.parts()}
    sessions = Path(f"/proc/{postgres}/task/{postgres}/children").read_text("utf-8").split()
    return found | {f"session {pid}": int(pid) for pid in sessions}
