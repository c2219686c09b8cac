"""``exchange submit`` against the running gateway: killed between two portions, it counts once."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.flow.installation import CODE, Installation
from tests.flow.killable import GATEWAY
from tests.flow.schools import ALKMAAR
from tests.integration.api.world import signaal
from tests.keyboard import Keyboard
from tests.persons import bsns

Send = Callable[..., Awaitable[tuple[int, str, str]]]

SENDER = "sender"
LINES = 2_500
PORTIONS = 3
PUPILS = 100
MINUTES = 60
_PATIENCE_SECONDS = 60
_PGNS = [pgn.reveal() for pgn in itertools.islice(bsns(999990000), PUPILS)]
_HEADER = "vestigingscode;registratieId;pgn;datum;minuten;categorie"

KILLED_AT = ("1 intake", "8 store", "receipt half sent", "receipt sent")
"""Of the second portion: before it counts, and when it does and the sender may not know it."""


def start(installation: Installation, file: Path, *options: str) -> subprocess.Popen[str]:
    """Start a sender; an order may name it as a victim."""
    sender = subprocess.Popen(
        (
            *(sys.executable, "-m", "exchange", "submit", str(file)),
            *("--dir", str(installation.folder), "--as", ALKMAAR.sender, *options),
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=CODE,
        text=True,
    )
    installation.scene.note_pid(SENDER, sender.pid)
    return sender


async def ended(sender: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Give exit code and both outputs."""
    out, err = await asyncio.to_thread(sender.communicate, timeout=_PATIENCE_SECONDS)
    return sender.returncode, out, err


@pytest.fixture
def send(installation: Installation, keyboard: Keyboard) -> Send:
    """Run a sender to its end."""

    async def send(file: Path, *options: str, party: str = ALKMAAR.sender) -> tuple[int, str, str]:
        where = ("--dir", str(installation.folder), "--as", party)
        done = await asyncio.to_thread(keyboard.type, "submit", str(file), *where, *options)
        return done.returncode, done.stdout, done.stderr

    return send


def registrations(installation: Installation, file: Path, name: str, count: int = LINES) -> None:
    """Write a file of registrations whose ids no other file has."""
    rows = [
        f"{ALKMAAR.vestigingscode};{name}-{number};{_PGNS[number % PUPILS]}"
        f";{installation.today - timedelta(days=number % 10)};{MINUTES};geoorloofd"
        for number in range(count)
    ]
    file.write_text("\n".join([_HEADER, *rows]) + "\n")


async def counted(installation: Installation) -> tuple[int, int]:
    """Give how many registrations there are and what they come to in minutes."""
    (row,) = await installation.sql("SELECT count(*), coalesce(sum(minuten), 0) FROM registrations")
    return int(row[0]), int(row[1])


async def stored(installation: Installation) -> int:
    """Give how many deliveries were taken in."""
    (row,) = await installation.sql("SELECT count(*) FROM messages")
    return int(row[0])


def told(file: Path, name: str) -> list[str]:
    """Read a file that the sender keeps."""
    return (file.with_name(f"{file.name}.ontvangst") / name).read_text().splitlines()


@pytest.mark.parametrize("point", KILLED_AT)
async def test_a_sender_killed_between_two_portions_goes_on_and_everything_counts_once(
    installation: Installation, send: Send, tmp_path: Path, point: str
) -> None:
    file = tmp_path / "week.csv"
    registrations(installation, file, f"K{KILLED_AT.index(point)}")
    rows, minutes = await counted(installation)
    messages = await stored(installation)
    installation.order(GATEWAY, point, SENDER, passage=2)
    code, _, _ = await ended(start(installation, file, "--soort", "verzuimregistraties"))
    await installation.carried_out(GATEWAY)
    assert code < 0, "it was not killed"
    assert len(told(file, "ontvangstbewijzen.ndjson")) in {1, 2}, "not halfway"
    keys = [line for line in told(file, "stand.ndjson") if "sleutel" in line]

    code, out, err = await send(file, "--soort", "verzuimregistraties", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["aangenomen"] == LINES
    assert await counted(installation) == (rows + LINES, minutes + LINES * MINUTES)
    assert await stored(installation) == messages + PORTIONS, "a portion went under two keys"
    assert [line for line in told(file, "stand.ndjson") if "sleutel" in line][: len(keys)] == keys
    receipts = [json.loads(line) for line in told(file, "ontvangstbewijzen.ndjson")]
    assert len({receipt["berichtId"] for receipt in receipts}) == len(receipts) == PORTIONS
    assert sum(receipt["aantalAangenomen"] for receipt in receipts) == LINES


async def test_a_gateway_that_dies_halfway_is_waited_for(
    installation: Installation, send: Send, tmp_path: Path
) -> None:
    file = tmp_path / "week.csv"
    registrations(installation, file, "G")
    rows, minutes = await counted(installation)
    installation.order(GATEWAY, "8 committed", GATEWAY, passage=2)
    code, _, err = await send(file, "--soort", "verzuimregistraties", "--gzip")
    await installation.carried_out(GATEWAY)
    assert (code, err) == (0, "")
    assert await counted(installation) == (rows + LINES, minutes + LINES * MINUTES)
    assert len(told(file, "ontvangstbewijzen.ndjson")) == PORTIONS


async def test_refused_lines_are_told_and_the_good_ones_count(
    installation: Installation, send: Send, tmp_path: Path
) -> None:
    file = tmp_path / "week.csv"
    registrations(installation, file, "R", count=3)
    bad = f"99CC00;R-9;{_PGNS[0]};{installation.today};0;geoorloofd"
    file.write_text(f"{file.read_text()}\n{bad}\n")
    rows, _ = await counted(installation)
    options = ("--soort", "verzuimregistraties")
    rehearsed = await send(file, *options, "--valideer")
    assert await counted(installation) == (rows, _)
    code, out, err = await send(file, *options)
    assert (code, err, rehearsed[0]) == (1, "", 1)
    assert (await counted(installation))[0] == rows + 3
    (refusal,) = map(json.loads, told(file, "geweigerd.ndjson"))
    assert (refusal["regel"], refusal["pointer"]) == (6, "/minuten")
    assert not [pgn for pgn in _PGNS if pgn in out + rehearsed[1]]


async def test_a_signaal_with_a_birth_date_arrives_without_it(
    installation: Installation, send: Send, tmp_path: Path
) -> None:
    day = installation.today - timedelta(days=installation.today.weekday() + 7)
    body: dict[str, Any] = signaal(
        next(bsns(999995000)),
        vestigingscode=ALKMAAR.vestigingscode,
        woongemeente=ALKMAAR.woongemeente,
        venster={"van": day.isoformat(), "tot": day.isoformat()},
        criterium="OPLOPEND",
        oudersGeinformeerdOp=day.isoformat(),
    )
    row: dict[str, str] = {
        **{name: body[name] for name in ("vestigingscode", "pgn", "woongemeente", "criterium")},
        "geboortedatum": f"{day.year - 14}-01-02",
        "venster.van": day.isoformat(),
        "venster.tot": day.isoformat(),
        "ongeoorloofdeMinuten": str(body["ongeoorloofdeMinuten"]),
        "oudersGeinformeerdOp": day.isoformat(),
        "actiesSchool": "|".join(body["actiesSchool"]),
        "contact.rol": body["contact"]["rol"],
        "contact.email": body["contact"]["email"],
    }
    file = tmp_path / "signalen.csv"
    file.write_text("\n".join(",".join(part) for part in (row.keys(), row.values())) + "\n")
    code, _, err = await send(file, "--soort", "signalen")
    assert (code, err) == (0, "")
    (receipt,) = map(json.loads, told(file, "ontvangstbewijzen.ndjson"))
    arrived = installation.journal(ALKMAAR.recipient)
    await installation.until(
        lambda: receipt["berichtId"] in arrived.read_text(), "the signaal arrives"
    )


@pytest.mark.parametrize(
    ("party", "code", "word"),
    [("leerplicht-0361", 1, "Gestopt bij regel 2"), ("nobody", 2, "--as")],
)
async def test_whoever_may_not_send_hears_why(
    installation: Installation, send: Send, tmp_path: Path, party: str, code: int, word: str
) -> None:
    file = tmp_path / "week.csv"
    registrations(installation, file, "W", count=2)
    found = await send(file, "--soort", "verzuimregistraties", party=party)
    assert found[0] == code
    assert word in found[2]


async def test_an_unknown_column_is_wrong_usage_and_nothing_is_sent(
    installation: Installation, send: Send, tmp_path: Path
) -> None:
    file = tmp_path / "week.csv"
    registrations(installation, file, "U", count=2)
    file.write_text(file.read_text().replace("categorie", "achternaam"))
    rows = await counted(installation)
    code, _, err = await send(file, "--soort", "verzuimregistraties")
    assert code == 2
    assert "achternaam" in err
    assert not file.with_name("week.csv.ontvangst").exists()
    assert await counted(installation) == rows
