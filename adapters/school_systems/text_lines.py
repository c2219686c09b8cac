"""Reads the lines of a file as UTF-8, with or without byte order mark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from adapters.school_systems.damage import damaged

_MARK: Final = b"\xef\xbb\xbf"


def byte_lines(file: BinaryIO) -> Iterator[bytes]:
    """Give every line with its end, without a mark before the first."""
    for number, line in enumerate(file):
        yield line if number else line.removeprefix(_MARK)


def text_lines(file: BinaryIO) -> Iterator[str]:
    """Give every line as text; raises ``Invalid`` naming the first that is not UTF-8."""
    for number, line in enumerate(byte_lines(file), 1):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            raise damaged("dit is geen UTF-8; bewaar het bestand als CSV UTF-8", number) from None
