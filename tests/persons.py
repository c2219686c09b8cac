"""The one factory of test pupils: elfproef-valid numbers in the ranges that no real pupil has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from exchange.messages.identifiers import Pgn


def bsn(number: int) -> Pgn:
    """Give the ``number``-th valid BSN from 999970000 on, so that two tests need not share one."""
    return _nth(999970000, number)


def bsns(start: int = 999980000) -> Iterator[Pgn]:
    """Give the valid BSNs from ``start`` on, one after the other."""
    for candidate in range(start, 1_000_000_000):
        with suppress(ValueError):
            yield Pgn(f"{candidate:09d}")


def onderwijsnummer(number: int) -> Pgn:
    """Give the ``number``-th valid onderwijsnummer from 109990000 on."""
    return _nth(109990000, number)


def _nth(start: int, number: int) -> Pgn:
    found = -1
    for candidate in range(start, start + 11 * (number + 2)):
        try:
            pgn = Pgn(f"{candidate:09d}")
        except ValueError:
            continue
        if not pgn.is_test:  # among onderwijsnummers, one that would also pass for a BSN
            continue
        found += 1
        if found == number:
            return pgn
    raise ValueError("too few candidates")
