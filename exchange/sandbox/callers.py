"""Everybody's connection to the gateway, opened when first used."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType

from exchange.bootstrap.caller import party_client
from exchange.sandbox.layout import Layout
from exchange.sandbox.story.caller import Caller, Pause


class Callers:
    """Gives the caller of a party by name; closes all connections at the end of the block."""

    def __init__(self, layout: Layout, base_url: str, pause: Pause) -> None:
        self._layout = layout
        self._base_url = base_url
        self._pause = pause
        self._open = ExitStack()
        self._callers: dict[str, Caller] = {}

    def __enter__(self) -> Callers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def __call__(self, name: str) -> Caller:
        """Give the caller of a party."""
        if name not in self._callers:
            client = party_client(
                self._base_url,
                self._layout.ca,
                self._layout.certificate(name),
                self._layout.private_key(name),
            )
            self._callers[name] = Caller(self._open.enter_context(client), self._pause)
        return self._callers[name]
