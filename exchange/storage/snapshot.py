"""The directory in memory: fresh within seconds of a change, refused when it may be stale.

A change is announced (NOTIFY) and also looked for every few seconds, so that a revocation works
within 60 s even when an announcement is lost; a snapshot older than that is not used (fail closed).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Never

from exchange.errors import Code, Unavailable
from exchange.policy.parties import Directory, empty_directory
from exchange.storage.database import Database
from exchange.storage.directory import fingerprint, load_directory
from exchange.telemetry.events import DEPENDENCY_LOST, DIRECTORY_LOADED, emit

CHANNEL = "directory"
_LOOK_SECONDS = 10.0
_STALE_SECONDS = 45.0


class DirectorySnapshot:
    """Gives the current directory to the flows, and keeps it current."""

    def __init__(self, database: Database) -> None:
        """Start with nobody known."""
        self._database = database
        self._directory = empty_directory()
        self._print = ""
        self._loaded_at: float | None = None
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()

    def current(self) -> Directory:
        """Give the directory; raises ``dienst-onbeschikbaar`` when it may be out of date."""
        if self._loaded_at is None or monotonic() - self._loaded_at > _STALE_SECONDS:
            raise Unavailable(Code.DIENST_ONBESCHIKBAAR, part="directory")
        return self._directory

    async def refresh(self) -> None:
        """Load the directory again, now; who comes while that happens looks after it.

        So what was read later is what stays, and a revocation is never undone. The fingerprint is
        taken first: what changes between it and the reading is read, and read again the next time.
        """
        async with self._turn:
            started = monotonic()
            async with self._database.transaction() as conn:
                found = await fingerprint(conn)
                loaded = self._directory if found == self._print else await load_directory(conn)
            if loaded != self._directory:
                emit(
                    DIRECTORY_LOADED,
                    parties=len(loaded.parties),
                    vestigingen=len(loaded.vestigingen),
                )
            self._directory, self._print, self._loaded_at = loaded, found, started

    async def keep_current(self) -> Never:
        """Refresh at every announcement and every few seconds; runs until cancelled."""
        listening = asyncio.create_task(self._database.listen(CHANNEL, self._changed.set))
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._changed.wait()
                self._changed.clear()
                try:
                    await self.refresh()
                except Unavailable as error:
                    emit(DEPENDENCY_LOST, part="directory", error=type(error).__name__)
                    await asyncio.sleep(1)
        finally:
            listening.cancel()
