"""Searches an installation, first as it runs and then cold: all that it keeps, says and said."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.flow.installation import RECIPIENTS, Installation, receiver_of
from tests.flow.killable import GATEWAY, WORKERS
from tests.privacy.commands import Commands
from tests.privacy.dump import Value, tables, text_of, values_of
from tests.privacy.forms import Canary
from tests.privacy.plants import Plants
from tests.privacy.scanner import Findings, Scanner
from tests.privacy.wire import Answer

SURFACES = (
    *("tables", "bytes in tables", "database files", "WAL", "server log", "logs", "processes"),
    *("metrics", "answers", "notices", "keys", "folder"),
)
_VIEWS = ("pg_stat_activity", "pg_stats", "pg_settings")


@dataclass(frozen=True)
class Searched:
    """What was found, what the tables held, and how long the search took."""

    findings: Findings
    database: list[Value]
    seconds: float


class Search:
    """One search of one installation, with leaks planted in it."""

    def __init__(
        self,
        installation: Installation,
        commands: Commands,
        canaries: list[Canary],
        plants: Plants,
    ) -> None:
        self._installation = installation
        self._commands = commands
        self._plants = plants
        self._scanner = Scanner([*canaries, *plants.canaries])

    async def everywhere(self, answers: list[Answer], notices: list[bytes]) -> Searched:
        """Search; the installation is at rest afterwards."""
        started = time.monotonic()
        self._said(answers, notices)
        await self._metrics()
        self._processes()
        database = await self._tables()
        await self._at_rest()
        self._plants.in_folder(self._installation.folder)
        self._files()
        return Searched(self._scanner.findings, database, time.monotonic() - started)

    def _said(self, answers: list[Answer], notices: list[bytes]) -> None:
        for answer in answers:
            place = f"{answer.status} to {answer.caller}, who asked {answer.asked}"
            self._scanner.scan("answers", place, answer.raw)
        for notice in notices:
            self._scanner.scan("notices", "notice", notice)
        leak = self._plants.into("an answer", answers[-1].raw)
        self._scanner.scan("answers", "planted", leak)
        self._scanner.scan("notices", "planted", self._plants.into("a notice", notices[-1]))

    async def _metrics(self) -> None:
        place = self._installation.settings.operator_listen
        assert place is not None
        async with httpx.AsyncClient() as operator:
            page = await operator.get(f"http://{place.host}:{place.port}/metrics")
        assert b"exchange_requests_total" in page.content
        self._scanner.scan("metrics", "/metrics", page.content)
        leak = self._plants.into("a metric's label", page.content)
        self._scanner.scan("metrics", "planted", leak)

    def _processes(self) -> None:
        postmaster = self._installation.postgres.postmaster_pid
        assert postmaster is not None
        with self._plants.in_a_process() as planted:
            ours = [*self._commands.pids.values(), postmaster, *_children(postmaster), planted]
            for pid in ours:
                for place in (Path(f"/proc/{pid}/environ"), Path(f"/proc/{pid}/cmdline")):
                    with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                        self._scanner.scan("processes", str(place), place.read_bytes())

    async def _tables(self) -> list[Value]:
        """As `pg_dump` has them, with what hides in their bytes, and what the server counts."""
        async with self._installation.superuser() as conn:
            await self._plants.in_database(conn)
            await conn.execute("ANALYZE")
            for table in [*await tables(conn), *_VIEWS]:
                self._scanner.scan("tables", table, await text_of(conn, table))
            values = await values_of(conn)
            for value in values:
                self._scanner.scan("bytes in tables", value.place, value.data)
            await conn.execute("CHECKPOINT")
        return values

    async def _at_rest(self) -> None:
        installation = self._installation
        for client in installation.clients.values():
            await client.aclose()  # a gateway waits for who stays connected
        await installation.rest(*map(receiver_of, RECIPIENTS), WORKERS, GATEWAY)
        await installation.leave_postgres()
        installation.postgres.stop()

    def _files(self) -> None:
        """Search all that lies in the folder but for what recipients keep and the test's own."""
        folder, scanner = self._installation.folder, self._scanner
        data = self._installation.postgres.data_folder
        scanner.scan_tree("database files", data)
        for segment in sorted((data / "pg_wal").glob("[0-9A-F]" * 24)):
            scanner.scan_wal("WAL", segment)
        scanner.scan_tree("server log", data.parent, leave_out=[data])
        scanner.scan_tree("logs", folder / "logs")
        scanner.scan_tree("keys", folder / "keys")
        searched = [folder / "logs", folder / "keys", data, data.parent]
        journals = [self._installation.journal(name) for name in RECIPIENTS]
        own = [folder / "pki" / "las-noord-anders.pem"]
        scanner.scan_tree("folder", folder, leave_out=[*searched, *journals, *own])


def _children(parent: int) -> list[int]:
    """Give the server's processes: each tells in its title what it does."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found
