"""The receipts as the gateway signed them, one a line, each once."""

from __future__ import annotations

import json
from pathlib import Path

from adapters.school_systems.durable_lines import DurableLines
from adapters.school_systems.post import Answer


class Receipts:
    """The file of receipts; it proves what a school sent, so it is its owner's alone."""

    def __init__(self, path: Path) -> None:
        self._lines = DurableLines(path)
        self._known = {_id_of(line) for line in self._lines}

    def keep(self, answer: Answer) -> None:
        """Write a receipt, unless it is there: a resumed run may be given the same one again."""
        bericht_id = answer.document.get("berichtId")
        if bericht_id not in self._known:
            self._lines.append(_one_line(answer))
            self._known.add(bericht_id)

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()


def _one_line(answer: Answer) -> bytes:
    """Give the receipt's own bytes; its signature is over canonical JSON, so either form holds."""
    if b"\n" in answer.raw or b"\r" in answer.raw:
        return json.dumps(dict(answer.document), separators=(",", ":")).encode("ascii")
    return answer.raw


def _id_of(line: bytes) -> object:
    try:
        return json.loads(line)["berichtId"]
    except (ValueError, KeyError, TypeError):
        return None
