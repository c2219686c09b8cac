"""How trouble with PostgreSQL is told: one error, one line, in the program's own words."""

from __future__ import annotations

import re

from exchange.errors import Code, Unavailable

_MARKED = re.compile(r"(?:PANIC|FATAL|ERROR|error):\s*(.+)")


def unavailable(reden: str) -> Unavailable:
    """Give the error to raise; ``reden`` names folders and programs, never a value from a row."""
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=f"PostgreSQL: {reden}")


def complaint(output: str) -> str:
    """Give the text of the last line marked as an error, else the last line; one line at most."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    marked = [found.group(1) for line in lines if (found := _MARKED.search(line))]
    return (marked or lines or [""])[-1]
