"""A school's file as the sender sees it: which format it has, and whether it is still the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from adapters.complaint import out_of_service
from adapters.school_systems.csv_file import CsvFile
from adapters.school_systems.entry import Entry
from adapters.school_systems.kinds import Kind
from adapters.school_systems.ndjson_file import NdjsonFile
from adapters.school_systems.text_lines import byte_lines
from exchange.policy.law import Law


class Reader(Protocol):
    """Reads one format."""

    def count(self) -> int:
        """Give how many entries there are; raises ``Invalid`` when the file as a whole is bad."""

    def entries(self) -> Iterator[Entry]:
        """Give every entry, in the order of the file."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Size in bytes and moment of the last change: no digest, for that would be of pupils too."""

    size: int
    modified_ns: int


def stamp_of(path: Path) -> Stamp:
    """Give the stamp of a file; raises ``Unavailable`` when it is not there."""
    try:
        found = path.stat()
    except OSError as error:
        remedy = f"{path} is niet te lezen."
        raise out_of_service("invoerbestand", remedy) from error
    return Stamp(found.st_size, found.st_mtime_ns)


def reader_of(path: Path, kind: Kind, ignored: frozenset[str], law: Law) -> Reader:
    """Choose the reader: a file whose first sign is ``{`` is NDJSON, any other CSV."""
    try:
        with path.open("rb") as file:
            first = next((line for line in byte_lines(file) if line.strip()), b"")
    except OSError as error:
        remedy = f"{path} is niet te lezen."
        raise out_of_service("invoerbestand", remedy) from error
    if first.lstrip().startswith(b"{"):
        return NdjsonFile(path, kind)
    return CsvFile(path, kind, law, ignored)
