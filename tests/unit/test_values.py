"""A value shows its name and nothing of what it holds, whoever prints it."""

from __future__ import annotations

from datetime import date

import pytest
from rich.pretty import pretty_repr

from exchange.messages.identifiers import Pgn, Vestigingscode
from exchange.values import Value
from tests.persons import bsn

PGN = bsn(7)


class Holding(Value, frozen=True):
    """A value with something in it that nobody may see."""

    pgn: Pgn
    number: str
    day: date


@pytest.mark.parametrize("shown", [repr, str, ascii, pretty_repr, "{!r}".format, "{}".format])
def test_a_value_shows_nothing_of_what_it_holds(shown: object) -> None:
    assert callable(shown)
    held = Holding(PGN, PGN.reveal(), date(2019, 8, 7))
    for value in (held, (held,), {"a": held}, PGN, [PGN]):
        text = shown(value)
        assert PGN.reveal() not in text
        assert "2019" not in text


def test_an_identifier_that_is_no_secret_shows_itself() -> None:
    assert str(Vestigingscode("99AA00")) == "99AA00"
