"""What the screen says about each supplier's registrations, on a narrow terminal too."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console, RenderableType
from rich.padding import Padding

from exchange.errors import Code
from exchange.sandbox.screen.suppliers import mistakes_table, suppliers_of, suppliers_table
from exchange.sandbox.story.delivery import Delivered, Delivery, Form


def delivered(sender: str, form: Form, good: int, *refused: Code) -> Delivered:
    """Give a delivery of which ``good`` lines were taken, and then some refused."""
    lines = [b"{}"] * (good + len(refused))
    bad = {good + n: code for n, code in enumerate(refused, start=1)}
    items: list[Any] = [{"regel": n, "fouten": [{"code": c.value}]} for n, c in bad.items()]
    receipt = {"aantalAangenomen": good, "aantalGeweigerd": len(bad), "geweigerd": items}
    return Delivered(Delivery(f"{sender}-{good}", sender, form, lines, bad, 12, 3), receipt)


TOLD = [
    delivered("las-noord", Form.NDJSON, 1784, Code.ONBEKENDE_REDEN, Code.PGN_ONGELDIG),
    delivered("las-noord", Form.JSON, 1),
    delivered("las-regio", Form.GZIP, 25_688, Code.PERIODE_GESLOTEN),
]


def drawn(what: RenderableType, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as printed:
        console.print(Padding(what, (0, 2)))
    return printed.get().splitlines()


def test_adds_up_the_deliveries_of_each_supplier() -> None:
    noord, regio = suppliers_of(TOLD)
    assert (noord.name, noord.lines, noord.accepted, noord.refused) == ("las-noord", 1787, 1785, 2)
    assert (noord.corrections, noord.withdrawals) == (24, 6)
    assert noord.mistakes == [(1785, "onbekende-reden"), (1786, "pgn-ongeldig")]
    assert (regio.name, regio.accepted, regio.refused) == ("las-regio", 25_688, 1)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_shows_every_number_whole(width: int) -> None:
    heading, noord, regio = drawn(suppliers_table(suppliers_of(TOLD)), width)
    assert heading.split() == [
        *("leverancier", "leveringen", "regels", "aangenomen", "geweigerd"),
        *("verbeterd", "ingetrokken"),
    ]
    assert noord.split() == ["las-noord", "1", "+", "1", "los", "1.787", "1.785", "2", "24", "6"]
    assert regio.split() == ["las-regio", "1", "gzip", "25.689", "25.688", "1", "12", "3"]


def test_names_the_lines_that_came_back() -> None:
    lines = drawn(mistakes_table(suppliers_of(TOLD)), 80)
    assert [line.strip() for line in lines] == [
        "las-noord  1.785 onbekende-reden, 1.786 pgn-ongeldig",
        "las-regio  25.689 periode-gesloten",
    ]
