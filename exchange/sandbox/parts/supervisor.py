"""Keeps PostgreSQL and every part alive, and stops them in the order in which they depend."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from types import TracebackType

from exchange.errors import ExchangeError
from exchange.sandbox.parts.part import Part
from exchange.sandbox.screen.board import Board, State
from exchange.storage.embedded import EmbeddedPostgres

POSTGRES = "postgres"
_LOOK_SECONDS = 0.2
_DATABASE_EVERY = 4  # looks


class Supervisor:
    """A thread that looks after everything until the block ends.

    ``moved`` is called when a restart gave the database another address, before the parts are
    started again.
    """

    def __init__(
        self, cluster: EmbeddedPostgres, board: Board, moved: Callable[[str], None]
    ) -> None:
        """Begin with the database, which runs, and no parts."""
        self._cluster = cluster
        self._url = cluster.url
        self._ranks: list[Sequence[Part]] = []
        self._board = board
        self._moved = moved
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._database_trouble = False

    def __enter__(self) -> Supervisor:
        self._board.part(POSTGRES, State.DRAAIT, pid=self._cluster.postmaster_pid)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        for rank in reversed(self._ranks):
            for part in rank:
                part.ask_to_stop()
            for part in rank:
                part.stop()

    def add(self, *rank: Part) -> None:
        """Start parts that depend on those before them; they stop together, before those do."""
        self._ranks.append(rank)

    def _watch(self) -> None:
        for look in itertools.count():
            if look % _DATABASE_EVERY == 0:
                self._look_at_database()
            for part in self._parts():
                part.look()
            if self._ended.wait(_LOOK_SECONDS):
                return

    def _look_at_database(self) -> None:
        try:
            if self._cluster.ensure_running():
                pid = self._cluster.postmaster_pid
                self._board.part(POSTGRES, State.DRAAIT, why="was weg", pid=pid)
                self._follow(self._cluster.url)
        except ExchangeError as error:
            if not self._database_trouble:
                self._board.part(POSTGRES, State.HERSTART, why=error.facts.get("reden", ""))
            self._database_trouble = True
        else:
            self._database_trouble = False

    def _follow(self, url: str) -> None:
        if url == self._url:
            return
        self._url = url
        self._moved(url)
        for part in self._parts():
            part.restart()

    def _parts(self) -> list[Part]:
        return [part for rank in self._ranks for part in rank]
