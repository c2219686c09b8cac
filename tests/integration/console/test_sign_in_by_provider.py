"""Signing in at a real OpenID provider, in a process of its own, over the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from exchange.console.cookies import SESSION, SIGN_IN
from exchange.storage import console
from tests.integration.api.world import OINS, World
from tests.integration.console.providers import (
    approve,
    provider_at,
    provider_process,
    query_of,
)
from tests.integration.console.visitors import CONSOLE_URL, Person, new_account, with_console


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that runs."""
    with provider_process() as running:
        yield running


@pytest.fixture(scope="module")
async def door(
    world: World, issuer: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """The world at the provider's time, its console with that provider."""
    secret = tmp_path_factory.mktemp("oidc") / "client-secret"
    secret.write_text("een geheim: met/tekens\n")
    provider = provider_at(issuer, world.clock, CONSOLE_URL, secret=secret)
    with world.at(datetime.now(UTC)):
        for party in ("fg", "school-99AA"):
            await new_account(world, party, issuer, f"persoon-van-{party}")
        yield with_console(world, provider)


async def leave(person: Person, page: str = "/console") -> str:
    """Ask for a page, follow to the sign-in page, and give where its link leads."""
    asked = await person.get(page)
    assert asked.status_code == 303
    shown = await person.get(asked.headers["location"])
    assert "/console/aanmelden/begin" in shown.text
    naar = query_of(asked.headers["location"]).get("naar", "/console")
    left = await person.get("/console/aanmelden/begin", params={"naar": naar})
    assert left.status_code == 303
    return str(left.headers["location"])


async def come_back(person: Person, address: str) -> httpx.Response:
    """Arrive from the provider, as a browser does: from another site."""
    parts = urlsplit(address)
    return await person.get(f"{parts.path}?{parts.query}", headers={"sec-fetch-site": "cross-site"})


async def signed_in(person: Person, subject: str, page: str = "/console") -> httpx.Response:
    return await come_back(person, approve(await leave(person, page), subject))


async def refusals(world: World) -> list[dict[str, Any]]:
    """Give what the log says of failed sign-ins, newest last."""
    return [r.document for r in await world.log() if r.document["name"] == "aanmelding-geweigerd"]


async def test_an_officer_signs_in_and_gets_the_page_that_was_asked_for(door: World) -> None:
    async with Person(door) as officer:
        arrived = await signed_in(officer, "persoon-van-fg", "/console?een=1&twee=2")
        assert arrived.status_code == 303
        assert arrived.headers["location"] == "/console?een=1&twee=2"
        page = await officer.get("/console")
    assert page.status_code == 200
    assert "elke verwerking van elke partij" in page.text


async def test_an_account_sees_what_its_own_party_sees(door: World) -> None:
    async with Person(door) as officer:
        await signed_in(officer, "persoon-van-school-99AA")
        page = await officer.get("/console")
    assert "school 99AA" in page.text
    assert "elke verwerking van elke partij" not in page.text


async def test_the_sign_in_is_recorded_with_the_account_and_never_the_subject(
    door: World,
) -> None:
    async with Person(door) as officer:
        await signed_in(officer, "persoon-van-fg")
    newest = (await door.log())[-1]
    assert newest.document["name"] == "aangemeld"
    assert newest.actor == str(OINS["fg"])
    assert newest.document["bijzonderheden"]["wijze"] == "aanmelddienst"
    assert not [record for record in await door.log() if b"persoon-van" in record.leaf]


async def test_what_leaves_for_the_provider_is_a_challenge_and_not_the_verifier(
    door: World, issuer: str
) -> None:
    async with Person(door) as officer:
        address = await leave(officer)
    asked = query_of(address)
    assert address.startswith(f"{issuer}/oauth2/authorize?")
    assert asked["response_type"] == "code"
    assert asked["scope"] == "openid"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{CONSOLE_URL}/console/aanmelden/terug"
    assert {len(asked[name]) for name in ("state", "nonce", "code_challenge")} == {43}
    assert len(set(asked.values())) == len(asked)


async def test_what_is_kept_meanwhile_is_sealed_and_found_by_a_digest(door: World) -> None:
    async with Person(door) as officer:
        asked = query_of(await leave(officer))
    (row,) = await door.rows("SELECT * FROM console_logins ORDER BY expires_at DESC LIMIT 1")
    assert asked["state"] not in str(row)
    assert asked["nonce"].encode() not in row["sealed"]


async def test_somebody_without_an_account_is_told_so_and_it_is_recorded(
    door: World, issuer: str
) -> None:
    async with Person(door) as stranger:
        refused = await signed_in(stranger, "onbekende")
        assert refused.status_code == 403
        assert "heeft hier geen account" in refused.text
        assert issuer in refused.text
        assert "onbekende" in refused.text
        assert SESSION not in stranger.cookies
    record = (await refusals(door))[-1]
    assert record["bijzonderheden"] == {"wijze": "aanmelddienst", "reden": "geen-account"}
    assert (record["uitkomst"], record["code"]) == ("geweigerd", "geen-recht")
    assert "actor" not in record


async def test_an_account_that_was_ended_opens_nothing(door: World, issuer: str) -> None:
    account = await new_account(door, "fg", issuer, "vertrokken")
    async with door.operating() as conn:
        assert await console.revoke_account(conn, account.account, door.clock.now())
    async with Person(door) as former:
        assert (await signed_in(former, "vertrokken")).status_code == 403


async def test_an_answer_serves_once(door: World) -> None:
    async with Person(door) as officer:
        address = approve(await leave(officer), "persoon-van-fg")
        state = officer.cookies[SIGN_IN]
        assert (await come_back(officer, address)).status_code == 303
        officer.cookies.set(SIGN_IN, state, domain="gateway.local", path="/")
        again = await come_back(officer, address)
    assert again.status_code == 403
    assert "Aanmelden is niet gelukt" in again.text


async def test_a_code_that_was_used_before_is_refused_by_the_provider(door: World) -> None:
    async with Person(door) as officer, Person(door) as thief:
        stolen = query_of(approve(await leave(officer), "persoon-van-fg"))
        assert (await come_back(officer, f"{CONSOLE_URL}{_return(stolen)}")).status_code == 303
        state = query_of(await leave(thief))["state"]
        replayed = await come_back(thief, _return({**stolen, "state": state}))
    assert replayed.status_code == 403
    assert (await refusals(door))[-1]["bijzonderheden"]["reden"] == "code"


async def test_a_code_of_another_sign_in_has_another_nonce(door: World) -> None:
    """A code that was slipped to somebody else: the token names the wrong nonce."""
    async with Person(door) as officer, Person(door) as victim:
        slipped = query_of(approve(await leave(officer), "persoon-van-fg"))
        state = query_of(await leave(victim))["state"]
        arrived = await come_back(victim, _return({**slipped, "state": state}))
        assert SESSION not in victim.cookies
    assert arrived.status_code == 403
    assert (await refusals(door))[-1]["bijzonderheden"]["reden"] == "nonce"


@pytest.mark.parametrize("state", ["", "A" * 43, "x", "é"])
async def test_a_state_that_is_not_of_this_browser_is_refused(door: World, state: str) -> None:
    async with Person(door) as officer:
        answer = query_of(approve(await leave(officer), "persoon-van-fg"))
        assert (await come_back(officer, _return({**answer, "state": state}))).status_code == 403
        assert SESSION not in officer.cookies


async def test_an_answer_in_another_browser_signs_nobody_in(door: World) -> None:
    """Otherwise somebody could sign another in as himself."""
    async with Person(door) as officer, Person(door) as victim:
        address = approve(await leave(officer), "persoon-van-fg")
        assert (await come_back(victim, address)).status_code == 403
        assert (await come_back(officer, address)).status_code == 303


async def test_who_breaks_off_at_the_provider_is_not_signed_in(door: World) -> None:
    async with Person(door) as officer:
        state = query_of(await leave(officer))["state"]
        answer = await come_back(officer, _return({"error": "access_denied", "state": state}))
    assert answer.status_code == 403
    assert (await refusals(door))[-1]["bijzonderheden"]["reden"] == "afgebroken"


async def test_a_sign_in_that_took_too_long_is_over(door: World) -> None:
    async with Person(door) as officer:
        address = approve(await leave(officer), "persoon-van-fg")
        await door.execute("UPDATE console_logins SET expires_at = '2026-01-01'")
        assert (await come_back(officer, address)).status_code == 403


@pytest.mark.parametrize(
    "page",
    [
        "https://kwaad.example/",
        "//kwaad.example/console",
        "/\\kwaad.example",
        "/console//kwaad.example",
        "/console/../v1/sleutels",
        "/console/link/geheim",
        "javascript:alert(1)",
        "/console\nlocation: x",
        "/v1/sleutels",
    ],
)
async def test_nobody_is_sent_anywhere_but_to_a_page_of_the_console(door: World, page: str) -> None:
    async with Person(door) as officer:
        left = await officer.get("/console/aanmelden/begin", params={"naar": page})
        arrived = await come_back(officer, approve(left.headers["location"], "persoon-van-fg"))
    assert arrived.headers["location"] == "/console"


async def test_another_site_cannot_begin_a_sign_in(door: World) -> None:
    async with Person(door) as victim:
        begun = await victim.get(
            "/console/aanmelden/begin", headers={"sec-fetch-site": "cross-site"}
        )
    assert begun.headers["location"] == "/console/aanmelden"
    assert SIGN_IN not in begun.headers.get("set-cookie", "")


async def test_the_session_is_a_fresh_one_and_an_older_one_is_over(door: World) -> None:
    async with Person(door) as officer:
        await signed_in(officer, "persoon-van-fg")
        before = officer.cookies[SESSION]
        address = await officer.get("/console/aanmelden/begin")
        await come_back(officer, approve(address.headers["location"], "persoon-van-fg"))
        assert officer.cookies[SESSION] != before
        officer.cookies.set(SESSION, before, domain="gateway.local", path="/")
        assert (await officer.get("/console")).status_code == 303


async def test_a_session_cannot_be_chosen_for_somebody_before_he_signs_in(door: World) -> None:
    chosen = "A" * 43
    async with Person(door) as victim:
        victim.cookies.set(SESSION, chosen, domain="gateway.local", path="/")
        await signed_in(victim, "persoon-van-fg")
        assert victim.cookies[SESSION] != chosen
    async with Person(door) as attacker:
        attacker.cookies.set(SESSION, chosen, domain="gateway.local", path="/")
        assert (await attacker.get("/console")).status_code == 303


async def test_no_token_stands_in_an_address_or_a_cookie(door: World) -> None:
    async with Person(door) as officer:
        left = await leave(officer)
        arrived = await come_back(officer, approve(left, "persoon-van-fg"))
        seen = f"{left} {arrived.headers} {list(officer.cookies.values())}"
    assert "eyJ" not in seen  # how every JWT begins


def _return(query: dict[str, str]) -> str:
    return str(httpx.URL("/console/aanmelden/terug", params=query))
