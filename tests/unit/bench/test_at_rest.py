"""The bench looks for pupils in what it left behind: it must be able to see them."""

from __future__ import annotations

from tests.bench.speed.at_rest import numbers_in
from tests.persons import bsns

_PGN = next(bsns()).reveal().encode()


def test_a_number_in_the_clear_is_seen() -> None:
    assert numbers_in(b"7\t99BB00\t" + _PGN + b"\t2026-11-22\n") == {_PGN}


def test_a_number_within_bytes_is_seen() -> None:
    assert numbers_in(b"\\\\x" + (b'{"pgn":"' + _PGN + b'"}').hex().encode()) == {_PGN}


def test_chance_digits_of_a_hash_are_no_number() -> None:
    assert numbers_in(b"\\\\x7a" + _PGN + b"0c") == set()


def test_an_oin_is_no_number() -> None:
    assert numbers_in(b"00000099" + _PGN + b"000") == set()
