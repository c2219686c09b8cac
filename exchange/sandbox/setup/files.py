"""Writes private files so that a crash leaves the old one or the new one, and never half of one."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_private(path: Path, content: bytes) -> None:
    """Put ``content`` in place of what was there, readable by its owner alone."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_private_json(path: Path, document: Mapping[str, Any]) -> None:
    """Put a JSON document in place, indented: people look at it."""
    write_private(path, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n")
