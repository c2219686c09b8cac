"""Makes SoftHSM2 tokens: a PKCS#11 module whose objects are files."""

from __future__ import annotations

import os
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.programs import leave_out, program

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


@dataclass(frozen=True, slots=True)
class Hsm:
    """One token, the folder that goes with it, and the file with its PIN."""

    module: Path
    configuration: Path
    tokens: Path
    label: str
    pin_file: Path
    folder: Path

    @property
    def settings(self) -> tuple[Path, Path, str, Path]:
        """Give what a provider is opened with."""
        return self.folder, self.module, self.label, self.pin_file

    @property
    def environment(self) -> dict[str, str]:
        """Give the environment of a process that finds this token."""
        return {**os.environ, "SOFTHSM2_CONF": str(self.configuration)}


def new_hsm(place: Path) -> Hsm:
    """Make a token with a name and PIN of its own; left out where SoftHSM2 is not installed."""
    tokens = place / "tokens"
    tokens.mkdir()
    configuration = place / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    pin_file = place / "pin"
    pin_file.touch(0o600)
    pin_file.write_text(f"{secrets.token_hex(8)}\n")
    label = f"proef-{secrets.token_hex(4)}"
    made = Hsm(_module(), configuration, tokens, label, pin_file, place / "keys")
    util(made, "--init-token", "--free", "--label", label, "--so-pin", secrets.token_hex(8))
    return made


def util(hsm: Hsm, *arguments: str) -> None:
    """Run softhsm2-util with the PIN of this token."""
    command = [program("softhsm2-util"), *arguments, "--pin", hsm.pin_file.read_text().strip()]
    subprocess.run(command, env=hsm.environment, check=True, capture_output=True)


def _module() -> Path:
    found = next((Path(path) for path in _MODULES if Path(path).exists()), None)
    return found or leave_out("the module of SoftHSM2 is not installed here")
