"""One effect for each key: replays, their scope, and a rehearsal that has no effect at all."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import Any

import pytest

from exchange.pipeline.at_rest import key_digest
from tests.integration.api.world import OINS, World, bericht_id, faults, refusal, signaal

SCHOOL_YEAR = date(2026, 8, 1)


async def test_the_same_key_and_body_give_the_first_answer_again_byte_for_byte(
    world: World,
) -> None:
    body, key = signaal(world.pupil()), world.key()
    first = await world.send(body, key=key)
    bericht_id(first)
    before = await world.everything()
    again = await world.send(body, key=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    after = await world.everything()
    for shown_again in ("log_records", "subject_link"):  # to whom, and of whom
        assert len(after.pop(shown_again)) == len(before.pop(shown_again)) + 1
    assert after == before


async def test_the_replay_is_the_first_answer_even_when_the_message_has_moved_on(
    world: World,
) -> None:
    body, key = signaal(world.pupil()), world.key()
    first = await world.send(body, key=key)
    await world.collect("leerplicht-0361", bericht_id(first))
    await world.withdraw(bericht_id(first))
    assert (await world.send(body, key=key)).content == first.content


async def test_an_intrekking_is_replayed_like_any_other_message(world: World) -> None:
    path = f"/v1/berichten/{await world.sent()}/intrekkingen"
    key, body = world.key(), {"reden": "onjuist"}
    first = await world.call("las-noord", "POST", path, body, idempotency_key=key)
    bericht_id(first)
    again = await world.call("las-noord", "POST", path, body, idempotency_key=key)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["idempotent-replayed"] == "true"


async def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    body, key = signaal(world.pupil()), world.key()
    bericht_id(await world.send(body, key=key))
    for other in (
        signaal(world.pupil()),
        json.dumps(body, indent=1).encode(),  # a body is its bytes
        b"{",
    ):
        assert refusal(await world.send(other, key=key)) == (
            409,
            "idempotentiesleutel-hergebruikt",
        )


async def test_a_key_whose_first_request_still_runs_is_busy_and_says_when_to_come_back(
    world: World,
) -> None:
    body, key = signaal(world.pupil()), world.key()
    caller = OINS["las-noord"]
    digest = key_digest(caller, "/v1/signalen", key, world.gateway.keys)
    async with world.database.raw() as first:  # a twin of the request that got this far and stays
        await first.execute("BEGIN")
        await first.execute(
            "INSERT INTO idempotency VALUES ($1, $1, gen_random_uuid(), 202, now())", digest
        )
        answer = await world.send(body, key=key)
        assert refusal(answer) == (409, "idempotentiesleutel-bezig")
        assert int(answer.headers["retry-after"]) > 0
        await first.execute("ROLLBACK")
    bericht_id(await world.send(body, key=key))


async def test_a_key_belongs_to_its_caller(world: World) -> None:
    key = world.key()
    body = signaal(world.pupil(), vestigingscode="99AA00")
    number = bericht_id(await world.send(body, "las-noord", key))
    answer = await world.send(body, "school-99AA", key)
    assert refusal(answer) == (409, "al-gemeld")  # judged on its own, so no replay
    assert answer.json()["berichtId"] == number
    other = signaal(world.pupil(), vestigingscode="99AA00")
    bericht_id(await world.send(other, "school-99AA", key))


async def test_a_key_belongs_to_its_path(world: World) -> None:
    key = world.key()
    first, second = await world.sent(), await world.sent()
    bericht_id(await world.send(signaal(world.pupil()), key=key))
    receipts = []
    for number in (first, second):
        path = f"/v1/berichten/{number}/intrekkingen"
        body = {"reden": "onjuist"}
        answer = await world.call("las-noord", "POST", path, body, idempotency_key=key)
        bericht_id(answer)
        receipts.append(answer.content)
    assert receipts[0] != receipts[1]


async def test_an_answer_that_was_no_acceptance_is_not_remembered(world: World) -> None:
    key, pupil = world.key(), world.pupil()
    await world.send(signaal(pupil))
    wrong = [
        (signaal(pupil, ongeoorloofdeMinuten=0), (400, "waarde-ongeldig")),
        (signaal(pupil, vestigingscode="99CC00"), (403, "geen-mandaat")),
        (signaal(pupil, woongemeente="0363"), (409, "ontvanger-niet-aangesloten")),
        (signaal(pupil), (409, "al-gemeld")),
    ]
    for body, expected in wrong:
        assert refusal(await world.send(body, key=key)) == expected
    assert (await world.rows("SELECT count(*) FROM idempotency"))[0]["count"] == len(
        await world.rows("SELECT FROM messages")
    )
    bericht_id(await world.send(signaal(world.pupil()), key=key))


@pytest.mark.parametrize("key", ["k", "x" * 255, '!~{}"\\,;=', "0d5f8c1e-5a0e-4c9b"])
async def test_a_key_is_1_to_255_visible_characters(world: World, key: str) -> None:
    body = signaal(world.pupil())
    first = await world.send(body, key=key)
    bericht_id(first)
    assert (await world.send(body, key=key)).content == first.content


async def test_fifty_at_once_with_one_key_have_one_effect(world: World) -> None:
    body, key = signaal(world.pupil()), world.key()
    before = await world.everything()
    answers = await asyncio.gather(*(world.send(body, key=key) for _ in range(50)))
    after = await world.everything()
    assert [answer.status_code for answer in answers] == [202] * 50
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 49
    grown = {table: len(after[table]) - len(before[table]) for table in after}
    assert {table: count for table, count in grown.items() if count} == {
        "messages": 1,
        "outbox": 1,
        "log_records": 50,  # one is the acceptance, the others show its receipt again
        "subject_link": 50,
        "idempotency": 1,
        "natural_keys": 1,
        "tally_due": 1,
    }


async def test_twenty_at_once_with_keys_of_their_own_are_one_message(world: World) -> None:
    body = signaal(world.pupil())
    answers = await asyncio.gather(*(world.send(body) for _ in range(20)))
    accepted = [answer for answer in answers if answer.status_code == 202]
    refused = [answer for answer in answers if answer.status_code != 202]
    assert len(accepted) == 1
    assert {refusal(answer) for answer in refused} == {(409, "al-gemeld")}
    assert {answer.json()["berichtId"] for answer in refused} == {bericht_id(accepted[0])}


async def test_a_replay_follows_todays_mandate(world: World) -> None:
    body, key = signaal(world.pupil(), vestigingscode="99BB01"), world.key()
    first = await world.send(body, key=key)
    bericht_id(first)

    later = date(2026, 11, 14)  # from the day after the event on: no new message, but a replay
    await world.mandate("las-noord", "99BB01", betreft=later)
    assert refusal(await world.send(body)) == (403, "geen-mandaat")
    assert (await world.send(body, key=key)).content == first.content

    await world.end_mandate("las-noord", "99BB01")
    assert refusal(await world.send(body, key=key)) == (403, "geen-mandaat")

    await world.mandate("las-noord", "99BB01")
    assert (await world.send(body, key=key)).content == first.content


async def test_neither_key_nor_body_can_be_read_or_recomputed_from_what_is_stored(
    world: World,
) -> None:
    body, key = signaal(world.pupil()), world.key()
    await world.send(body, key=key)
    stored = json.dumps(await world.everything())
    assert key not in stored
    digests = await world.rows("SELECT key_digest, body_digest FROM idempotency")
    assert all(row["key_digest"][0] == row["body_digest"][0] == 1 for row in digests)
    assert len({row["key_digest"] for row in digests}) == len(digests)


# --- rehearsal ---


async def _rehearse(world: World, body: object, path: str = "/v1/signalen", **headers: str) -> Any:  # noqa: ANN401
    return await world.call("las-noord", "POST", f"{path}?valideer=true", body, **headers)


async def test_a_rehearsal_tells_what_would_pass_and_stores_nothing(world: World) -> None:
    body = signaal(world.pupil())
    before = await world.everything()
    answer = await _rehearse(world, body)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"geldig", "stromen"}
    assert answer.json()["geldig"] is True
    assert await world.everything() == before
    accepted = await world.send(body)
    assert answer.json()["stromen"] == accepted.json()["stromen"]


async def test_a_rehearsal_remembers_no_key_and_asks_for_none(world: World) -> None:
    body, key = signaal(world.pupil()), world.key()
    assert (await _rehearse(world, body, idempotency_key=key)).status_code == 200
    other = signaal(world.pupil())
    bericht_id(await world.send(other, key=key))
    again = await _rehearse(world, body, idempotency_key=key)
    assert again.status_code == 200
    assert "idempotent-replayed" not in again.headers


async def test_a_rehearsal_of_an_intrekking_withdraws_nothing(world: World) -> None:
    number = await world.sent()
    before = await world.everything()
    path = f"/v1/berichten/{number}/intrekkingen"
    assert (await _rehearse(world, {"reden": "onjuist"}, path)).status_code == 200
    assert faults(await _rehearse(world, {"reden": "zomaar"}, path)) == [
        ("/reden", "waarde-ongeldig")
    ]
    assert await world.everything() == before
    assert (await world.mailbox("leerplicht-0361"))[number] == "nieuw"


@pytest.mark.parametrize(
    "changes",
    [
        {"pgn": "123456789"},
        {"naam": "x"},
        {"criterium": "NIET_IN_BELEID"},
        {"ongeoorloofdeMinuten": 960},
        {"vestigingscode": "99CC00"},
        {"vestigingscode": "98ZZ00"},
        {"woongemeente": "0363"},
        {"venster": {"van": "2025-07-01", "tot": "2025-07-02"}},
        {"vervangt": "0190a5d0-ac96-774b-bcce-b302099a8057"},
        {"contact": {"rol": "mentor", "email": "l999972000@school.example"}, "pgn": "999972000"},
    ],
)
async def test_a_rehearsal_refuses_what_would_be_refused(
    world: World, changes: dict[str, Any]
) -> None:
    body = {**signaal(world.pupil()), **changes}
    rehearsed, sent = await _rehearse(world, body), await world.send(body)
    assert refusal(rehearsed) == refusal(sent)
    assert faults(rehearsed) == faults(sent)


async def test_a_rehearsal_knows_what_was_reported_already(world: World) -> None:
    body = signaal(world.pupil())
    number = bericht_id(await world.send(body))
    answer = await _rehearse(world, body)
    assert refusal(answer) == (409, "al-gemeld")
    assert answer.json()["berichtId"] == number
    replacing = {**body, "vervangt": number}
    assert (await _rehearse(world, replacing)).status_code == 200


async def test_a_rehearsal_of_a_second_intrekking_says_that_nothing_is_left_to_withdraw(
    world: World,
) -> None:
    number = await world.sent()
    bericht_id(await world.withdraw(number))
    answer = await _rehearse(world, {"reden": "onjuist"}, f"/v1/berichten/{number}/intrekkingen")
    assert refusal(answer) == (409, "overgang-ongeldig")


@pytest.mark.parametrize("word", ["ja", "", "True", "1", "true "])
async def test_valideer_is_true_or_false_and_nothing_else(world: World, word: str) -> None:
    before = await world.everything()
    answer = await world.call(
        "las-noord",
        "POST",
        f"/v1/signalen?valideer={word}",
        signaal(world.pupil()),
        idempotency_key=world.key(),
    )
    assert refusal(answer) == (400, "waarde-ongeldig")
    assert faults(answer) == [("/valideer", "waarde-ongeldig")]
    assert await world.everything() == before


@pytest.mark.parametrize("what", ["verzuimbeleid", "schoolkalenders/2026-2027"])
async def test_a_put_can_be_rehearsed_too(world: World, what: str) -> None:
    path = f"/v1/vestigingen/99BB00/{what}?valideer=true"
    body: dict[str, Any] = (
        {
            "vastgesteldOp": "2026-06-01",
            "geldigVanaf": SCHOOL_YEAR.isoformat(),
            "redenen": [],
            "signaalcriteria": [],
            "elementen": [],
        }
        if what == "verzuimbeleid"
        else {"lesvrijePerioden": []}
    )
    before = await world.everything()
    answer = await world.call("las-noord", "PUT", path, body)
    assert (answer.status_code, answer.json()["geldig"]) == (200, True)
    wrong = await world.call("las-noord", "PUT", path, {**body, "naam": "x"})
    assert refusal(wrong) == (400, "onbekend-veld")
    foreign = path.replace("99BB00", "99CC00")
    assert refusal(await world.call("las-noord", "PUT", foreign, body)) == (403, "geen-mandaat")
    assert await world.everything() == before
