"""How what was asked or done ended, as the log says it and as a question to the log may ask it."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """A closed vocabulary."""

    OK = "ok"
    GEWEIGERD = "geweigerd"
    FOUT = "fout"
