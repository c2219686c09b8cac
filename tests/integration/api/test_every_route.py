"""Whatever a party may do leaves its record, and what cannot be recorded is not done: every route.

Walks the table of ``tests/privacy/territory.py``, which a test holds against the API's description.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.integration.api.registrations import register
from tests.integration.api.test_log import recorded
from tests.integration.api.world import World, refusal
from tests.privacy.territory import NOORD, PUBLIC, ROUTES, Call

LOOK = "ontvangstbewijs-ingezien"
EXPECTED = {
    ("POST", "/signalen"): "bericht-aangenomen",
    ("POST", "/verzuimmeldingen"): "bericht-aangenomen",
    ("POST", "/verzuimregistraties"): "bericht-aangenomen",
    ("POST", "/berichten/{berichtId}/intrekkingen"): "bericht-aangenomen",
    ("GET", "/drempelmeldingen"): "drempelmeldingen-ingezien",
    ("GET", "/ontvangstbewijzen/{berichtId}"): LOOK,
    ("GET", "/ontvangstbewijzen"): LOOK,
    ("GET", "/terugmeldingen"): LOOK,
    ("PUT", "/vestigingen/{vestigingscode}/verzuimbeleid"): "verzuimbeleid-vastgelegd",
    ("GET", "/vestigingen/{vestigingscode}/verzuimbeleid"): "verzuimbeleid-ingezien",
    ("PUT", "/vestigingen/{vestigingscode}/schoolkalenders/{schooljaar}"): (
        "schoolkalender-vastgelegd"
    ),
    ("GET", "/vestigingen/{vestigingscode}/schoolkalenders/{schooljaar}"): (
        "schoolkalender-ingezien"
    ),
    ("PUT", "/vestigingen/{vestigingscode}/leerlingaantallen/{periode}"): (
        "leerlingaantallen-vastgelegd"
    ),
    ("PUT", "/vestigingen/{vestigingscode}/schoolcijfers/{periode}"): "schoolcijfers-vastgelegd",
    ("GET", "/vestigingen/{vestigingscode}/leerlingaantallen/{periode}"): "schoolcijfers-ingezien",
    ("GET", "/vestigingen/{vestigingscode}/schoolcijfers/{periode}"): "schoolcijfers-ingezien",
    ("PUT", "/sleutel"): "sleutel-geregistreerd",
    ("GET", "/berichten"): "lijst-ingezien",
    ("GET", "/berichten/{berichtId}"): "bericht-opgehaald",
    ("POST", "/berichten/{berichtId}/bevestigingen"): "bericht-bevestigd",
    ("POST", "/berichten/{berichtId}/terugmeldingen"): "behandeling-teruggemeld",
    ("GET", "/leveringen"): "leveringen-ingezien",
    ("GET", "/leveringen/{nummer}"): "levering-opgehaald",
    ("GET", "/leveringen/{nummer}/csvw"): "levering-opgehaald",
    ("POST", "/logregels/_zoek"): "logregels-ingezien",
}
"""The one record of a call that succeeds; the routes of one file's own are named in its tests."""

THEIR_OWN_TESTS = {
    ("POST", "/inzageverzoeken"),
    ("GET", "/logboek/entries/{entry}/bewijs"),
    ("GET", "/berichten/{berichtId}/bewaarketen"),
}
"""One record each as well; which, stands in test_inzage, test_logboek and test_bewaarketen."""

GUARDED = sorted(set(ROUTES) - PUBLIC)


@pytest.fixture(scope="module", autouse=True)
async def something_to_see(world: World) -> None:
    """Let every list have something on it."""
    await register(world, world.pupil(), {f"2026-11-{day:02d}": 300 for day in (9, 10, 11, 12)})
    number = await world.sent()
    await world.download("leerplicht-0361", number)
    await world.answer("leerplicht-0361", number, uitkomst="ontvangen")
    await world.report("leerplicht-0361", number, status="in-behandeling")
    await world.sent()


@pytest.fixture(autouse=True)
async def nothing_laid_down_yet(world: World) -> None:
    """Let whatever a school puts be new."""
    await world.execute(
        "TRUNCATE leerlingaantallen, schoolcijfers",
        "DELETE FROM month_sources WHERE bron = 'schoolcijfers'",
        "UPDATE verzuimbeleid SET digest = decode(repeat('00', 33), 'hex')"
        " WHERE vestigingscode = '99BB00'",
        "UPDATE schoolkalenders SET lesvrij = '[]' WHERE vestigingscode = '99BB00'",
    )


async def ready(world: World, route: tuple[str, str]) -> tuple[Call, str]:
    """Give a call that succeeds, and who may make it."""
    owner = ROUTES[route].owner(NOORD)
    assert owner is not None
    return await ROUTES[route].make(world, NOORD), owner


def test_every_route_is_walked() -> None:
    assert set(EXPECTED) | THEIR_OWN_TESTS == set(GUARDED)


@pytest.mark.parametrize("route", GUARDED, ids=" ".join)
async def test_a_call_that_succeeds_leaves_exactly_its_record(
    world: World, route: tuple[str, str]
) -> None:
    call, owner = await ready(world, route)
    answer, lines = await recorded(world, call.by(owner, world))
    assert answer.is_success, answer.text
    (line,) = lines
    assert line.outcome == "ok"
    assert route in THEIR_OWN_TESTS or line.document["name"] == EXPECTED[route]


@pytest.mark.parametrize(
    "route", sorted(PUBLIC - {("POST", "/logboek/cosignatures")}), ids=" ".join
)
async def test_what_is_published_leaves_no_record(world: World, route: tuple[str, str]) -> None:
    call, owner = await ready(world, route)
    for caller in (None, owner):
        answer, lines = await recorded(world, call.by(caller, world))
        assert (answer.status_code, lines) == (200, [])


OUTAGES = {
    "no right to add": (
        "REVOKE INSERT ON log_records FROM verzuim_api",
        "GRANT INSERT ON log_records TO verzuim_api",
    ),
    "no queue of the sealer": (
        "ALTER TABLE log_pending RENAME TO log_pending_away",
        "ALTER TABLE log_pending_away RENAME TO log_pending",
    ),
    "no log at all": (
        "ALTER TABLE log_records RENAME COLUMN leaf_hash TO away",
        "ALTER TABLE log_records RENAME COLUMN away TO leaf_hash",
    ),
}


@asynccontextmanager
async def outage(world: World, what: str) -> AsyncIterator[None]:
    """Take the log away for a while."""
    away, back = OUTAGES[what]
    await world.execute(away)
    try:
        yield
    finally:
        await world.execute(back)


@pytest.mark.parametrize("route", GUARDED, ids=" ".join)
async def test_without_a_log_no_route_takes_or_gives_anything(
    world: World, route: tuple[str, str]
) -> None:
    call, owner = await ready(world, route)
    before = await world.everything()
    for what in OUTAGES:
        async with outage(world, what):
            answer = await call.by(owner, world)
        assert refusal(answer) == (503, "logboek-onbeschikbaar"), what
        assert await world.everything() == before
    again = await call.by(owner, world)
    assert again.is_success, again.text  # by itself, at the next request


async def test_a_log_that_is_locked_away_is_not_waited_for(world: World) -> None:
    route = ("GET", "/berichten/{berichtId}")
    call, owner = await ready(world, route)
    async with world.database.raw() as other:
        await other.execute("BEGIN")
        await other.execute("LOCK TABLE log_records IN ACCESS EXCLUSIVE MODE")
        answer = await call.by(owner, world)
        await other.execute("ROLLBACK")
    assert refusal(answer) == (503, "logboek-onbeschikbaar")
    assert (await call.by(owner, world)).is_success
