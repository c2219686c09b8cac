"""Measures what it costs to find one pupil: at a school, and over the whole country.

Every vestiging has links in two schooljaren, each under a key of its own in a folder of key files.
The yardstick is the cheapest thing that leaves a record: a look that shows nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from adapters.keys.file import FileKeyProvider
from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, Subject, record
from exchange.crypto.pseudonym import blind_index
from exchange.crypto.wrapping import Argon2Cost
from exchange.messages.identifiers import Gemeentecode, Pgn, Schooljaar, Vestigingscode
from exchange.messages.inzage import InzageReden, Inzageverzoek
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.inzage import inzage
from exchange.pipeline.onlooker import Onlooker, log_look
from exchange.policy.parties import Grant, Party, Role, Sector, Vestiging
from exchange.storage import directory
from exchange.telemetry.events import configure_logging
from exchange.telemetry.trace import trace_of
from tests.bench.cluster import cluster, prepared
from tests.bench.outcome import Outcome
from tests.integration.api.world import LONG_AGO, OINS, World, make_world

_YEARS = (Schooljaar(2025), Schooljaar(2026))
_PUPIL = Pgn("999970008")
_OF_PUPIL = 15
"""Records at each of the two schools of the pupil, in each schooljaar."""
_VERZOEK = Inzageverzoek(pgn=_PUPIL, reden=InzageReden.INZAGEVERZOEK)
_MOST_AT_A_SCHOOL, _MOST_IN_THE_COUNTRY = 300.0, 2_000.0


@dataclass(frozen=True)
class Measured:
    """Milliseconds: medians, and the least that each took; ``cold`` is the first after a start.

    A neighbour on the machine can slow one measurement down, and never speed one up: so it is by
    the least that they are judged.
    """

    vestigingen: int
    links: int
    yardstick: float
    school: float
    country: float
    cold: float
    least_yardstick: float
    least_school: float
    least_country: float


def run(asked: argparse.Namespace) -> Outcome:
    """Measure over ``asked.vestigingen`` with ``asked.links`` links."""
    configure_logging(io.StringIO())  # the figures are the output
    found = asyncio.run(_measure(asked.vestigingen, asked.links))
    failures = []
    if found.least_school > _MOST_AT_A_SCHOOL:
        failures.append(f"at a school it takes {found.least_school:.0f} ms")
    if found.least_country > _MOST_IN_THE_COUNTRY:
        failures.append(f"over the country it takes {found.least_country:.0f} ms")
    return Outcome(_render(found), asdict(found), failures)


async def _measure(vestigingen: int, links: int) -> Measured:
    codes = [_code(number) for number in range(vestigingen)]
    with (
        cluster() as (running, passfile),
        tempfile.TemporaryDirectory(prefix="vx-bench-keys-", dir="/tmp") as folder,
    ):
        database, place = await prepared(running, passfile), Path(folder)
        own = (place / "keys", place / "phrase")
        keys = FileKeyProvider.create(*own, Argon2Cost(8, 1, 1))
        async with make_world(database, keys=keys) as world:
            await _load(world, codes, links)
            started_again = world.over(keys=FileKeyProvider(*own))
            return await _times(started_again, codes, links)


async def _load(world: World, codes: Sequence[Vestigingscode], links: int) -> None:
    there = (Gemeentecode("0361"), Sector.VO, "VO2703", LONG_AGO)
    async with world.operating() as conn:
        await directory.put_vestigingen(conn, [Vestiging(code, *there) for code in codes])
        await directory.grant(conn, OINS["school-99AA"], Role.SCHOOL, codes[0].brin)
    for code in codes:
        for year in _YEARS:
            blind_index(_PUPIL, code, year, world.gateway.keys)
    await world.execute("SET synchronous_commit = off")
    await world.root.execute(_LINKS, [str(code) for code in codes], links)
    for code in (codes[0], codes[-1]):
        for year in _YEARS:
            for _ in range(_OF_PUPIL):
                await _process(world.gateway, code, year)
    await world.root.execute("VACUUM ANALYZE")
    await world.root.execute("CHECKPOINT")


async def _process(gateway: Gateway, code: Vestigingscode, year: Schooljaar) -> None:
    """Do something with the pupil's data: a record as a download leaves it, linked to the pupil."""
    now, officer = gateway.clock.now(), OINS["leerplicht-0361"]
    happening = Happening(
        action=Action.OPGEHAALD,
        activiteit="signaal-leerplicht/1",
        actor=officer,
        namens=str(officer),
        trace=trace_of({}),
        started_at=now,
        ended_at=now,
        bericht_id=gateway.ids.uuid7(),
        recipient=officer,
        velden=("pgn", "venster", "criterium"),
        subjects=(Subject(code, year, blind_index(_PUPIL, code, year, gateway.keys)),),
    )
    async with gateway.database.transaction(party=officer, today=gateway.today()) as conn:
        await append_record(conn, record(happening, gateway.keys, gateway.ids))


async def _times(world: World, codes: Sequence[Vestigingscode], links: int) -> Measured:
    gateway = world.gateway
    fg = _onlooker("fg", Grant(Role.FG))
    school = _onlooker("school-99AA", Grant(Role.SCHOOL, codes[0].brin))
    told: list[int] = []

    async def country() -> None:
        told.append(len((await inzage(fg, _VERZOEK, gateway)).verwerkingen))

    async def at_school() -> None:
        await inzage(school, _VERZOEK, gateway)

    async def look() -> None:
        async with gateway.database.transaction(party=fg.party.oin, today=gateway.today()) as conn:
            await log_look(conn, fg, Action.INZAGE_GEGEVEN, gateway)

    (cold,) = await _took(world, country, 1)
    if told != [4 * _OF_PUPIL]:
        raise SystemExit(f"{told} told of {4 * _OF_PUPIL}")
    looked = await _took(world, look, 200)
    of_school, of_all = await _took(world, at_school, 40), await _took(world, country, 12)
    return Measured(
        vestigingen=len(codes),
        links=links,
        yardstick=statistics.median(looked),
        school=statistics.median(of_school),
        country=statistics.median(of_all),
        cold=cold,
        least_yardstick=min(looked),
        least_school=min(of_school),
        least_country=min(of_all),
    )


async def _took(world: World, act: Callable[[], Awaitable[None]], times: int) -> list[float]:
    await world.refresh()
    took = []
    for _ in range(times):
        started = time.perf_counter()
        await act()
        took.append((time.perf_counter() - started) * 1000)
    return took


def _onlooker(name: str, grant: Grant) -> Onlooker:
    return Onlooker(Party(OINS[name], name, (grant,)), trace_of({}))


def _code(number: int) -> Vestigingscode:
    letters = chr(65 + number // 80 % 26) + chr(65 + number // 2080)
    return Vestigingscode(f"{10 + number % 80}{letters}00")


def _render(found: Measured) -> str:
    rows = [
        ("a look that shows nothing (the yardstick)", found.yardstick, found.least_yardstick),
        ("inzage at one school", found.school, found.least_school),
        ("inzage over all vestigingen", found.country, found.least_country),
        ("the same, the first after a start", found.cold, found.cold),
    ]
    lines = [
        f"{found.links:,} links at {found.vestigingen:,} vestigingen in {len(_YEARS)} schooljaren",
        "",
        f"{'milliseconds; x: the least in yardsticks':<52}{'p50':>9}{'least':>9}{'x':>9}",
    ]
    lines += [
        f"{what:<52}{median:>9.1f}{least:>9.1f}{least / found.least_yardstick:>9.1f}"
        for what, median, least in rows
    ]
    return "\n".join(lines)


# Each link with a record of its own, spread evenly over vestigingen and schooljaren.
_LINKS = """
    WITH new AS (
        SELECT gen_random_uuid() AS entry, gen_random_uuid() AS bericht_id,
               ($1::text[])[1 + n * cardinality($1::text[])::bigint / $2::integer] AS code,
               (2025 + n % 2)::smallint AS year, sha256(n::text::bytea) AS digest
        FROM generate_series(0, $2::integer - 1) AS n
    ), written AS (
        INSERT INTO log_records (entry, recorded_at, activity, actor, bericht_id, action, outcome,
                                 leaf, leaf_hash)
        SELECT entry, now(), 'signaal-leerplicht/1', '00000099100000003000', bericht_id,
               'bericht-opgehaald', 'ok', repeat('x', 700)::bytea, digest
        FROM new WHERE get_byte(digest, 0) < 26
    )
    INSERT INTO subject_link (entry, bericht_id, vestigingscode, schooljaar, salt, blind_index)
    SELECT entry, bericht_id, code, year, substr(digest, 1, 16), decode('01', 'hex') || digest
    FROM new
"""
