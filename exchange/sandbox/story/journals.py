"""Reads what the reference receivers wrote: new lines as they come, each once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]
"""``berichtId``, ``soort``, ``ontvangenOp`` and ``inhoud``."""


class Journal:
    """One journal, read from where the last look ended; a half-written end waits for the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._lines: dict[str, list[Line]] = {}
        self.length = 0

    def look(self) -> None:
        """Read what was added."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                added = file.read()
        except FileNotFoundError:
            return
        whole = added[: added.rfind(b"\n") + 1]
        self._read += len(whole)
        for text in whole.splitlines():
            line = json.loads(text)
            self._lines.setdefault(line["berichtId"], []).append(line)
            self.length += 1

    def lines_about(self, bericht_id: str) -> list[Line]:
        """Give every line of one message: one, if all is well."""
        return self._lines.get(bericht_id, [])

    def withdrawals_of(self, bericht_id: str) -> list[Line]:
        """Give the lines of intrekkingen that are about a message."""
        return [line for line in self._all() if line["inhoud"].get("betreft") == bericht_id]

    def lines_about_pupil(self, pgn: str) -> list[Line]:
        """Give every line that names a pupil."""
        return [line for line in self._all() if line["inhoud"].get("pgn") == pgn]

    def _all(self) -> Iterable[Line]:
        return (line for lines in self._lines.values() for line in lines)


class Journals:
    """The journals of all receivers, by party name."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._journals = {name: Journal(path) for name, path in paths.items()}

    def look(self) -> Mapping[str, int]:
        """Read what was added; give how many lines each journal has."""
        for journal in self._journals.values():
            journal.look()
        return {name: journal.length for name, journal in self._journals.items()}

    def __getitem__(self, name: str) -> Journal:
        return self._journals[name]

    def where(self, bericht_id: str) -> list[str]:
        """Name the journal of every line of a message."""
        return [
            name
            for name, journal in self._journals.items()
            for _ in journal.lines_about(bericht_id)
        ]

    def naming(self, pgn: str) -> int:
        """Count the lines that name a pupil."""
        return sum(len(j.lines_about_pupil(pgn)) for j in self._journals.values())
