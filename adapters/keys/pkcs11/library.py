"""Loads a PKCS#11 module, once for the whole process, and starts it anew when it lost its token.

Cryptoki is a thing of the process: one state, one login per token, for all that is in it. The
binding initialises a module without locks of its own, so whoever calls one holds ``one_at_a_time``.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import pkcs11
from pkcs11.exceptions import PKCS11Error

_PAUSES = (0.0, 0.02, 0.05, 0.1)  # seconds

one_at_a_time = threading.RLock()
_loaded: dict[Path, Library] = {}


class Library:
    """A module in memory; ``start`` goes up each time that all its sessions ended at once."""

    def __init__(self, module: Path) -> None:
        self._module = pkcs11.lib(os.fspath(module))
        self._process = os.getpid()
        self.start = 1

    def token(self, label: str) -> pkcs11.Token:
        """Find the token ``label``; a module that does not know it looks again from the start.

        A few times: SoftHSM shows no token while another process logs in on it.
        """
        for pause in _PAUSES:
            with suppress(PKCS11Error):
                return self._module.get_token(token_label=label)
            time.sleep(pause)
            self.begin_anew()
        return self._module.get_token(token_label=label)

    def begin_anew(self) -> None:
        """Let the module forget everything, sessions and logins included."""
        self.start += 1
        self._process = os.getpid()
        with suppress(PKCS11Error):
            self._module.finalize()
        self._module.initialize()

    def survived(self, start: int) -> bool:
        """Say whether what began at ``start`` still counts; in a forked process nothing does."""
        return start == self.start and os.getpid() == self._process


def library(module: Path) -> Library:
    """Give the module, loading it at first use; ``PKCS11Error`` when it is none."""
    if module not in _loaded:
        _loaded[module] = Library(module)
    found = _loaded[module]
    if not found.survived(found.start):
        found.begin_anew()
    return found
