"""The sandbox's pupils: test numbers, all different, in the ranges that are the sandbox's own."""

from __future__ import annotations

import pytest

from exchange.sandbox.world.pupils import pupils, pupils_without_bsn


def test_gives_different_test_bsns_in_its_own_range() -> None:
    found = pupils(600)
    assert len(set(found)) == 600
    assert all(pgn.is_test and pgn.reveal().startswith("99990") for pgn in found)


def test_gives_different_onderwijsnummers_in_its_own_range() -> None:
    found = pupils_without_bsn(50)
    assert len(set(found)) == 50
    assert all(pgn.is_test and pgn.reveal().startswith("10999") for pgn in found)


def test_gives_the_same_pupils_every_time_and_others_after_a_skip() -> None:
    assert pupils(3, skip=2) == pupils(5)[2:]


def test_says_when_there_are_no_more() -> None:
    with pytest.raises(ValueError, match="no more pupils"):
        pupils(10_000)


def test_never_shows_a_number() -> None:
    (pupil,) = pupils(1)
    assert pupil.reveal() not in repr(pupil) + str(pupil)
