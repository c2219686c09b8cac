"""A hundred thousand registrations in one body: counted once, in a gateway that does not swell."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.flow.installation import NOTHING, Installation, Supervisor, installed
from tests.flow.killable import GATEWAY
from tests.flow.schools import ALKMAAR
from tests.persons import bsns

LINES = 100_000
PUPILS = 1_000
ONE_BAD_IN = 100
MOST_MIB = 25
"""The body alone has twelve, and a copy of it as many."""
_PATIENCE_SECONDS = 300.0


@pytest.fixture
async def installation(crash_folder: Path, supervisor: Supervisor) -> AsyncIterator[Installation]:
    """One of its own: after every crash all that the shared one holds is audited again."""
    folder = crash_folder / "large"
    folder.mkdir()
    async with installed(folder, supervisor) as made:
        yield made


async def test_a_large_delivery_counts_once_and_leaves_the_gateway_lean(
    installation: Installation,
) -> None:
    body = b"\n".join(_lines(installation)) + b"\n"
    await _send(installation, b"\n".join(body.split(b"\n", 200)[:200]), "warm")
    pid = int((installation.scene.folder / f"{GATEWAY}.pid").read_text())
    idle = _memory(pid, "VmRSS")
    _forget_peak(pid)

    first = await _send(installation, body, "large")
    peak = _memory(pid, "VmHWM")
    receipt = first.json()
    assert (receipt["aantalAangenomen"], receipt["aantalGeweigerd"]) == (
        LINES - LINES // ONE_BAD_IN,
        LINES // ONE_BAD_IN,
    )
    found = [(item["regel"], item["fouten"][0]["pointer"]) for item in receipt["geweigerd"]]
    assert found == [(n, "/minuten") for n in range(ONE_BAD_IN, LINES + 1, ONE_BAD_IN)]
    assert peak - idle < MOST_MIB, f"{peak - idle:.0f} MiB above {idle:.0f} MiB"

    counted = await _counted(installation)
    assert counted[0] == LINES - LINES // ONE_BAD_IN
    again = await _send(installation, body, "large")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    other = await _send(installation, body, "large, under another key")
    assert other.json()["aantalAangenomen"] == receipt["aantalAangenomen"]
    assert await _counted(installation) == counted
    assert await installation.findings() == NOTHING
    print(f"idle {idle:.0f} MiB, peak {peak:.0f} MiB, took {first.elapsed.total_seconds():.1f} s")  # noqa: T201  measured, not judged


def _lines(installation: Installation) -> Iterator[bytes]:
    """Give the delivery: a thousand pupils over the last twenty days, every hundredth line bad."""
    pupils = [pgn.reveal() for pgn in itertools.islice(bsns(), PUPILS)]
    for number in range(1, LINES + 1):
        day = installation.today - timedelta(days=number % 20)
        yield json.dumps(
            {
                "vestigingscode": ALKMAAR.vestigingscode,
                "registratieId": f"L-{number}",
                "pgn": pupils[number % PUPILS],
                "datum": day.isoformat(),
                "minuten": 0 if number % ONE_BAD_IN == 0 else 1 + number % 300,
                "reden": "ZIEK" if number % 3 else "SPIJBEL",
            }
        ).encode()


async def _send(installation: Installation, body: bytes, key: str) -> httpx.Response:
    answer = await installation.clients[ALKMAAR.sender].post(
        "/v1/verzuimregistraties",
        content=body,
        headers={"content-type": "application/x-ndjson", "idempotency-key": key.replace(" ", "-")},
        timeout=_PATIENCE_SECONDS,
    )
    assert answer.status_code == 202, answer.text
    return answer


async def _counted(installation: Installation) -> tuple[int, int, int]:
    """Give what is counted: rows, minutes, and distinct pupils."""
    (row,) = await installation.sql(
        "SELECT count(*), sum(minuten), count(DISTINCT pupil) FROM registrations"
    )
    return tuple(row)


def _memory(pid: int, what: str) -> float:
    """Give a figure of a process's status in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{what}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")
