"""The live view on a terminal: parts, progress, who got what, and the latest events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from exchange.sandbox.screen.accounts import accounts_of
from exchange.sandbox.screen.board import Board
from exchange.sandbox.screen.suppliers import counted, suppliers_of, suppliers_table
from exchange.sandbox.screen.tables import Names, accounts_table, parts_table

_FRAMES_A_SECOND = 6
_BAR_WIDTH = 16
_MOST_EVENTS = 8


class LiveView:
    """Redraws the board a few times a second; what is printed meanwhile scrolls by above it."""

    def __init__(self, board: Board, names: Names, title: str, console: Console) -> None:
        self._board = board
        self._names = names
        self._title = title
        self._console = console
        self._summed_up = False
        self._live = self._drawing()

    def __enter__(self) -> LiveView:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()
        self._console.print("gestopt", style="dim")

    def sum_up(self, summary: RenderableType) -> None:
        """Print the summary; from here on only what still changes is redrawn."""
        self._summed_up = True
        with self._stilled():
            self._console.print(summary, soft_wrap=isinstance(summary, Text))

    def end(self, line: str) -> None:
        """Print the last line."""
        with self._stilled():
            self._console.print(line, highlight=False, markup=False)

    @contextmanager
    def _stilled(self) -> Iterator[None]:
        """Take the drawing away for a moment: drawn anew while much is printed it leaves traces."""
        self._live.stop()
        yield
        self._live = self._drawing()
        self._live.start()

    def _drawing(self) -> Live:
        return Live(
            console=self._console,
            get_renderable=self._draw,
            refresh_per_second=_FRAMES_A_SECOND,
            transient=True,
        )

    def _draw(self) -> RenderableType:
        drawn: list[RenderableType] = [
            Rule(Text(self._title, "bold"), align="left"),
            Padding(parts_table(self._board.parts(), self._board.arrived), (0, 1)),
        ]
        if not self._summed_up:
            drawn += self._progress()
        width = self._console.width
        used = len(self._console.render_lines(Group(*drawn), pad=False))
        room = max(1, min(_MOST_EVENTS, self._console.height - used - 3))
        drawn.append(Rule(style="dim"))
        for event in self._board.latest(room):
            line = Text(f" {event.at:%H:%M:%S} {event.text}", "dim", no_wrap=True)
            line.truncate(width, overflow="ellipsis")
            drawn.append(line)
        return Group(*drawn)

    def _progress(self) -> list[RenderableType]:
        """Show the month while it is delivered, and then the week."""
        delivered, told = self._board.deliveries(), self._board.tellings()
        if not delivered:
            return []
        lines = sum(len(one.delivery.lines) for one in delivered)
        accepted = [one.receipt for one in told if one.receipt is not None]
        bars = Table.grid(padding=(0, 2))
        bars.add_column()
        for _ in range(3):
            bars.add_column(no_wrap=True)
        bars.add_row(
            ProgressBar(self._board.planned_lines, lines, width=_BAR_WIDTH),
            f"{counted(lines)}/{counted(self._board.planned_lines)} registraties",
            f"{counted(sum(one.accepted for one in delivered))} aangenomen",
            f"{counted(sum(one.refused for one in delivered))} geweigerd",
        )
        bars.add_row(
            ProgressBar(self._board.planned, len(told), width=_BAR_WIDTH),
            f"{len(told)}/{self._board.planned} berichten",
            f"{len(accepted)} aangenomen",
            f"{len(told) - len(accepted)} geweigerd",
        )
        drawn: list[RenderableType] = [Text(), Padding(bars, (0, 1)), Text()]
        if told:
            table = accounts_table(accounts_of(accepted), self._names)
        else:
            table = suppliers_table(suppliers_of(delivered))
        return [*drawn, Padding(table, (0, 1))]
