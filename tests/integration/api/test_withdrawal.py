"""Taking a message back, before and after its download, and putting another in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from exchange.storage import directory
from tests.integration.api.world import (
    BELEID,
    NOW,
    OINS,
    PARTIES,
    World,
    bericht_id,
    but_for_instance,
    faults,
    refusal,
    signaal,
)

OFFICER = "leerplicht-0361"
ROLES = ("leerplicht", "college", "swv", "ocw")


async def statuses(world: World, number: str) -> dict[str, str]:
    """Give today's status of every stream on a receipt."""
    return {line["rol"]: line["status"] for line in (await world.receipt(number))["stromen"]}


async def test_before_the_download_nothing_is_left_and_nothing_is_told(world: World) -> None:
    number = await world.sent()
    before = await world.mailbox(OFFICER)
    withdrawn = await world.withdraw(number)
    intrekking = bericht_id(withdrawn)

    assert refusal(await world.call(OFFICER, "GET", f"/v1/berichten/{number}")) == (
        410,
        "ingetrokken",
    )
    stored = await world.rows("SELECT * FROM outbox WHERE bericht_id = $1", UUID(number))
    assert [(row["payload"], row["status"]) for row in stored] == [(None, "ingetrokken")]
    assert stored[0]["erased_at"] == world.clock.moment
    assert await world.rows("SELECT FROM outbox WHERE bericht_id = $1", UUID(intrekking)) == []
    assert await world.mailbox(OFFICER) == {**before, number: "ingetrokken"}
    assert await statuses(world, number) == dict.fromkeys(ROLES, "ingetrokken")
    assert withdrawn.json()["soort"] == "intrekking"
    assert (await statuses(world, intrekking))["leerplicht"] == "ingetrokken"


async def test_after_the_download_a_sealed_intrekking_follows(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    withdrawn = await world.withdraw(number, reden="hersteld")
    intrekking = bericht_id(withdrawn)

    mailbox = await world.mailbox(OFFICER)
    assert (mailbox[number], mailbox[intrekking]) == ("ingetrokken", "nieuw")
    assert await world.collect(OFFICER, intrekking) == {
        "berichtId": intrekking,
        "soort": "intrekking",
        "betreft": number,
        "reden": "hersteld",
    }
    assert refusal(await world.call(OFFICER, "GET", f"/v1/berichten/{number}")) == (
        410,
        "ingetrokken",
    )
    stored = await world.rows("SELECT payload FROM outbox WHERE bericht_id = $1", UUID(number))
    assert stored == [{"payload": None}]
    assert await statuses(world, number) == dict.fromkeys(ROLES, "ingetrokken")
    line = withdrawn.json()["stromen"][0]
    assert (line["rol"], line["status"], line["doorgegeven"]) == (
        "leerplicht",
        "wachtend",
        ["betreft", "reden"],
    )
    assert (await statuses(world, intrekking))["leerplicht"] == "bevestigd"


async def test_after_the_acknowledgement_a_sealed_intrekking_follows_too(world: World) -> None:
    number = await world.sent()
    await world.collect(OFFICER, number)
    intrekking = bericht_id(await world.withdraw(number))
    assert (await world.collect(OFFICER, intrekking))["betreft"] == number


async def test_who_gave_a_message_back_is_told_of_its_withdrawal(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    await world.answer(OFFICER, number, uitkomst="geweigerd", reden="NIET_WOONACHTIG")
    intrekking = bericht_id(await world.withdraw(number))
    assert (await world.mailbox(OFFICER))[intrekking] == "nieuw"
    assert await statuses(world, number) == dict.fromkeys(ROLES, "ingetrokken")


async def test_a_withdrawn_message_can_neither_be_answered_nor_reported_on(world: World) -> None:
    fetched, acknowledged = await world.sent(), await world.sent()
    await world.download(OFFICER, fetched)
    await world.collect(OFFICER, acknowledged)
    for number in (fetched, acknowledged):
        bericht_id(await world.withdraw(number))
        for answer in (
            await world.answer(OFFICER, number, uitkomst="ontvangen"),
            await world.answer(OFFICER, number, uitkomst="geweigerd", reden="ONJUIST_BERICHT"),
            await world.report(OFFICER, number, status="in-behandeling"),
        ):
            assert refusal(answer) == (410, "ingetrokken")


async def test_a_second_intrekking_gives_the_same_receipt(world: World) -> None:
    number = await world.sent()
    first = await world.withdraw(number, reden="onjuist")
    before = await world.everything()
    second = await world.withdraw(number, reden="hersteld")
    assert (second.status_code, second.content) == (200, first.content)
    assert "idempotent-replayed" not in second.headers
    after = await world.everything()
    for shown_again in ("log_records", "subject_link"):  # to whom, and of whom
        assert len(after.pop(shown_again)) == len(before.pop(shown_again)) + 1
    assert after == before


async def test_a_faulty_second_intrekking_is_told_what_is_wrong(world: World) -> None:
    number = await world.sent()
    bericht_id(await world.withdraw(number))
    path = f"/v1/berichten/{number}/intrekkingen"
    before = await world.everything()
    for body, expected in (
        ({"reden": "zomaar"}, [("/reden", "waarde-ongeldig")]),
        ({}, [("/reden", "verplicht-veld")]),
        ({"reden": "onjuist", "nu": True}, [("/nu", "onbekend-veld")]),
        (b"{", [("", "ongeldige-json")]),
    ):
        answer = await world.call("las-noord", "POST", path, body, idempotency_key=world.key())
        assert (answer.status_code, faults(answer)) == (400, expected)
    assert await world.everything() == before


async def test_twenty_intrekkingen_at_once_are_one(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    answers = await asyncio.gather(*(world.withdraw(number) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
    assert len({answer.content for answer in answers}) == 1
    told = await world.rows("SELECT FROM messages WHERE betreft = $1", UUID(number))
    assert len(told) == 1


async def test_another_schools_message_cannot_be_told_from_none(world: World) -> None:
    number = await world.sent()
    unknown = await world.withdraw(str(uuid4()))
    foreign = await world.withdraw(number, "las-zuid")
    assert but_for_instance(foreign) == but_for_instance(unknown)
    assert refusal(foreign) == (404, "niet-gevonden")
    assert (await world.mailbox(OFFICER))[number] == "nieuw"
    bericht_id(await world.withdraw(number))
    again = await world.withdraw(number, "las-zuid")
    assert but_for_instance(again) == but_for_instance(unknown)


async def test_a_faulty_intrekking_of_another_schools_message_is_judged_the_same(
    world: World,
) -> None:
    number = await world.sent()
    unknown = await world.withdraw(str(uuid4()), reden="zomaar")
    foreign = await world.withdraw(number, "las-zuid", reden="zomaar")
    assert but_for_instance(foreign) == but_for_instance(unknown)


async def test_an_intrekking_cannot_be_withdrawn(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    intrekking = bericht_id(await world.withdraw(number))
    assert refusal(await world.withdraw(intrekking)) == (404, "niet-gevonden")


@pytest.mark.parametrize("body", [{}, {"reden": None}, {"reden": "ONJUIST"}, {"reden": "zomaar"}])
async def test_an_intrekking_has_one_of_two_reasons(world: World, body: dict[str, object]) -> None:
    path = f"/v1/berichten/{await world.sent()}/intrekkingen"
    answer = await world.call("las-noord", "POST", path, body, idempotency_key=world.key())
    code = "waarde-ongeldig" if body.get("reden") else "verplicht-veld"
    assert answer.status_code == 400
    assert answer.json()["code"] in {code, "waarde-ongeldig"}
    assert [pointer for pointer, _ in faults(answer)] == ["/reden"]


async def test_the_message_in_the_path_is_no_member_of_the_body(world: World) -> None:
    number = await world.sent()
    path = f"/v1/berichten/{number}/intrekkingen"
    body = {"reden": "onjuist", "betreft": number}
    answer = await world.call("las-noord", "POST", path, body, idempotency_key=world.key())
    assert faults(answer) == [("/betreft", "onbekend-veld")]


async def test_withdrawing_makes_room_for_the_same_signaal(world: World) -> None:
    body = signaal(world.pupil())
    number = bericht_id(await world.send(body))
    refused = await world.send(body)
    assert (*refusal(refused), refused.json()["berichtId"]) == (409, "al-gemeld", number)
    bericht_id(await world.withdraw(number))
    again = bericht_id(await world.send(body))
    assert again != number
    assert refusal(await world.send(body)) == (409, "al-gemeld")


@pytest.mark.parametrize(
    "changes",
    [
        {"vestigingscode": "99BB01"},
        {"venster": {"van": "2026-10-27", "tot": "2026-11-13"}},
        {"venster": {"van": "2026-10-26", "tot": "2026-11-12"}},
        {"criterium": "PATROON_VASTE_DAG"},
    ],
)
async def test_another_school_venster_or_criterium_is_another_signaal(
    world: World, changes: dict[str, object]
) -> None:
    pupil = world.pupil()
    bericht_id(await world.send(signaal(pupil)))
    bericht_id(await world.send(signaal(pupil, **changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"ongeoorloofdeMinuten": 1},
        {"plicht": "kwalificatieplichtig"},
        {"woongemeente": "0599"},
        {"actiesSchool": []},
        {"categorie": "ongeoorloofd"},
    ],
)
async def test_the_other_members_make_no_other_signaal(
    world: World, changes: dict[str, object]
) -> None:
    pupil = world.pupil()
    number = bericht_id(await world.send(signaal(pupil)))
    refused = await world.send(signaal(pupil, **changes))
    assert (*refusal(refused), refused.json()["berichtId"]) == (409, "al-gemeld", number)


async def test_a_withdrawal_and_a_download_at_one_moment_agree_on_who_was_first(
    world: World,
) -> None:
    seen = set()
    for round_ in range(12):
        number = await world.sent()
        calls = [
            world.withdraw(number),
            world.call(OFFICER, "GET", f"/v1/berichten/{number}"),
        ]
        answers = await asyncio.gather(*(calls if round_ % 2 else reversed(calls)))
        withdrawn, got = answers if round_ % 2 else reversed(answers)
        intrekking = bericht_id(withdrawn)
        assert got.status_code in {200, 410}
        told = intrekking in await world.mailbox(OFFICER)
        assert told is (got.status_code == 200)
        seen.add(got.status_code)
        assert (await world.mailbox(OFFICER))[number] == "ingetrokken"
    assert seen  # which of the two came first is chance; that they agree is not


# --- when the recipient has left ---


@pytest.fixture
async def leaving(world: World) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Give what disconnects the officer; afterwards it is back, with its key."""

    async def leave() -> None:
        async with world.operating() as conn:
            await directory.revoke_party(conn, OINS[OFFICER], NOW)

    yield leave
    async with world.operating() as conn:
        await directory.add_party(conn, OINS[OFFICER], OFFICER, None, NOW)
        for grant in PARTIES[OFFICER]:
            await directory.grant(conn, OINS[OFFICER], grant.role, grant.remit)
    jwk = dict(world.private_keys[OFFICER].public_jwk)
    assert (await world.call(OFFICER, "PUT", "/v1/sleutel", jwk)).status_code == 201


@pytest.mark.parametrize("fetched", [False, True])
async def test_a_message_can_be_withdrawn_after_its_recipient_has_left(
    world: World, leaving: Callable[[], Awaitable[None]], fetched: bool
) -> None:
    number = await world.sent()
    if fetched:
        await world.collect(OFFICER, number)
    await leaving()
    withdrawn = await world.withdraw(number)
    intrekking = bericht_id(withdrawn)

    stored = await world.rows("SELECT * FROM outbox WHERE bericht_id = $1", UUID(number))
    assert [(row["payload"], row["status"]) for row in stored] == [(None, "ingetrokken")]
    assert await world.rows("SELECT FROM outbox WHERE bericht_id = $1", UUID(intrekking)) == []
    line = withdrawn.json()["stromen"][0]
    assert (line["rol"], line["ontvanger"], line["status"]) == (
        "leerplicht",
        str(OINS[OFFICER]),
        "ingetrokken",
    )
    assert await statuses(world, number) == dict.fromkeys(ROLES, "ingetrokken")
    assert (await statuses(world, intrekking))["leerplicht"] == "ingetrokken"
    record, *_ = [line for line in await world.log() if line.bericht_id == UUID(intrekking)]
    assert record.recipient is None
    assert record.document["bijzonderheden"].get("nietVerteld") == (
        ["leerplicht"] if fetched else None
    )


async def test_who_is_connected_is_told_and_the_record_says_nothing_else(world: World) -> None:
    number = await world.sent()
    await world.collect(OFFICER, number)
    intrekking = bericht_id(await world.withdraw(number))
    record, *_ = [line for line in await world.log() if line.bericht_id == UUID(intrekking)]
    assert record.document["bijzonderheden"].keys() == {"soort", "stromen"}


async def test_a_message_whose_recipient_has_left_cannot_be_replaced(
    world: World, leaving: Callable[[], Awaitable[None]]
) -> None:
    number = await world.sent()
    await leaving()
    answer = await world.send(signaal(world.pupil(), vervangt=number))
    assert refusal(answer) == (409, "ontvanger-niet-aangesloten")


async def test_a_delivery_of_registrations_can_be_neither_withdrawn_nor_replaced(
    world: World,
) -> None:
    number = await world.sent()
    await world.rows(
        "UPDATE messages SET soort = 'verzuimregistraties' WHERE bericht_id = $1", UUID(number)
    )
    assert refusal(await world.withdraw(number)) == (404, "niet-gevonden")
    answer = await world.send(signaal(world.pupil(), vervangt=number))
    assert faults(answer) == [("/vervangt", "waarde-ongeldig")]


# --- vervangt ---


async def test_a_replacement_takes_the_place_of_the_earlier_signaal(world: World) -> None:
    body = signaal(world.pupil())
    number = bericht_id(await world.send(body))
    answer = await world.send({**body, "ongeoorloofdeMinuten": 300, "vervangt": number})
    replacement = bericht_id(answer)

    assert await statuses(world, number) == dict.fromkeys(ROLES, "ingetrokken")
    assert await statuses(world, replacement) == {
        **dict.fromkeys(ROLES, "opgenomen"),
        "leerplicht": "wachtend",
    }
    assert (await world.mailbox(OFFICER))[number] == "ingetrokken"
    assert refusal(await world.call(OFFICER, "GET", f"/v1/berichten/{number}")) == (
        410,
        "ingetrokken",
    )
    content = await world.collect(OFFICER, replacement)
    assert (content["vervangt"], content["ongeoorloofdeMinuten"]) == (number, 300)
    assert "vervangt" in answer.json()["stromen"][0]["doorgegeven"]

    again = await world.send(body)
    assert (*refusal(again), again.json()["berichtId"]) == (409, "al-gemeld", replacement)


async def test_the_case_reference_stays_the_same_from_one_to_the_other(world: World) -> None:
    body = signaal(world.pupil())
    number = bericht_id(await world.send(body))
    first = await world.collect(OFFICER, number)
    replacement = bericht_id(await world.send({**body, "vervangt": number}))
    second = await world.collect(OFFICER, replacement)
    assert first["zaakreferentie"] == second["zaakreferentie"]
    other = await world.collect(OFFICER, await world.sent())
    assert other["zaakreferentie"] != first["zaakreferentie"]


async def test_a_replacement_may_meet_another_signaal_that_stands(world: World) -> None:
    pupil = world.pupil()
    first = bericht_id(await world.send(signaal(pupil)))
    other = bericht_id(await world.send(signaal(pupil, criterium="PATROON_VASTE_DAG")))
    answer = await world.send(signaal(pupil, criterium="PATROON_VASTE_DAG", vervangt=first))
    assert (*refusal(answer), answer.json()["berichtId"]) == (409, "al-gemeld", other)
    assert (await world.mailbox(OFFICER))[first] == "nieuw"


async def test_an_unknown_and_a_foreign_earlier_message_are_one_and_the_same(
    world: World,
) -> None:
    foreign = await world.sent("las-zuid", vestigingscode="99CC00", woongemeente="0361")
    answers = [
        await world.send(signaal(world.pupil(), vervangt=number))
        for number in (str(uuid4()), foreign)
    ]
    assert but_for_instance(answers[0]) == but_for_instance(answers[1])
    assert faults(answers[0]) == [("/vervangt", "waarde-ongeldig")]


async def test_a_message_of_another_vestiging_of_the_same_supplier_cannot_be_replaced(
    world: World,
) -> None:
    number = await world.sent(vestigingscode="99BB01")
    answer = await world.send(signaal(world.pupil(), vervangt=number))
    assert faults(answer) == [("/vervangt", "waarde-ongeldig")]
    assert (await world.mailbox(OFFICER))[number] == "nieuw"


async def test_what_was_withdrawn_or_replaced_cannot_be_replaced_again(world: World) -> None:
    withdrawn, replaced = await world.sent(), await world.sent()
    bericht_id(await world.withdraw(withdrawn))
    bericht_id(await world.send(signaal(world.pupil(), vervangt=replaced)))
    for number in (withdrawn, replaced):
        answer = await world.send(signaal(world.pupil(), vervangt=number))
        assert refusal(answer) == (409, "overgang-ongeldig")
        faulty = signaal(world.pupil(), vervangt=number, ongeoorloofdeMinuten=960)
        assert refusal(await world.send(faulty)) == (400, "verplichte-melding")


async def test_what_was_replaced_cannot_be_withdrawn(world: World) -> None:
    replaced = await world.sent()
    replacement = bericht_id(await world.send(signaal(world.pupil(), vervangt=replaced)))
    assert refusal(await world.withdraw(replaced)) == (409, "overgang-ongeldig")
    bericht_id(await world.withdraw(replacement))


async def test_a_replacement_keeps_its_recipient_when_that_one_has_the_message(
    world: World,
) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    answer = await world.send(signaal(world.pupil(), woongemeente="0599", vervangt=number))
    assert refusal(answer) == (400, "waarde-ongeldig")
    assert faults(answer) == [("/vervangt", "waarde-ongeldig")]
    assert (await world.mailbox(OFFICER))[number] == "nieuw"


@pytest.mark.parametrize("refused", [False, True])
async def test_what_nobody_holds_may_be_replaced_for_another_recipient(
    world: World, *, refused: bool
) -> None:
    pupil = world.pupil()
    number = bericht_id(await world.send(signaal(pupil)))
    if refused:
        await world.download(OFFICER, number)
        await world.answer(OFFICER, number, uitkomst="geweigerd", reden="NIET_WOONACHTIG")
    moved = signaal(pupil, woongemeente="0599", vervangt=number)
    replacement = bericht_id(await world.send(moved))
    assert (await world.collect("leerplicht-0599", replacement))["vervangt"] == number
    assert (await world.mailbox(OFFICER))[number] == "ingetrokken"


async def test_a_mandate_that_begins_later_reaches_no_earlier_message(world: World) -> None:
    about = {"vestigingscode": "99CC00", "woongemeente": "0599"}
    number = await world.sent("las-zuid", **about)
    await world.mandate("las-noord", "99CC00", betreft=NOW.date())
    assert refusal(await world.withdraw(number)) == (403, "geen-mandaat")
    today = {"van": NOW.date().isoformat(), "tot": NOW.date().isoformat()}
    later = signaal(world.pupil(), **about, venster=today, vervangt=number)
    answer = await world.send(later)
    assert (refusal(answer), faults(answer)) == (
        (403, "geen-mandaat"),
        [("/vervangt", "geen-mandaat")],
    )
    await world.end_mandate("las-noord", "99CC00")
    bericht_id(await world.withdraw(number, sender="las-zuid"))


async def test_an_intrekking_cannot_be_replaced(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    intrekking = bericht_id(await world.withdraw(number))
    answer = await world.send(signaal(world.pupil(), vervangt=intrekking))
    assert faults(answer) == [("/vervangt", "waarde-ongeldig")]
    assert (await world.mailbox(OFFICER))[intrekking] == "nieuw"


async def test_two_replacements_at_once_leave_one(world: World) -> None:
    number = await world.sent()
    answers = await asyncio.gather(
        *(world.send(signaal(world.pupil(), vervangt=number)) for _ in range(5))
    )
    accepted = [answer for answer in answers if answer.status_code == 202]
    assert len(accepted) == 1
    refused = {refusal(answer) for answer in answers if answer.status_code != 202}
    assert refused == {(409, "overgang-ongeldig")}


async def test_a_message_of_a_vestiging_that_opened_during_the_year_can_be_withdrawn(
    world: World,
) -> None:
    await world.execute(
        "INSERT INTO vestigingen (code, geldig_van, gemeente, sector, swv)"
        " VALUES ('99AA01', '2026-10-01', '0361', 'po', 'PO2703')"
    )
    await world.refresh()
    put = await world.call("school-99AA", "PUT", "/v1/vestigingen/99AA01/verzuimbeleid", BELEID)
    assert put.status_code == 201
    number = await world.sent("school-99AA", vestigingscode="99AA01")
    bericht_id(await world.withdraw(number, "school-99AA"))


async def test_a_message_can_still_be_withdrawn_when_the_school_year_is_over(
    world: World,
) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    with world.at(datetime(2027, 9, 15, 10, 0, tzinfo=UTC)):
        intrekking = bericht_id(await world.withdraw(number))
    assert (await world.collect(OFFICER, intrekking))["betreft"] == number
    counted = await world.rows(
        "SELECT periode, schooljaar FROM messages WHERE bericht_id = $1", UUID(intrekking)
    )
    assert counted == [{"periode": "2026-11", "schooljaar": 2026}]


async def test_the_intrekking_is_about_the_same_pupil_in_the_log(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    intrekking = bericht_id(await world.withdraw(number))
    lines = {
        line.bericht_id: line
        for line in await world.log()
        if line.actor == OINS["las-noord"].reveal()
    }
    (earlier,), (later,) = lines[UUID(number)].links, lines[UUID(intrekking)].links
    assert earlier[0] == later[0]  # the blind index
    assert earlier[1] != later[1]  # the salt
