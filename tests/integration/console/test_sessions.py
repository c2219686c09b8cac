"""A session of the console: whose it is, what its cookie allows, and every way in which it ends."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta

import pytest

from exchange.console.cookies import SESSION
from exchange.pipeline.sessions import ABSOLUTE, IDLE
from exchange.policy.necessity import Mode
from exchange.storage import console, directory
from exchange.storage.console import AccountRow
from tests.integration.api.world import NOW, OINS, LogLine, World
from tests.integration.console.visitors import (
    CONSOLE_URL,
    Person,
    account_of,
    new_account,
    new_link,
    person,
    with_console,
)


async def fresh(world: World, before: list[LogLine]) -> list[LogLine]:
    """Give the records that were not there before; other tests were at other moments."""
    known = {record.entry for record in before}
    return [record for record in await world.log() if record.entry not in known]


async def test_a_link_opens_a_session_and_is_recorded(world: World) -> None:
    before = await world.log()
    async with person(world, "fg") as officer:
        assert (await officer.get("/console")).status_code == 200
    (newest,) = await fresh(world, before)
    assert newest.document["name"] == "aangemeld"
    assert newest.actor == str(OINS["fg"])
    assert newest.document["bijzonderheden"] == {
        "account": str(await account_of(world, "fg")),
        "wijze": "link",
    }


async def test_a_link_works_once(world: World) -> None:
    link = await new_link(world, await new_account(world, "fg"))
    async with Person(world) as first, Person(world) as second:
        assert (await first.get(link)).status_code == 303
        before = await world.log()
        again = await second.get(link)
        assert again.status_code == 403
        assert "exchange console link" in again.text
        assert SESSION not in second.cookies
    (refusal,) = await fresh(world, before)
    assert refusal.document["name"] == "aanmelding-geweigerd"
    assert refusal.document["bijzonderheden"]["reden"] == "link-gebruikt-of-verlopen"


async def test_of_two_who_use_a_link_at_once_one_comes_in(world: World) -> None:
    for _ in range(5):
        link = await new_link(world, await new_account(world, "fg"))
        people = [Person(world) for _ in range(4)]
        answers = await asyncio.gather(*(one.get(link) for one in people))
        assert sorted(answer.status_code for answer in answers) == [303, 403, 403, 403]
        for one in people:
            await one.aclose()


async def test_a_link_that_came_too_late_opens_nothing(world: World) -> None:
    link = await new_link(world, await new_account(world, "fg"))
    with world.at(NOW + timedelta(minutes=10)):
        async with Person(world) as late:
            assert (await late.get(link)).status_code == 403


@pytest.mark.parametrize("secret", ["A" * 43, "kort", "A" * 44, "%00", "../x"])
async def test_a_link_that_nobody_made_opens_nothing_and_fills_no_log(
    world: World, secret: str
) -> None:
    before = len(await world.log())
    async with Person(world) as stranger:
        answer = await stranger.get(f"/console/link/{secret}")
    assert answer.status_code in {403, 404}
    assert len(await world.log()) == before


@pytest.mark.parametrize("look", ["HEAD", "prefetch"])
async def test_a_look_ahead_does_not_use_a_link_up(world: World, look: str) -> None:
    link = await new_link(world, await new_account(world, "fg"))
    async with Person(world) as mail, Person(world) as officer:
        if look == "HEAD":
            await mail.head(link)
        else:
            await mail.get(link, headers={"sec-purpose": "prefetch"})
        assert SESSION not in mail.cookies
        assert (await officer.get(link)).status_code == 303


async def test_in_production_no_link_signs_anybody_in(world: World) -> None:
    link = await new_link(world, await new_account(world, "fg"))
    strict = with_console(world.over(mode=Mode.PRODUCTION))
    async with Person(strict) as officer:
        assert (await officer.get(link)).status_code == 404
        assert "exchange console link" not in (await officer.get("/console/aanmelden")).text


async def test_the_cookie_is_for_this_host_over_https_and_for_no_script(world: World) -> None:
    async with Person(world) as officer:
        answer = await officer.get(await new_link(world, await new_account(world, "fg")))
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-vx-sessie=")
    assert {a.lower() for a in attributes} == {"httponly", "secure", "samesite=lax", "path=/"}


async def test_the_secret_has_256_bits_and_is_stored_as_a_keyed_digest(world: World) -> None:
    async with person(world) as officer:
        secret = officer.cookies[SESSION]
        token = (await officer.get("/console")).text.split('name="csrf" value="')[1][:43]
    raw = base64.urlsafe_b64decode(f"{secret}=")
    assert len(raw) == 32
    rows = [str(row) for row in await world.rows("SELECT * FROM console_sessions")]
    stored = (await world.rows("SELECT digest FROM console_sessions"))[-1]["digest"]
    assert (len(stored), stored[0]) == (33, 1)
    assert not [row for row in rows if secret in row or str(raw)[2:-1] in row]
    assert token != secret


async def test_every_sign_in_has_a_secret_of_its_own(world: World) -> None:
    account, secrets = await new_account(world, "fg"), set()
    for _ in range(3):
        async with Person(world) as officer:
            await officer.get(await new_link(world, account))
            secrets.add(officer.cookies[SESSION])
    assert len(secrets) == 3


async def test_half_an_hour_without_use_ends_it(world: World) -> None:
    async with person(world) as officer:
        with world.at(NOW + IDLE - timedelta(seconds=1)):
            assert (await officer.get("/console")).status_code == 200
        with world.at(NOW + IDLE + IDLE):
            over = await officer.get("/console")
    assert over.status_code == 303
    assert over.headers["location"] == "/console/aanmelden?sessie=voorbij"


async def test_use_keeps_it_open_and_eight_hours_end_it(world: World) -> None:
    async with person(world) as officer:
        step = timedelta(minutes=29)
        moment = NOW
        while moment + step < NOW + ABSOLUTE:
            moment += step
            with world.at(moment):
                assert (await officer.get("/console")).status_code == 200, moment
        with world.at(NOW + ABSOLUTE):
            assert (await officer.get("/console")).status_code == 303


async def test_a_session_that_is_over_leaves_no_row(world: World) -> None:
    async with person(world) as officer:
        before = len(await world.rows("SELECT FROM console_sessions"))
        with world.at(NOW + IDLE):
            await officer.get("/console")
        assert len(await world.rows("SELECT FROM console_sessions")) == before - 1


async def test_signing_out_ends_it_on_the_gateway_too(world: World) -> None:
    async with person(world) as officer:
        secret = officer.cookies[SESSION]
        before = await world.log()
        answer = await officer.submit("/console/afmelden")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/console/aanmelden?sessie=afgemeld"
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert SESSION not in officer.cookies
        assert [r.document["name"] for r in await fresh(world, before)] == ["afgemeld"]
        officer.cookies.set(SESSION, secret, domain="gateway.local", path="/")
        assert (await officer.get("/console")).status_code == 303


async def test_nobody_is_signed_out_by_a_link(world: World) -> None:
    async with person(world) as officer:
        assert (await officer.get("/console/afmelden")).status_code == 405
        assert (await officer.get("/console")).status_code == 200


async def test_the_end_of_an_account_ends_its_sessions_at_once(world: World) -> None:
    account = await new_account(world, "fg")
    async with Person(world) as officer:
        await officer.get(await new_link(world, account))
        assert (await officer.get("/console")).status_code == 200
        async with world.operating() as conn:
            await console.revoke_account(conn, account.account, world.clock.now())
        assert (await officer.get("/console")).status_code == 303


async def test_the_end_of_a_party_ends_its_sessions_and_links(world: World) -> None:
    account = await new_account(world, "leerplicht-0599")
    async with Person(world) as officer, Person(world) as late:
        await officer.get(await new_link(world, account))
        link = await new_link(world, account)
        async with world.operating() as conn:
            await directory.revoke_party(conn, OINS["leerplicht-0599"], world.clock.now())
        assert (await officer.get("/console")).status_code == 303
        assert (await late.get(link)).status_code == 403


async def test_a_school_reads_in_words_what_it_may_see(world: World) -> None:
    async with person(world, "school-99AA") as officer:
        page = (await officer.get("/console")).text
    assert "school 99AA" in page
    assert "Wat verder tussen anderen omging, ziet u niet" in page


async def test_a_municipality_reads_its_own_name(world: World) -> None:
    async with person(world, "leerplicht-0361") as officer:
        assert "leerplicht van Alkmaar" in (await officer.get("/console")).text


async def test_a_label_is_text_and_never_markup(world: World) -> None:
    row = AccountRow(
        world.gateway.ids.uuid7(), OINS["fg"], "<script>x</script>", None, None, NOW, None
    )
    async with world.operating() as conn:
        await console.add_account(conn, row)
    async with Person(world) as officer:
        await officer.get(await new_link(world, row))
        page = (await officer.get("/console")).text
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page


# --- forms ---


async def test_a_form_without_the_token_of_this_session_is_refused(world: World) -> None:
    async with person(world) as officer, person(world) as other:
        await other.get("/console")
        for fields in ({"x": "1"}, {"csrf": ""}, {"csrf": "A" * 43}, {"csrf": "é"}):
            answer = await officer.post("/console/afmelden", data=fields)
            assert answer.status_code == 403
        foreign = (await other.get("/console")).text.split('name="csrf" value="')[1][:43]
        assert (await officer.post("/console/afmelden", data={"csrf": foreign})).status_code == 403
        assert (await officer.get("/console")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": CONSOLE_URL}, 403),
        ({"origin": CONSOLE_URL}, 303),
        ({"origin": "https://kwaad.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
    ids=str,
)
async def test_a_form_of_another_site_is_refused_even_with_the_token(
    world: World, headers: dict[str, str], status: int
) -> None:
    async with person(world) as officer:
        token = (await officer.get("/console")).text.split('name="csrf" value="')[1][:43]
        del officer.headers["sec-fetch-site"]
        answer = await officer.post("/console/afmelden", data={"csrf": token}, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"csrf=x", "text/plain", 415),
        (b'{"csrf": "x"}', "application/json", 415),
        (b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"a=%ff", "application/x-www-form-urlencoded", 403),
        ("é=1".encode(), "application/x-www-form-urlencoded", 403),
        (b"&".join(b"a%d=1" % n for n in range(300)), "application/x-www-form-urlencoded", 403),
    ],
)
async def test_what_is_no_form_of_ours_is_refused(
    world: World, content: bytes, media_type: str, status: int
) -> None:
    async with person(world) as officer:
        answer = await officer.post(
            "/console/afmelden", content=content, headers={"content-type": media_type}
        )
        assert answer.status_code == status
        assert (await officer.get("/console")).status_code == 200


async def test_a_form_after_the_session_says_so_and_how_to_go_on(world: World) -> None:
    async with Person(world) as nobody:
        answer = await nobody.post("/console/afmelden", data={"csrf": "x"})
    assert answer.status_code == 401
    assert "niet verwerkt" in answer.text
    assert 'href="/console/aanmelden"' in answer.text


async def test_too_many_attempts_from_one_address_have_to_wait(world: World) -> None:
    async with Person(world) as guesser, Person(world) as other:
        statuses = [(await guesser.get(f"/console/link/{'B' * 43}")).status_code for _ in range(21)]
        assert statuses == [403] * 20 + [429]
        assert (await other.get(f"/console/link/{'B' * 43}")).status_code == 403
        with world.at(NOW + timedelta(minutes=1)):
            assert (await guesser.get(f"/console/link/{'B' * 43}")).status_code == 403
