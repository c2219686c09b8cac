"""Leaks on purpose: one for every place that is searched, each in a form of its own.

A search that finds none of the real canaries has proved something only if it finds all of these.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.privacy.canaries import Aviary
from tests.privacy.forms import Canary

_CROWD = 60


@dataclass(frozen=True, slots=True)
class Plant:
    """A leak, where it must be found, and in which form."""

    canary: Canary
    surface: str
    form: str


class Plants:
    """The planted canaries of one run, by where they lie."""

    def __init__(self, aviary: Aviary) -> None:
        self.crowd = [aviary.number(f"planted in a crowd, {n}", "crowd") for n in range(_CROWD)]
        self._aviary = aviary
        self._plants: dict[str, Plant] = {}
        for place, (surface, form) in PLACES.items():
            canary = aviary.number(f"planted: {place}", "planted")
            self._plants[place] = Plant(canary, surface, form)

    @property
    def canaries(self) -> list[Canary]:
        """All of them, for the scanner."""
        return [plant.canary for plant in self._plants.values()] + self.crowd

    def at(self, place: str) -> Plant:
        """Give the plant of a place."""
        return self._plants[place]

    async def in_database(self, conn: Any) -> None:  # noqa: ANN401  asyncpg has no types
        """Plant in rows, in rows that are gone, in the WAL alone and in the server's log."""
        text = {place: plant.canary.text for place, plant in self._plants.items()}
        dotted = _dotted(text["a row"])
        await conn.execute(
            "CREATE TABLE lek (tekst text, afdruk bytea, groot bigint, klein integer)"
        )
        await conn.execute(
            "INSERT INTO lek (tekst, afdruk, groot) VALUES ($1, $2, $3)",
            dotted,
            hashlib.sha256(text["a digest in a row"].encode()).digest(),
            int(text["a number in a row"]),
        )
        await conn.execute("INSERT INTO lek (tekst) VALUES ($1)", text["a row that is gone"][::-1])
        for canary in self.crowd:
            await conn.execute("INSERT INTO lek (klein) VALUES ($1)", int(canary.text))
        await conn.execute("DELETE FROM lek WHERE afdruk IS NULL")
        in_wal = base64.b64encode(f"pgn={text['the WAL alone']}".encode())
        await conn.execute("SELECT pg_logical_emit_message(false, 'lek', $1::bytea)", in_wal)
        escaped = "".join(f"%%{ord(digit):02x}" for digit in text["the server's log"])
        await conn.execute(f"DO $$ BEGIN RAISE LOG 'lek {escaped}'; END $$")

    def in_folder(self, folder: Path) -> None:
        """Plant in a process's log, among the keys, in a file and in the name of one."""
        text = {place: plant.canary.text for place, plant in self._plants.items()}
        escaped = "".join(f"\\u{ord(digit):04x}" for digit in text["a process's log"])
        with (folder / "logs" / "gateway.log").open("a") as log:
            log.write(f'{{"event": "lek", "pgn": "{escaped}"}}\n')
        packed = gzip.compress(f"leerling {text['among the keys']}".encode())
        (folder / "keys" / "lek.key").write_bytes(b"onzin" + packed)
        streamed = zlib.compress(f"leerling {text['a file of the installation']}".encode() * 5)
        (folder / "lek.bin").write_bytes(b"\0" * 3 + streamed)
        (folder / f"export-{text['the name of a file']}.csv").touch()
        (folder / "lek.gone").symlink_to(folder / "nowhere")

    def into(self, place: str, real: bytes) -> bytes:
        """Give a copy of what was really said, with a leak in it."""
        return real + b"\n" + _SAID[place](self._plants[place].canary.text)

    @contextmanager
    def in_a_process(self) -> Iterator[int]:
        """Run a process with a leak in its environment."""
        text = self._plants["an environment"].canary.text
        digest = base64.b64encode(hashlib.sha512(text.encode()).digest()).decode()
        command = (sys.executable, "-c", "import sys; sys.stdin.read()")
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, env={**os.environ, "LEK": digest}
        )
        try:
            yield process.pid
        finally:
            process.communicate()


PLACES = {
    "a row": ("tables", "4.2.3 utf-8"),
    "a digest in a row": ("bytes in tables", "sha256 of it"),
    "a number in a row": ("database files", "int64 little-endian"),
    "a row that is gone": ("database files", "reversed utf-8"),
    "the WAL alone": ("WAL", "plain utf-8 in base64 at 1"),
    "the server's log": ("server log", "url-escaped utf-8"),
    "a process's log": ("logs", "json-escaped utf-8"),
    "an environment": ("processes", "sha512 of it in base64 at 0"),
    "a metric's label": ("metrics", "plain utf-8 in hex"),
    "an answer": ("answers", "plain utf-16-be"),
    "a notice": ("notices", "html-escaped utf-8"),
    "among the keys": ("keys", "plain utf-8"),
    "a file of the installation": ("folder", "plain utf-8"),
    "the name of a file": ("folder", "plain utf-8"),
}
"""Where, on which surface it must be found, and in which form."""

_SAID: dict[str, Callable[[str], bytes]] = {
    "a metric's label": lambda pgn: f'lek{{label="{pgn.encode().hex()}"}} 1'.encode(),
    "an answer": lambda pgn: pgn.encode("utf-16-be"),
    "a notice": lambda pgn: "".join(f"&#{ord(digit)};" for digit in pgn).encode(),
}


def _dotted(pgn: str) -> str:
    return f"leerling {pgn[:4]}.{pgn[4:6]}.{pgn[6:]}"
