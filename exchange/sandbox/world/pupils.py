"""The pupils of the sandbox: numbers that no real pupil has, computed and never stored.

BSNs ``99990…`` and onderwijsnummers ``109995…`` pass the elfproef (contract, section 7); users of a
sandbox have the rest of the test ranges to themselves.
"""

from __future__ import annotations

from itertools import islice

from exchange.messages.identifiers import Pgn

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
    size = _DIGITS - len(prefix)
    valid = (pgn for n in range(10**size) if (pgn := _pgn(f"{prefix}{n:0{size}d}")) is not None)
    found = tuple(islice(valid, skip, skip + count))
    if len(found) < count:
        raise ValueError("the sandbox has no more pupils of this kind")
    return found


def _pgn(digits: str) -> Pgn | None:
    """Give the number if it is a PGN; an onderwijsnummer may not pass for a BSN (remainder 0)."""
    try:
        pgn = Pgn(digits)
    except ValueError:
        return None
    return pgn if pgn.is_test else None
