"""Reads the PIN of a token from a file that nobody else can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from adapters.complaint import out_of_service

ROLE = "pincodebestand"
_ROOT = 0


def read_pin(path: Path) -> str:
    """Give the PIN; ``Unavailable`` when the file is missing, open to others or empty."""
    try:
        with path.open("rb") as file:
            _refuse_open_to_others(os.fstat(file.fileno()), path)
            pin = file.read().rstrip(b"\r\n").decode()
    except (OSError, UnicodeDecodeError) as error:
        remedy = f"{path} is niet te lezen: controleer het pad en de rechten."
        raise out_of_service(ROLE, remedy) from error
    if not pin:
        raise out_of_service(ROLE, f"{path} is leeg: zet de pincode van de token erin.")
    return pin


def _refuse_open_to_others(status: os.stat_result, path: Path) -> None:
    """Allow the owner; and root's 0440, which a systemd credential shows where an ACL gives it."""
    others = stat.S_IRWXG | stat.S_IRWXO
    if (status.st_uid, status.st_gid) == (_ROOT, _ROOT):
        others &= ~stat.S_IRGRP
    if status.st_mode & others:
        raise out_of_service(ROLE, f"Anderen kunnen hierbij: chmod 600 {path}")
