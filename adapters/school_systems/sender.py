"""The reference sender: every line of a file is sent until it is answered, each once in effect.

A portion's key is on disk before the portion is sent, its receipt before it counts as done: after a
crash between any two of these steps the same command goes on, and the gateway knows the key.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.complaint import out_of_service
from adapters.http import mtls_client
from adapters.keys.file.durable import replace
from adapters.school_systems.entry import Entry
from adapters.school_systems.halt import Halted
from adapters.school_systems.kinds import Kind
from adapters.school_systems.portions import MOST_LINES, portions
from adapters.school_systems.post import Pause, Post, interrupted
from adapters.school_systems.progress import Delivery
from adapters.school_systems.report import Report
from adapters.school_systems.source import reader_of, stamp_of
from adapters.school_systems.ways import Recorded, Rehearsal, Way
from exchange.messages.identifiers import Oin
from exchange.policy.law import Law

_TIMEOUT_SECONDS: Final = 60.0
REFUSALS: Final = "geweigerd.ndjson"


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """Who sends what where; ``ca``, ``cert`` and ``key`` are PEM files, ``out`` is a folder.

    ``ignored`` are columns that stay behind; ``rehearsal`` has everything checked and nothing
    stored, here or there; ``packed`` sends many lines with gzip.
    """

    base_url: str
    oin: Oin
    ca: Path
    cert: Path
    key: Path
    file: Path
    kind: Kind
    out: Path
    ignored: frozenset[str] = frozenset()
    rehearsal: bool = False
    packed: bool = False


class Sender:
    """One delivery. Raises ``Unavailable`` for PEM files or an input file that cannot be used."""

    def __init__(
        self,
        settings: SenderSettings,
        law: Law,
        stop: threading.Event,
        pause: Pause | None = None,
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._stamp = stamp_of(settings.file)
        self._reader = reader_of(settings.file, settings.kind, settings.ignored, law)
        self._client = mtls_client(
            settings.base_url, settings.ca, settings.cert, settings.key, _TIMEOUT_SECONDS
        )
        self._post = Post(self._client, pause or stop.wait)

    def check(self) -> int:
        """Give how many lines there are; raises ``Invalid`` when the file cannot be sent."""
        return self._reader.count()

    def run(self, tell: Callable[[Report], None]) -> Report:
        """Send what was not sent yet, telling after each portion; give what it came to.

        Raises ``Invalid`` when the file cannot be sent, ``Refused`` when the folder holds another
        delivery, ``Unavailable`` when the disk fails.
        """
        report = Report(self.check())
        with closing(self._way()) as way:
            try:
                self._send(way, report, tell)
            except Halted as halted:
                report.halted = halted
        if not self._settings.rehearsal:
            self._write_refusals(report)
        return report

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _way(self) -> Way:
        settings = self._settings
        if settings.rehearsal:
            return Rehearsal(self._post, settings.kind, packed=settings.packed)
        delivery = Delivery(
            soort=settings.kind.value,
            grootte=self._stamp.size,
            gewijzigd=self._stamp.modified_ns,
            poort=settings.base_url,
            oin=settings.oin.reveal(),
        )
        return Recorded(self._post, settings.kind, settings.out, delivery, packed=settings.packed)

    def _send(self, way: Way, report: Report, tell: Callable[[Report], None]) -> None:
        most = MOST_LINES if self._settings.kind.many else 1
        entries = _sound(self._reader.entries(), report)
        for number, portion in enumerate(portions(entries, most, way.ends), 1):
            report.halted_at = portion.first
            self._require_undisturbed()
            report.add(way.send(number, portion))
            tell(report)
        tell(report)

    def _require_undisturbed(self) -> None:
        if self._stop.is_set():
            raise interrupted()
        if stamp_of(self._settings.file) != self._stamp:
            raise Halted("Het bestand is gewijzigd tijdens het versturen.")

    def _write_refusals(self, report: Report) -> None:
        lines = (
            {"regel": r.line, "pointer": r.pointer, "code": r.code, "detail": r.detail}
            for r in report.refusals
        )
        written = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        path = self._settings.out / REFUSALS
        try:
            replace(path, written.encode())
        except OSError as error:
            remedy = f"{path} is niet te schrijven: controleer de schijf."
            raise out_of_service("overzicht van geweigerde regels", remedy) from error


def _sound(entries: Iterable[Entry], report: Report) -> Iterator[Entry]:
    """Give the entries that may travel; count the others."""
    for entry in entries:
        if entry.refusals:
            report.leave_behind(entry)
        else:
            yield entry
