"""Searching the log: every condition, page by page, newest first, and each search recorded."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from exchange.crypto.extracts import verify_extract
from exchange.crypto.signatures import SignatureBroken
from exchange.pipeline.log_extract import export
from exchange.pipeline.log_overview import overview
from exchange.pipeline.logregels import Vraag, zoek
from exchange.pipeline.onlooker import Onlooker
from exchange.telemetry.trace import trace_of
from tests.integration.api.test_log import recorded
from tests.integration.api.test_outage import without_log
from tests.integration.api.world import NOW, OINS, World, faults, refusal, signaal

PATH = "/v1/logregels/_zoek"
OFFICER = "leerplicht-0361"


async def ask(world: World, name: str = "fg", query: str = "", **body: Any) -> httpx.Response:  # noqa: ANN401  JSON
    """Search as a party."""
    return await world.call(name, "POST", PATH + query, body)


async def found(world: World, **body: Any) -> list[dict[str, Any]]:  # noqa: ANN401  JSON
    """Search as the FG, page after page, and give all that is found."""
    items: list[dict[str, Any]] = []
    query = "?limit=7"
    while True:
        answer = await ask(world, query=query, **body)
        assert answer.status_code == 200, answer.text
        items += answer.json()["logregels"]
        if "next" not in answer.json()["_links"]:
            return items
        path, _, query = answer.json()["_links"]["next"]["href"].partition("?")
        assert path == PATH
        query = f"?{query}"


def onlooker(world: World, name: str) -> Onlooker:
    """Give a party that looks in the console."""
    party = world.gateway.directory().parties[OINS[name]]
    return Onlooker(party, trace_of({}))


@pytest.fixture(scope="module", autouse=True)
async def history(world: World) -> None:
    """A message that went its whole way, one that was refused, and another school's."""
    number = await world.sent()
    await world.collect(OFFICER, number)
    await world.report(OFFICER, number, status="in-behandeling")
    await world.send(b"no json")
    await world.call("leerplicht-0599", "GET", f"/v1/berichten/{number}")
    assert (
        await world.send(
            signaal(world.pupil(), vestigingscode="99CC00", woongemeente="0599"), "las-zuid"
        )
    ).status_code == 202
    for _ in range(12):
        await world.sent()


CONDITIONS: dict[str, tuple[dict[str, str], str]] = {
    "nothing": ({}, "true"),
    "actor": ({"actor": OINS[OFFICER].reveal()}, f"actor = '{OINS[OFFICER].reveal()}'"),
    "ontvanger": (
        {"ontvanger": OINS[OFFICER].reveal()},
        f"recipient = '{OINS[OFFICER].reveal()}'",
    ),
    "activiteit": ({"activiteit": "signaal-leerplicht/1"}, "activity = 'signaal-leerplicht/1'"),
    "geweigerd": ({"uitkomst": "geweigerd"}, "outcome = 'geweigerd'"),
    "fout": ({"uitkomst": "fout"}, "outcome = 'fout'"),
    "ok": ({"uitkomst": "ok"}, "outcome = 'ok'"),
    "actie": ({"actie": "bericht-opgehaald"}, "action = 'bericht-opgehaald'"),
    "two": (
        {"actor": OINS["las-noord"].reveal(), "uitkomst": "geweigerd"},
        f"actor = '{OINS['las-noord'].reveal()}' AND outcome = 'geweigerd'",
    ),
    "three": (
        {
            "actor": OINS["las-noord"].reveal(),
            "ontvanger": OINS[OFFICER].reveal(),
            "uitkomst": "ok",
        },
        f"actor = '{OINS['las-noord'].reveal()}' AND recipient = '{OINS[OFFICER].reveal()}'",
    ),
    "a day": ({"van": "2026-11-18", "tot": "2026-11-18"}, "true"),
    "the day before": ({"van": "2026-11-17", "tot": "2026-11-17"}, "false"),
    "a moment": ({"van": "2026-11-18T10:00:00Z", "tot": "2026-11-18T11:00:00+01:00"}, "false"),
    "all that can be": (
        {"van": "0001-01-01T00:00:00+14:00", "tot": "9999-12-31T23:59:59-12:00"},
        "true",
    ),
    "all days that can be": ({"van": "0001-01-01", "tot": "9999-12-31"}, "true"),
    "a day too early for any": ({"tot": "0001-01-01"}, "false"),
    "a moment too late for any": ({"van": "9999-12-31T23:59:59Z"}, "false"),
}  # fmt: skip


@pytest.mark.parametrize("what", CONDITIONS)
async def test_a_condition_finds_exactly_what_meets_it(world: World, what: str) -> None:
    asked, condition = CONDITIONS[what]
    before = await world.rows(
        f"SELECT entry::text FROM log_records WHERE {condition} ORDER BY entry DESC"  # noqa: S608  our own words
    )
    standing = {row["entry"] for row in await world.rows("SELECT entry::text FROM log_records")}
    # The search's own records come on top while its pages are read.
    items = [one["entry"] for one in await found(world, **asked) if one["entry"] in standing]
    assert items == [row["entry"] for row in before]
    assert items == sorted(items, reverse=True)


async def test_a_message_is_found_by_its_id_with_all_that_a_record_says(world: World) -> None:
    body = signaal(world.pupil())
    number = (await world.send(body)).json()["berichtId"]
    ((one),) = await found(world, berichtId=number)
    assert (UUID(one["entry"]).version, one["tijd"]) == (7, "2026-11-18T10:00:00.000Z")
    del one["entry"], one["tijd"]
    assert one == {
        "actie": "bericht-aangenomen",
        "activiteit": "signaal-leerplicht/1",
        "door": {"oin": OINS["las-noord"].reveal(), "naam": "las-noord"},
        "namens": "99BB00",
        "aan": {"oin": OINS[OFFICER].reveal(), "naam": OFFICER},
        "berichtId": number,
        "uitkomst": "ok",
        "code": None,
        "velden": sorted(body),
        "beleid": "2025-08-01",
        "toegangspunt": "x5t-of-las-noord",
        "verzegeld": False,
        "ongeschonden": True,
    }


@pytest.mark.parametrize(
    "change",
    [
        "actor = recipient",
        "leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'namens', 'namenz'), 'UTF8')",
    ],
)
async def test_a_record_that_was_changed_is_shown_as_such(world: World, change: str) -> None:
    number = (await world.send(signaal(world.pupil()))).json()["berichtId"]
    about = f"WHERE bericht_id = '{number}'"
    (stood,) = await world.rows(f"SELECT actor, leaf FROM log_records {about}")  # noqa: S608  ours
    await world.execute(f"UPDATE log_records SET {change} {about}")  # noqa: S608  ours
    ((one),) = await found(world, berichtId=number)
    assert one["ongeschonden"] is False
    back = f"actor = '{stood['actor']}', leaf = '\\x{stood['leaf'].hex()}'"
    await world.execute(f"UPDATE log_records SET {back} {about}")  # noqa: S608  ours
    ((one),) = await found(world, berichtId=number)
    assert one["ongeschonden"] is True


async def test_a_refusal_says_why(world: World) -> None:
    (one, *_) = await found(world, uitkomst="geweigerd", actor=OINS["leerplicht-0599"].reveal())
    assert (one["actie"], one["code"]) == ("verzoek-geweigerd", "niet-gevonden")


async def test_each_search_is_a_record_of_who_asked_what(world: World) -> None:
    asked = {"uitkomst": "fout", "van": "2026-11-01", "activiteit": "signaal-leerplicht/1"}
    for body in (asked, {}):
        _, (line,) = await recorded(world, ask(world, **body))
        assert (line.document["name"], line.activity) == (
            "logregels-ingezien",
            "toezicht-op-verwerking/1",
        )
        assert line.document["bijzonderheden"]["vraag"] == body


@pytest.mark.parametrize(
    "body",
    [
        {"actor": "00000099999990019000"},
        {"activiteit": "a-999990019/1"},
        {"berichtId": "00000000-0000-7000-8000-000999990019"},
    ],
)
async def test_the_record_of_a_search_holds_no_number_that_was_typed(
    world: World, body: dict[str, str]
) -> None:
    answer, (line,) = await recorded(world, ask(world, **body))
    assert answer.status_code == 200
    assert "999990019" not in line.leaf.decode()


@pytest.mark.parametrize("name", ["las-noord", "school-99AA", OFFICER, "ocw"])
async def test_only_an_officer_searches(world: World, name: str) -> None:
    assert refusal(await ask(world, name)) == (403, "geen-recht")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"onbekend": 1}, [("/onbekend", "onbekend-veld")]),
        ({"van": "2026-11-18T10:00:00"}, [("/van", "datum-ongeldig")]),
        ({"tot": "gisteren"}, [("/tot", "datum-ongeldig")]),
        ({"uitkomst": "goed"}, [("/uitkomst", "waarde-ongeldig")]),
        ({"actor": "1"}, [("/actor", "waarde-ongeldig")]),
        ({"activiteit": "x"}, [("/activiteit", "waarde-ongeldig")]),
        ({"berichtId": "x"}, [("/berichtId", "waarde-ongeldig")]),
    ],
)
async def test_a_question_that_is_wrong_is_told_where(
    world: World, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    answer = await ask(world, **body)
    assert (answer.status_code, faults(answer)) == (400, expected)


@pytest.mark.parametrize("query", ["?limit=0", "?limit=501", "?cursor=x"])
async def test_a_page_that_cannot_be_is_refused(world: World, query: str) -> None:
    assert (await ask(world, query=query)).status_code == 400


async def test_without_the_log_nothing_of_it_is_shown(world: World) -> None:
    async with without_log(world):
        assert refusal(await ask(world)) == (503, "logboek-onbeschikbaar")


# --- in the console: scopes, files and figures ---


async def test_a_school_finds_its_own_pupils_and_its_own_acts_and_nothing_else(
    world: World,
) -> None:
    own = await world.sent("school-99AA", vestigingscode="99AA00")
    theirs = await world.sent()
    await world.download(OFFICER, own)
    for name, seen in (("school-99AA", {own}), ("las-noord", {own, theirs}), ("swv-VO2703", set())):
        page = await zoek(onlooker(world, name), Vraag(), None, 500, world.gateway)
        ids = {str(one.bericht_id) for one in page.items}
        assert {own, theirs} & ids == seen
    page = await zoek(
        onlooker(world, "school-99AA"), Vraag(action="bericht-opgehaald"), None, 500, world.gateway
    )
    assert [str(one.bericht_id) for one in page.items] == [own]


async def test_a_scoped_search_reads_page_by_page(world: World) -> None:
    who, entries, cursor = onlooker(world, "leerplicht-0599"), [], None
    whole = await zoek(who, Vraag(), None, 500, world.gateway)
    while True:
        page = await zoek(who, Vraag(uitkomst="ok"), cursor, 1, world.gateway)
        entries += [one.entry for one in page.items if one.actie != "logregels-ingezien"]
        cursor = page.next_cursor
        if cursor is None:
            break
    expected = [
        one.entry
        for one in whole.items
        if one.uitkomst == "ok" and one.actie != "logregels-ingezien"
    ]
    assert entries == expected


async def test_an_extract_is_what_was_found_as_signed_csv(world: World) -> None:
    who = onlooker(world, "fg")
    asked = Vraag(activiteit="signaal-leerplicht/1")
    found_now = await zoek(who, asked, None, 500, world.gateway)
    before = {line.entry for line in await world.log()}
    made = await export(who, asked, world.gateway)
    rows = list(csv.DictReader(io.StringIO(made.content.decode()), delimiter=";"))
    assert [row["entry"] for row in rows] == [str(one.entry) for one in found_now.items]
    assert (made.aantal, made.complete) == (len(rows), True)
    assert rows[-1]["doorNaam"] == "las-noord"
    jwks = list(world.gateway.keys.public_keys())
    verify_extract(made.content, made.signature, jwks)
    with pytest.raises(SignatureBroken):
        verify_extract(made.content + b" ", made.signature, jwks)
    (line,) = [line for line in await world.log() if line.entry not in before]
    assert line.document["name"] == "logregels-uitgevoerd"
    assert line.document["bijzonderheden"]["aantal"] == made.aantal


async def test_no_cell_of_an_extract_is_a_formula(world: World) -> None:
    await world.execute(f"UPDATE parties SET name = '=1+1' WHERE oin = '{OINS['ocw'].reveal()}'")  # noqa: S608  our own words
    await world.refresh()
    await world.call("ocw", "GET", "/v1/berichten")
    made = await export(onlooker(world, "fg"), Vraag(actor=OINS["ocw"]), world.gateway)
    assert ";'=1+1;" in made.content.decode()


async def test_an_overview_counts_what_there_is(world: World) -> None:
    for name, days in (("fg", 1), ("fg", 30), ("leerplicht-0599", 30)):
        who = onlooker(world, name)
        page = await zoek(who, Vraag(), None, 500, world.gateway)
        records = list(page.items)
        counted = await overview(who, days, world.gateway)
        # The search before is itself one more.
        assert sum(one.aantal for one in counted.counts) == len(records) + 1
        assert {one.dag for one in counted.counts} == {NOW.date()}
        most = {one.party.name: one.aantal for one in counted.actors}
        mine = sum(1 for one in records if one.door and one.door.name == name)
        assert most[name] == mine + 1


async def test_a_day_that_is_over_is_counted_once_and_stays_what_it_was(world: World) -> None:
    who = onlooker(world, "fg")
    with world.at(NOW + timedelta(days=1)):
        first = await overview(who, 2, world.gateway)
        assert NOW.date() in world.gateway.counted
        again = await overview(who, 2, world.gateway)
    before = [one for one in first.counts if one.dag == NOW.date()]
    assert before
    assert [one for one in again.counts if one.dag == NOW.date()] == before
