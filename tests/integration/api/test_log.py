"""Every act leaves exactly one record, committed with it, that says who did what and why."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.integration.api.world import (
    BELEID,
    KALENDER,
    NOW,
    OINS,
    LogLine,
    World,
    bericht_id,
    signaal,
)

OFFICER = "leerplicht-0361"
ACCOUNTING = "verantwoording-aan-school/1"
SIGNAAL = "signaal-leerplicht/1"
MILLISECONDS = int(NOW.timestamp() * 1000)


async def recorded(world: World, act: Awaitable[httpx.Response]) -> tuple[Any, list[LogLine]]:
    """Perform an act; give its answer and the records that it left."""
    before = {line.entry for line in await world.log()}
    answer = await act
    return answer, [line for line in await world.log() if line.entry not in before]


async def only(world: World, act: Awaitable[httpx.Response]) -> LogLine:
    """Perform an act that leaves exactly one record, and give it."""
    answer, lines = await recorded(world, act)
    assert answer.status_code < 300, answer.text
    (line,) = lines
    return line


def said(line: LogLine) -> dict[str, Any]:
    """Give what differs from act to act of what a record says."""
    document = line.document
    assert document["attributes"]["dpl.core.processing_activity_id"] == line.activity
    assert document["actor"] == line.actor
    assert document.get("ontvanger") == line.recipient
    assert document.get("berichtId") == (str(line.bericht_id) if line.bericht_id else None)
    assert document["entry"] == str(line.entry)
    assert document["uitkomst"] == line.outcome == "ok"
    assert (document["versie"], document["status"]) == (1, "Ok")
    assert document["start_time"] == document["end_time"] == MILLISECONDS
    names = {str(oin): name for name, oin in OINS.items()}
    return {
        "name": document["name"],
        "activity": line.activity,
        "actor": names[document["actor"]],
        "toegangspunt": document["toegangspunt"],
        "namens": names.get(document["namens"], document["namens"]),
        "recipient": names[line.recipient] if line.recipient else None,
        "bericht_id": line.bericht_id,
        "links": len(line.links),
    }


def as_school(
    name: str, activity: str, number: UUID | None = None, links: int = 0
) -> dict[str, Any]:
    """Give what a record says of what the supplier does for the school."""
    return {
        "name": name,
        "activity": activity,
        "actor": "las-noord",
        "toegangspunt": "x5t-of-las-noord",
        "namens": "99BB00",
        "recipient": None,
        "bericht_id": number,
        "links": links,
    }


def as_officer(
    name: str, activity: str, number: UUID | None = None, links: int = 0
) -> dict[str, Any]:
    """Give what a record says of what the officer does."""
    return {
        "name": name,
        "activity": activity,
        "actor": OFFICER,
        "toegangspunt": f"x5t-of-{OFFICER}",
        "namens": OFFICER,
        "recipient": OFFICER,
        "bericht_id": number,
        "links": links,
    }


async def written_by(world: World, table: str, number: UUID) -> set[str]:
    """Give the transactions that wrote the rows of one message as they stand now."""
    rows = await world.rows(f"SELECT xmin::text FROM {table} WHERE bericht_id = $1", number)  # noqa: S608  our own names
    return {row["xmin"] for row in rows}


def commitment(line: LogLine) -> str:
    """Compute what a record may say of its pupil from the row beside it."""
    ((index, salt),) = line.links
    digest = hashlib.sha256(salt + index).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


async def test_an_acceptance_commits_everything_with_its_record(world: World) -> None:
    line = await only(world, world.send(signaal(world.pupil())))
    number = line.bericht_id
    assert number is not None
    expected = as_school("bericht-aangenomen", SIGNAAL, number, links=1)
    assert said(line) == {**expected, "recipient": OFFICER}
    for table in ("messages", "outbox", "idempotency", "natural_keys", "subject_link"):
        assert await written_by(world, table, number) == {line.transaction}, table
    assert line.document["attributes"]["dpl.core.data_subject_id"] == commitment(line)


async def test_a_withdrawal_commits_everything_with_its_record(world: World) -> None:
    number = UUID(await world.sent())
    await world.download(OFFICER, str(number))
    line = await only(world, world.withdraw(str(number)))
    expected = as_school("bericht-aangenomen", "intrekking-leerplicht/1", line.bericht_id, links=1)
    assert said(line) == {**expected, "recipient": OFFICER}
    for table in ("messages", "outbox"):
        assert await written_by(world, table, number) == {line.transaction}
    assert await world.rows("SELECT FROM natural_keys WHERE bericht_id = $1", number) == []


async def test_a_withdrawal_before_the_download_reached_nobody(world: World) -> None:
    line = await only(world, world.withdraw(await world.sent()))
    assert said(line)["recipient"] is None
    assert said(line)["links"] == 1


async def test_a_list_names_exactly_what_was_shown(world: World) -> None:
    for _ in range(3):
        await world.sent()
    query = "?limit=2&status=nieuw"
    before = {line.entry for line in await world.log()}
    shown = await world.mailbox(OFFICER, query)
    (line,) = [line for line in await world.log() if line.entry not in before]
    assert said(line) == as_officer("lijst-ingezien", "mailbox-beheer/1")
    assert line.document["bijzonderheden"] == {"berichten": list(shown)}


async def test_an_empty_poll_leaves_no_record(world: World) -> None:
    for name, path in (
        (OFFICER, "/v1/berichten?status=vervallen"),
        ("las-zuid", "/v1/terugmeldingen?vestigingscode=99CC00"),
        ("las-zuid", "/v1/ontvangstbewijzen?vestigingscode=99CC00"),
        ("las-noord", "/v1/ontvangstbewijzen?vestigingscode=99BB00&periode=2025-01"),
    ):
        answer, lines = await recorded(world, world.call(name, "GET", path))
        assert (answer.status_code, lines) == (200, [])


async def test_a_look_at_a_message_is_recorded_as_a_look(world: World) -> None:
    number = UUID(await world.sent())
    line = await only(world, world.call(OFFICER, "HEAD", f"/v1/berichten/{number}"))
    assert said(line) == as_officer("lijst-ingezien", "mailbox-beheer/1", number, links=1)
    assert line.document["bijzonderheden"] == {"berichten": [str(number)]}


async def test_every_download_is_a_record_of_its_own(world: World) -> None:
    number = UUID(await world.sent())
    sent = next(line for line in await world.log() if line.bericht_id == number)
    path = f"/v1/berichten/{number}"
    first = await only(world, world.call(OFFICER, "GET", path))
    second = await only(world, world.call(OFFICER, "GET", path))
    for line in (first, second):
        assert said(line) == as_officer("bericht-opgehaald", SIGNAAL, number, links=1)
        assert line.links[0][0] == sent.links[0][0]  # the pupil
        assert line.document["attributes"]["dpl.core.data_subject_id"] == commitment(line)
    assert len({line.links[0][1] for line in (sent, first, second)}) == 3  # the salt
    assert await written_by(world, "outbox", number) == {first.transaction}


async def test_an_acknowledgement_is_one_record(world: World) -> None:
    number = UUID(await world.sent())
    await world.download(OFFICER, str(number))
    line = await only(world, world.answer(OFFICER, str(number), uitkomst="ontvangen"))
    assert said(line) == as_officer("bericht-bevestigd", SIGNAAL, number, links=1)
    assert await written_by(world, "outbox", number) == {line.transaction}
    again = world.answer(OFFICER, str(number), uitkomst="ontvangen")
    assert (await recorded(world, again))[1] == []


async def test_a_refusal_is_one_record(world: World) -> None:
    number = UUID(await world.sent())
    await world.download(OFFICER, str(number))
    act = world.answer(OFFICER, str(number), uitkomst="geweigerd", reden="NIET_WOONACHTIG")
    line = await only(world, act)
    assert said(line) == as_officer("bericht-geweigerd", SIGNAAL, number, links=1)
    assert line.document["bijzonderheden"] == {"reden": "NIET_WOONACHTIG"}
    for table in ("outbox", "terugmeldingen"):
        assert await written_by(world, table, number) == {line.transaction}


async def test_a_report_is_one_record(world: World) -> None:
    number = UUID(await world.sent())
    await world.collect(OFFICER, str(number))
    line = await only(world, world.report(OFFICER, str(number), status="in-behandeling"))
    assert said(line) == as_officer("behandeling-teruggemeld", SIGNAAL, number, links=1)
    assert line.document["bijzonderheden"] == {"status": "in-behandeling"}
    for table in ("outbox", "terugmeldingen"):
        assert await written_by(world, table, number) == {line.transaction}


async def test_reading_receipts_and_reports_is_one_record_each(world: World) -> None:
    number = await world.sent()
    await world.collect(OFFICER, number)
    await world.report(OFFICER, number, status="in-behandeling")
    for path, member in (
        (f"/v1/ontvangstbewijzen/{number}", None),
        ("/v1/ontvangstbewijzen?vestigingscode=99BB00&limit=3", "ontvangstbewijzen"),
        ("/v1/terugmeldingen?vestigingscode=99BB00&limit=3", "terugmeldingen"),
    ):
        answer, lines = await recorded(world, world.call("las-noord", "GET", path))
        (line,) = lines
        about = None if member else UUID(number)  # a list names no pupil
        expected = as_school("ontvangstbewijs-ingezien", ACCOUNTING, about, links=int(not member))
        assert said(line) == expected
        shown = [item["berichtId"] for item in answer.json()[member]] if member else [number]
        assert line.document["bijzonderheden"] == {"berichten": shown}


async def test_a_receipt_that_is_given_again_is_one_record_each_time(world: World) -> None:
    body, key = signaal(world.pupil()), world.key()
    number = bericht_id(await world.send(body, key=key))
    withdrawn = bericht_id(await world.withdraw(number))
    for act, shown in (
        (world.send(body, key=key), number),
        (world.withdraw(number), withdrawn),
    ):
        line = await only(world, act)
        about = UUID(shown)
        assert said(line) == as_school("ontvangstbewijs-ingezien", ACCOUNTING, about, links=1)
        assert line.document["bijzonderheden"] == {"berichten": [shown]}


async def test_a_calendar_leaves_a_record_when_it_is_another(world: World) -> None:
    path = "/v1/vestigingen/99BB00/schoolkalenders/2024-2025"
    autumn = {"lesvrijePerioden": [{"van": "2024-10-26", "tot": "2024-11-03"}]}
    winter = {"lesvrijePerioden": [{"van": "2024-12-21", "tot": "2025-01-05"}]}
    for kalender, status, records in (
        (autumn, 201, 1),
        (autumn, 200, 0),
        (winter, 200, 1),
        (winter, 200, 0),
    ):
        before = await world.everything()
        put, lines = await recorded(world, world.call("las-noord", "PUT", path, kalender))
        assert (put.status_code, len(lines)) == (status, records)
        if not records:
            assert await world.everything() == before
        got, (look,) = await recorded(world, world.call("las-noord", "GET", path))
        assert said(look) == as_school("schoolkalender-ingezien", "verzuimbeleid-vastleggen/1")
        assert got.json()["lesvrijePerioden"] == kalender["lesvrijePerioden"]


async def test_a_key_is_registered_with_its_record(world: World) -> None:
    jwk = dict(world.private_keys[OFFICER].public_jwk)
    line = await only(world, world.call(OFFICER, "PUT", "/v1/sleutel", jwk))
    expected = as_officer("sleutel-geregistreerd", "sleutelbeheer/1")
    assert said(line) == {**expected, "recipient": None}
    kid = world.private_keys[OFFICER].kid
    assert line.document["bijzonderheden"] == {"kid": kid, "status": "actief"}


async def test_policy_and_calendar_are_laid_down_with_a_record(world: World) -> None:
    path = "/v1/vestigingen/99BB00/verzuimbeleid"
    beleid = {**BELEID, "lesuurInMinuten": 59}
    line = await only(world, world.call("las-noord", "PUT", path, beleid))
    assert said(line) == as_school("verzuimbeleid-vastgelegd", "verzuimbeleid-vastleggen/1")
    stored = await world.rows("SELECT xmin::text FROM verzuimbeleid WHERE lesuur_in_minuten = 59")
    assert stored == [{"xmin": line.transaction}]
    assert "ZIEK" not in line.leaf.decode()
    again = world.call("las-noord", "PUT", path, beleid)
    assert (await recorded(world, again))[1] == []

    path = "/v1/vestigingen/99BB00/schoolkalenders/2026-2027"
    kalender = {"lesvrijePerioden": KALENDER["lesvrijePerioden"][1:]}
    line = await only(world, world.call("las-noord", "PUT", path, kalender))
    assert said(line) == as_school("schoolkalender-vastgelegd", "verzuimbeleid-vastleggen/1")
    assert (await world.call("las-noord", "PUT", path, KALENDER)).status_code == 200
    path = "/v1/vestigingen/99BB00/verzuimbeleid"
    assert (await world.call("las-noord", "PUT", path, BELEID)).status_code == 201


async def test_a_helper_is_recorded_as_itself_on_behalf_of_another(world: World) -> None:
    number = await world.sent()
    path = f"/v1/berichten/{number}?namens={OINS[OFFICER]}"
    line = await only(world, world.call("softwarehuis", "GET", path))
    told = said(line)
    assert (told["actor"], told["toegangspunt"]) == ("softwarehuis", "x5t-of-softwarehuis")
    assert (told["namens"], told["recipient"]) == (OFFICER, OFFICER)


Refused = Callable[[World, str], Awaitable[httpx.Response]]
REFUSED: dict[str, Refused] = {
    "a foreign download": lambda w, n: w.call("leerplicht-0599", "GET", f"/v1/berichten/{n}"),
    "an early answer": lambda w, n: w.answer(OFFICER, n, uitkomst="ontvangen"),
    "an early report": lambda w, n: w.report(OFFICER, n, status="in-behandeling"),
    "a foreign receipt": lambda w, n: w.call("las-zuid", "GET", f"/v1/ontvangstbewijzen/{n}"),
    "a foreign withdrawal": lambda w, n: w.withdraw(n, "las-zuid"),
    "a faulty signaal": lambda w, _: w.send(signaal(w.pupil(), ongeoorloofdeMinuten=960)),
    "a second signaal": lambda w, n: w.send(signaal(w.pupil(), vervangt=n, woongemeente="0363")),
    "an unfit key": lambda w, _: w.call(OFFICER, "PUT", "/v1/sleutel", {"kty": "oct"}),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_was_refused_did_not_happen(world: World, what: str) -> None:
    number = await world.sent()
    before = await world.everything()
    assert (await REFUSED[what](world, number)).status_code >= 400
    assert await world.everything() == before


async def test_no_two_records_share_an_entry_a_hash_or_a_span(world: World) -> None:
    lines = await world.log()
    assert len(lines) > 30
    for shared in (
        {line.entry for line in lines},
        {line.leaf_hash for line in lines},
        {line.document["span_id"] for line in lines},
        {line.document["mac"] for line in lines},
    ):
        assert len(shared) == len(lines)
    assert [line.entry for line in lines] == sorted(line.entry for line in lines)


async def test_a_record_is_canonical_json_and_hashes_to_its_leaf(world: World) -> None:
    bericht_id(await world.send(signaal(world.pupil())))
    for line in await world.log():
        text = json.dumps(line.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert line.leaf == text.encode()
        assert line.leaf_hash == hashlib.sha256(b"\x00" + line.leaf).digest()


async def test_two_principals_and_no_choice_is_no_act(world: World) -> None:
    _, lines = await recorded(world, world.call("softwarehuis", "GET", "/v1/berichten"))
    assert [(line.document["name"], line.outcome) for line in lines] == [
        ("verzoek-geweigerd", "geweigerd")
    ]
