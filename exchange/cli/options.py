"""Options that several commands share, and how a process learns that it should stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Annotated

import typer
import uvloop

from exchange.config import Settings
from exchange.telemetry.events import configure_logging

BaseUrl = Annotated[str, typer.Option(envvar="EXCHANGE_BASE_URL", help="Address of the gateway.")]
GatewayCa = Annotated[
    Path | None, typer.Option(envvar="EXCHANGE_CA", help="CA of the gateway (PEM).")
]
Certificate = Annotated[
    Path | None, typer.Option(envvar="EXCHANGE_CERT", help="Your certificate (PEM).")
]
CertificateKey = Annotated[
    Path | None, typer.Option(envvar="EXCHANGE_KEY", help="Its private key (PEM).")
]
Dir = Annotated[
    Path | None,
    typer.Option("--dir", help="A sandbox folder; without it, settings come from the environment."),
]
WithParent = Annotated[
    bool,
    typer.Option("--with-parent", help="Stop when standard input closes: when the parent is gone."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_STANDARD_INPUT = 0


def settings_of(folder: Path | None) -> Settings:
    """Read the settings of a folder or of the environment."""
    return Settings.load(folder, os.environ)


def run_until_stopped(
    part: Callable[[asyncio.Event], Awaitable[None]], *, with_parent: bool
) -> None:
    """Run ``part`` until SIGTERM, SIGINT, or (``with_parent``) the end of standard input."""
    configure_logging()

    async def main() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if with_parent:
            watch_parent(lambda: loop.call_soon_threadsafe(stop.set))
        await part(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def stop_when_asked(*signals: signal.Signals) -> threading.Event:
    """Give the event that one of ``signals`` sets; for commands that are not asynchronous.

    A handler runs in the middle of anything, where setting an event could wait for itself. A
    SimpleQueue may be filled there (Python documents it so), and a thread does the rest.
    """
    stop = threading.Event()
    asked: SimpleQueue[None] = SimpleQueue()

    def pass_on() -> None:
        asked.get()
        stop.set()

    for number in signals:
        signal.signal(number, lambda *_: asked.put(None))
    threading.Thread(target=pass_on, daemon=True, name="signals").start()
    return stop


def watch_parent(gone: Callable[[], object]) -> None:
    """Call ``gone`` from a thread when standard input ends: the parent held the other end."""

    def watch() -> None:
        # Not through sys.stdin: at exit Python would wait for its lock, which this thread holds.
        while os.read(_STANDARD_INPUT, 4096):
            pass
        gone()

    threading.Thread(target=watch, daemon=True, name="parent").start()
