"""No pattern of ours can be made to take more than its fair time by the text that it looks at."""

# ruff: noqa: E501  tables of odd things are wide

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import adapters
import exchange

_OPERATORS_OWN: Final = {
    "exchange.crypto.chain": "a file of CAs or a CRL of the operator",
    "exchange.storage.embedded.complaint": "the log of our own PostgreSQL",
}
"""Modules whose patterns look at nothing that a stranger wrote."""

_RUN = """
import re, sys

SIZE = 40_000
pattern, flags, binary = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
pieces = ["a", "A", "0", "9", " ", ",", "-", "_", ".", "/", "x000/", "a-", "0;q=0.", "=", ":", "%41",
          "a.", "-a", " ,", ", ", "\\t", "\\n", "AA==", "a@a.", "99BB00", "\\xc3\\xa9", "x: ", "{", "\\x00"]
for piece in pieces:
    for head in ("", "/console", "bytes=", "a@", ":", "https://", "x", "q=0."):
        text = head + piece * (SIZE // len(piece)) + "\\x01"
        made = re.compile(pattern.encode("latin-1") if binary else pattern, flags)
        given = text.encode("latin-1") if binary else text
        made.fullmatch(given)
        made.match(given)
        if sys.argv[4] == "True":
            for _ in zip(range(200_000), made.finditer(given)):
                pass
"""
_SAFETY_SECONDS = 40
"""What a pattern that takes quadratic time would need many times over; a linear one needs 2."""


def modules() -> Iterator[ModuleType]:
    """Give every module of ours that can be imported here."""
    for package in (exchange, adapters):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__") and ".migrations" not in found.name:
                yield importlib.import_module(found.name)


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Give every compiled pattern, with the module that it stands in."""
    for module in modules():
        for held in vars(module).values():
            own = vars(held).values() if isinstance(held, type) else (held,)
            for value in own:
                if isinstance(value, re.Pattern) and getattr(
                    held, "__module__", module.__name__
                ) in {module.__name__, "re"}:
                    yield module.__name__, value


def unbounded(pattern: re.Pattern[Any]) -> bool:
    """Whether a pattern repeats anything without end: only then time may grow with the text."""
    return re.search(rb"[*+]|\{\d*,\}", _bytes(pattern)) is not None


def _bytes(pattern: re.Pattern[Any]) -> bytes:
    text = pattern.pattern
    return text if isinstance(text, bytes) else text.encode("utf-8")


def test_patterns_that_repeat_without_end_take_linear_time() -> None:
    looked_at = 0
    running = []
    for module, pattern in patterns():
        if module in _OPERATORS_OWN or not unbounded(pattern):
            continue
        looked_at += 1
        binary = isinstance(pattern.pattern, bytes)
        text = pattern.pattern.decode("latin-1") if binary else pattern.pattern
        flags = str(int(pattern.flags & ~re.UNICODE))
        searched = str(module == "adapters.registers.sheet")
        command = [sys.executable, "-c", _RUN, text, flags, str(binary), searched]
        running.append((module, text, command))
    for module, text, command in running:
        done = subprocess.run(command, timeout=_SAFETY_SECONDS, capture_output=True, check=False)
        assert done.returncode == 0, (module, text, done.stderr[-300:])
    assert looked_at >= 6


def test_every_pattern_is_found() -> None:
    names = {module for module, _ in patterns()}
    assert {"exchange.messages.document", "exchange.console.return_path"} <= names
    assert {"adapters.push.destination", "exchange.api.conditions"} <= names
