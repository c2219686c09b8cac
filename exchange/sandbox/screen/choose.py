"""Which view fits: live on a terminal, lines elsewhere, almost nothing when asked to be quiet."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from io import TextIOWrapper
from typing import Protocol, Self

from rich.console import Console, RenderableType

from exchange.sandbox.screen.board import Board
from exchange.sandbox.screen.lines import Lines
from exchange.sandbox.screen.live import LiveView
from exchange.sandbox.screen.tables import Names


class Screen(AbstractContextManager["Screen"], Protocol):
    """What every view can do."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def sum_up(self, summary: RenderableType) -> None:
        """Show how the school week went."""

    def end(self, line: str) -> None:
        """Show the last line."""


def open_screen(names: Names, title: str, *, quiet: bool) -> tuple[Board, Screen]:
    """Give the board to write on, and the view that shows it."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(
            errors="replace"
        )  # a sign that the terminal lacks is no reason to stop
    console = Console()
    if console.is_terminal and not quiet:
        board = Board(lambda _: None)
        return board, LiveView(board, names, title, console)
    lines = Lines(console, quiet=quiet)
    return Board(lines.hear), lines
