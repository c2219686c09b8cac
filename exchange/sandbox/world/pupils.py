"""The pupils of the sandbox: numbers that no real pupil has, computed and never stored.

BSNs ``99990…`` and onderwijsnummers ``109995…`` pass the elfproef (contract, section 7); users of a
sandbox have the rest of the test ranges to themselves. There are 909 such BSNs. The first are in
signalen, the last in meldingen; all but the last go to school, each at several vestigingen.
"""

from __future__ import annotations

from functools import cache

from exchange.messages.identifiers import Pgn

IN_SIGNALEN = 600
AT_SCHOOLS = 880

_BSN = "99990"
_ONDERWIJSNUMMER = "109995"
_DIGITS = 9


def pupils(count: int, *, skip: int = 0) -> tuple[Pgn, ...]:
    """Give ``count`` different BSNs, always the same ones, after the first ``skip``."""
    return _numbers(_BSN, count, skip)


def pupils_without_bsn(count: int, *, skip: int = 0) -> tuple[Pgn, ...]:
    """Give ``count`` different onderwijsnummers (education numbers), always the same ones."""
    return _numbers(_ONDERWIJSNUMMER, count, skip)


def _numbers(prefix: str, count: int, skip: int) -> tuple[Pgn, ...]:
    found = _all(prefix)[skip : skip + count]
    if len(found) < count:
        raise ValueError("the sandbox has no more pupils of this kind")
    return found


@cache
def _all(prefix: str) -> tuple[Pgn, ...]:
    size = _DIGITS - len(prefix)
    numbers = (_pgn(f"{prefix}{n:0{size}d}") for n in range(10**size))
    return tuple(pgn for pgn in numbers if pgn is not None)


def _pgn(digits: str) -> Pgn | None:
    """Give the number if it is a PGN; an onderwijsnummer may not pass for a BSN (remainder 0)."""
    try:
        pgn = Pgn(digits)
    except ValueError:
        return None
    return pgn if pgn.is_test else None
