"""Reads an NDJSON file line by line; a line with a member that no message has does not leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.school_systems.damage import damaged
from adapters.school_systems.entry import Entry, refused
from adapters.school_systems.kinds import Kind
from adapters.school_systems.text_lines import byte_lines
from exchange.errors import Code, Invalid
from exchange.messages.contracts import CONTRACTS, Contract
from exchange.messages.document import parse_object, read_message


@dataclass(frozen=True, slots=True)
class NdjsonFile:
    """A file with a message as JSON on each line; blank lines are skipped."""

    path: Path
    kind: Kind

    def count(self) -> int:
        """Give how many lines hold something; raises ``Invalid`` if none does."""
        count = sum(1 for _ in self._lines())
        if not count:
            raise damaged("het bestand is leeg")
        return count

    def entries(self) -> Iterator[Entry]:
        """Give every line that is not blank, with its number; a good one travels as it is."""
        contract = CONTRACTS[self.kind.soort]
        for number, line in self._lines():
            yield _entry(number, line, contract)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with self.path.open("rb") as file:
            for number, line in enumerate(byte_lines(file), 1):
                if stripped := line.strip():
                    yield number, stripped


def _entry(number: int, line: bytes, contract: Contract) -> Entry:
    """Judge what must not travel at all; whether the rest is right is for the gateway to say."""
    try:
        _, faults = read_message(contract, line, parse_object(line))
    except Invalid as error:
        return refused(number, error.violations)
    unknown = [fault for fault in faults if fault.code is Code.ONBEKEND_VELD]
    return refused(number, unknown) if unknown else Entry(number, line)
