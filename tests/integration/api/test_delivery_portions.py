"""In whatever portions a delivery is taken in: the same comes of it, and no more is in memory."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from exchange.crypto.pseudonym import blind_index
from exchange.errors import Code, Invalid, Refused
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.messages.soort import Soort
from exchange.pipeline.at_rest import column_key, registratie_id_context
from exchange.pipeline.authenticate import authenticate
from exchange.pipeline.body import Body, Packed, Packing
from exchange.pipeline.flow import accept_lines
from exchange.pipeline.intake import intake
from exchange.pipeline.registrations import stages
from exchange.pipeline.registrations.delivery import Delivery
from exchange.pipeline.registrations.stages import SealedLine
from exchange.pipeline.registrations.store import store_lines
from exchange.pipeline.stages import Peer, RawRequest, Stored
from tests.integration.api.world import OINS, World
from tests.persons import bsn
from tests.pure import TRACE

PORTIONS = ((1, 1), (3, 7), (100, 4), (100, 1_000))
LINES = 60
DELIVERIES = 4
STANDING = (*[("99BB00", "2026-08-20")] * 6, ("99BB00", "2026-10-12"), ("99AA00", "2026-10-13"))
"""What was delivered when August was open: a correction of it falls out at the last moment."""


@dataclass(frozen=True)
class Came:
    """What came of some deliveries."""

    answers: tuple[object, ...]
    rows: Counter[tuple[Any, ...]]
    numbers: Counter[tuple[Any, ...]]
    pupils: Counter[tuple[Any, ...]]
    months: Counter[tuple[Any, ...]]


def raw_request(body: Body, key: str) -> RawRequest:
    """Give what comes in at the door."""
    return RawRequest(
        Soort.VERZUIMREGISTRATIES,
        "/v1/verzuimregistraties",
        {"content-type": "application/x-ndjson", "idempotency-key": key},
        body if isinstance(body, bytes) else b"",
        Peer(OINS["las-noord"], "x5t"),
        TRACE,
        packed=body if isinstance(body, Packed) else None,
    )


async def take_in(
    world: World,
    body: Body,
    each: int,
    written: int,
    look: Callable[[], None] = lambda: None,
) -> object:
    """Take a delivery through all steps in portions, and give what its receipt says of lines."""
    await world.stay_current()
    gateway = world.gateway
    received = intake(raw_request(body, world.key()), gateway.limits, gateway.clock.now())
    delivery = Delivery(authenticate(received, gateway.directory(), gateway.mode), gateway)

    async def sealed() -> AsyncIterator[list[SealedLine]]:
        await delivery.look_up()
        for lines in delivery.portions(each):
            classified = delivery.classify(delivery.validate(lines))
            yield delivery.encrypt(delivery.minimise(delivery.pseudonymise(classified)))
            look()
            await asyncio.sleep(0)

    try:
        stored = await store_lines(sealed(), delivery, gateway, written)
    except Invalid as refused:
        return sorted(refused.violations, key=str)
    receipt = json.loads(stored.receipt)
    names = ("aantalAangenomen", "aantalGeweigerd", "geweigerd", "vestigingen", "stromen")
    return {name: receipt[name] for name in names}


async def come_of(world: World, seed: int, each: int, written: int) -> Came:
    """Deliver the same lines from the same beginning, and look at what is there afterwards."""
    await world.execute(
        "TRUNCATE registrations, registration_ids, month_sources, tally_due, subject_link"
    )
    with world.at(datetime(2026, 10, 30, 10, 0, tzinfo=UTC)):
        lines = [line(n, code, datum=day) for n, (code, day) in enumerate(STANDING)]
        await take_in(world, ndjson(lines), 100, 1_000)
    dice = Random(seed)
    bodies = [ndjson(some(dice)) for _ in range(DELIVERIES)]
    answers = [await take_in(world, body, each, written) for body in bodies]
    return Came(
        tuple(answers),
        await content(world, "vestigingscode, datum, id_digest, pupil, minuten, categorie",
                      "registrations"),
        await content(world, "vestigingscode, id_digest, datum, content, withdrawn",
                      "registration_ids"),
        await content(world, "blind_index, vestigingscode, schooljaar, periode", "subject_link"),
        await content(world, "vestigingscode, periode, bron", "month_sources"),
    )  # fmt: skip


async def content(world: World, columns: str, table: str) -> Counter[tuple[Any, ...]]:
    """Give the rows of a table in no order."""
    query = f"SELECT {columns} FROM {table}"  # noqa: S608  our own names
    return Counter(tuple(row.values()) for row in await world.rows(query))


def line(number: int, code: str = "99AA00", /, **changes: object) -> dict[str, object]:
    """Give a line that is accepted as it stands."""
    whole = {
        "vestigingscode": code, "registratieId": f"R-{number}", "pgn": bsn(number % 9).reveal(),
        "datum": "2026-11-10", "minuten": 60, "reden": "ZIEK", **changes,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def some(dice: Random) -> list[dict[str, object]]:
    """Throw lines: new, known, corrected, withdrawn, moved to another month, and wrong ones."""
    return [
        line(
            dice.randrange(25),
            dice.choice(("99AA00", "99BB00", "99BB00", "99CC00")),
            datum=dice.choice(("2026-11-10", "2026-10-12", "2026-09-30", "2026-08-20")),
            minuten=dice.choice((15, 30, 60, 60, 0)),
            reden=dice.choice(("ZIEK", "SPIJBEL", "ZIEK", "ONZIN", None)),
            categorie=dice.choice((None, None, "geoorloofd")),
            ingetrokken=dice.choice((None, None, None, True)),
        )
        for _ in range(LINES)
    ]


def ndjson(lines: list[dict[str, object]]) -> bytes:
    """Give lines as one body."""
    return b"\n".join(json.dumps(each).encode() for each in lines)


@pytest.mark.parametrize("seed", range(4))
async def test_portions_of_any_size_come_to_the_same(world: World, seed: int) -> None:
    alone, *others = [await come_of(world, seed, *sizes) for sizes in PORTIONS]
    faults = [f for a in alone.answers for each in _refused(a) for f in each["fouten"]]
    codes = {(fault["pointer"], fault["code"]) for fault in faults}
    assert codes >= {("/registratieId", "periode-gesloten"), ("/reden", "onbekende-reden")}
    assert alone.rows
    for other in others:
        assert other == alone


async def test_a_line_that_falls_out_at_the_last_moment_is_found_by_its_pupil(world: World) -> None:
    with world.at(datetime(2026, 10, 30, 10, 0, tzinfo=UTC)):
        await take_in(world, ndjson([line(101, datum="2026-08-20")]), 100, 1_000)
    await take_in(world, ndjson([line(101), line(102)]), 100, 1_000)
    code, year, keys = Vestigingscode("99AA00"), Schooljaar(2026), world.gateway.keys
    accepted, fallen = (await world.log())[-2:]
    assert fallen.document["name"] == "regels-geweigerd"
    for record, number in ((accepted, 102), (fallen, 101)):
        index = blind_index(bsn(number % 9), code, year, keys)
        assert [found for found, _ in record.links] == [index]


async def test_every_own_number_opens_again_however_long_it_is(world: World) -> None:
    await world.execute("TRUNCATE registrations, registration_ids")
    codes, days = ("99AA00", "99BB00"), ("2026-11-10", "2026-10-12")
    lines = [
        line(
            n, codes[n % 2], registratieId="x" * n, datum=days[n % 3 % 2], minuten=n,
            reden=("ZIEK", "SPIJBEL")[n % 5 % 2],
        )
        for n in range(1, 65)
    ]  # fmt: skip
    await take_in(world, ndjson(lines), 100, 1_000)
    found = {}
    for row in await world.rows("SELECT * FROM registrations"):
        vestiging = Vestigingscode(row["vestigingscode"])
        context = registratie_id_context(vestiging, row["id_digest"])
        key = column_key(vestiging, Schooljaar(2026))
        own = world.gateway.keys.open(key, row["id_sealed"], context).decode()
        found[own] = (str(vestiging), row["datum"].isoformat(), row["minuten"], row["categorie"])
    expected = {
        each["registratieId"]: (
            each["vestigingscode"],
            each["datum"],
            each["minuten"],
            "geoorloofd" if each["reden"] == "ZIEK" else "ongeoorloofd",
        )
        for each in lines
    }
    assert found == expected


def _refused(answer: object) -> list[dict[str, Any]]:
    assert isinstance(answer, dict)
    refused: list[dict[str, Any]] = answer["geweigerd"]
    return refused


OF_A_LINE = (
    stages.Line, stages.ValidLine, stages.ClassifiedLine,
    stages.NamedLine, stages.MinimalLine, stages.SealedLine,
)  # fmt: skip
EACH, WRITTEN = 20, 100
IN_HAND = len(OF_A_LINE) * EACH + 3 * WRITTEN
"""A portion in every step, one that gathers, one that waits to be written and one that is."""
MOST_BYTES_MORE = 400_000
"""A line that stays costs about seven hundred, and there are three thousand more."""


async def test_no_more_lines_are_in_memory_than_are_worked_on(world: World) -> None:
    seen: list[int] = []
    calls = itertools.count(1)

    def look() -> None:
        if next(calls) % 25 == 0:  # all that there is in memory is much to look at
            gc.collect()  # what nobody holds any more does not count
            seen.append(sum(type(each) in OF_A_LINE for each in gc.get_objects()))

    await take_in(world, many(2_000, "A"), EACH, WRITTEN, look)
    assert len(seen) == 2_000 // EACH // 25
    assert EACH < max(seen) <= IN_HAND


async def test_four_times_the_lines_take_no_more_memory_than_their_body(world: World) -> None:
    await take_in(world, many(500, "B"), EACH, WRITTEN)
    few, large = many(1_000, "C"), many(4_000, "D")
    copied = 2 * (len(large) - len(few))  # once framed and once joined, for its digest
    assert await peak(world, large) < await peak(world, few) + copied + MOST_BYTES_MORE


async def test_a_body_that_is_packed_takes_no_memory_for_its_lines(world: World) -> None:
    await take_in(world, packed(many(500, "E")), EACH, WRITTEN)
    few, large = packed(many(1_000, "F")), packed(many(4_000, "G"))
    assert await peak(world, large) < await peak(world, few) + MOST_BYTES_MORE


async def test_packed_or_not_the_same_body_is_the_same_delivery(world: World) -> None:
    body, key = many(60, "H"), world.key()
    first = await deliver(world, body, key)
    again = await deliver(world, packed(body), key)
    assert (again.replayed, again.receipt) == (True, first.receipt)
    with pytest.raises(Refused) as refused:
        await deliver(world, packed(body + b"\n"), key)
    assert refused.value.code is Code.IDEMPOTENTIESLEUTEL_HERGEBRUIKT


async def deliver(world: World, body: Body, key: str) -> Stored:
    """Deliver as the api does."""
    await world.stay_current()
    return await accept_lines(raw_request(body, key), world.gateway)


def packed(body: bytes) -> Packed:
    """Take a body in as a large one."""
    packing = Packing(plain_bytes=0)
    packing.append(body)
    found = packing.body()
    assert isinstance(found, Packed)
    return found


async def peak(world: World, body: Body) -> int:
    """Give the most bytes that taking a body in asked for at a time."""
    gc.collect()
    tracemalloc.start()
    try:
        await take_in(world, body, EACH, WRITTEN)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def many(lines: int, own: str) -> bytes:
    """Give a body of good lines about a few pupils and days; every fiftieth is refused."""
    return ndjson(
        [
            line(
                n,
                registratieId=f"{own}-{n}",
                datum=f"2026-11-{1 + n % 15:02d}",
                minuten=0 if n % 50 == 0 else 60,
            )
            for n in range(lines)
        ]
    )
