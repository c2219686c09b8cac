"""The view where there is no terminal: one line per event, or only the last one."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console, RenderableType
from rich.text import Text

from exchange.sandbox.screen.board import Event


class Lines:
    """Prints each event as it comes; quiet, only how it ends."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def hear(self, event: Event) -> None:
        """Print an event."""
        if not self._quiet:
            self._print(f"{event.at:%H:%M:%S} {event.text}")

    def sum_up(self, summary: RenderableType) -> None:
        """Print the summary."""
        if not self._quiet:
            self._console.print(summary, soft_wrap=isinstance(summary, Text))

    def end(self, line: str) -> None:
        """Print the last line."""
        self._print(line)

    def _print(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)
