"""What a recipient does with its mailbox, and what of it reaches the school."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from exchange.messages.antwoord import Afsluitreden, Behandeling, WeigerReden
from tests.integration.api.world import (
    OINS,
    World,
    bericht_id,
    but_for_instance,
    faults,
    refusal,
    steady,
)

OFFICER = "leerplicht-0361"
OTHER = "leerplicht-0599"


async def walk(world: World, name: str, path: str, member: str) -> list[list[dict[str, object]]]:
    """Follow a list to its end; give its pages."""
    pages, following = [], path
    while following:
        answer = await world.call(name, "GET", following)
        assert answer.status_code == 200, answer.text
        document = answer.json()
        assert document[member] not in pages, "the list goes round in a circle"
        pages.append(document[member])
        following = document["_links"].get("next", {}).get("href")
    return pages


# --- listing ---


async def test_an_empty_mailbox_is_an_empty_list(world: World) -> None:
    answer = await world.call(OTHER, "GET", "/v1/berichten")
    assert answer.json() == {"berichten": [], "_links": {}}


async def test_a_line_says_what_waits_and_nothing_of_the_pupil(world: World) -> None:
    number = await world.sent()
    answer = await world.call(OFFICER, "GET", "/v1/berichten?limit=500")
    (line,) = [item for item in answer.json()["berichten"] if item["berichtId"] == number]
    assert line == {
        "berichtId": number,
        "soort": "signaal",
        "aangemaaktOp": "2026-11-18T10:00:00.000Z",
        "status": "nieuw",
    }


async def test_pages_hold_everything_once_and_oldest_first(world: World) -> None:
    sent = [await world.sent() for _ in range(7)]
    everything = list(await world.mailbox(OFFICER))
    assert everything[-7:] == sent
    for limit in (1, 2, len(everything) - 1, len(everything), 500):
        pages = await walk(world, OFFICER, f"/v1/berichten?limit={limit}", "berichten")
        assert [line["berichtId"] for page in pages for line in page] == everything
        assert all(len(page) == limit for page in pages[:-1])
        assert 1 <= len(pages[-1]) <= limit


async def test_a_page_stays_right_while_messages_arrive(world: World) -> None:
    first = await world.call(OFFICER, "GET", "/v1/berichten?limit=1")
    late = await world.sent()
    following = first.json()["_links"]["next"]["href"]
    pages = await walk(world, OFFICER, following, "berichten")
    shown = [line["berichtId"] for page in pages for line in page]
    assert late in shown
    assert first.json()["berichten"][0]["berichtId"] not in shown


async def test_the_next_page_keeps_the_question(world: World) -> None:
    for _ in range(3):
        await world.sent()
    namens = OINS[OFFICER].reveal()
    path = f"/v1/berichten?status=nieuw&limit=1&namens={namens}"
    answer = await world.call("softwarehuis", "GET", path)
    following = answer.json()["_links"]["next"]["href"]
    assert following.startswith("/v1/berichten?")
    for part in ("status=nieuw", "limit=1", f"namens={namens}"):
        assert part in following
    pages = await walk(world, "softwarehuis", following, "berichten")
    assert pages


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=501", "/limit"),
        ("limit=-1", "/limit"),
        ("limit=tien", "/limit"),
        ("limit=", "/limit"),
        ("cursor=x", "/cursor"),
        ("cursor=", "/cursor"),
        ("cursor=AZABpdCsl3dLvM6zAgmagFc0", "/cursor"),
        ("cursor=" + "A" * 201, "/cursor"),
        ("cursor=%C3%A9", "/cursor"),
        ("status=gelezen", "/status"),
        ("status=", "/status"),
        ("namens=0000009900000361000", "/namens"),
        ("namens=alkmaar", "/namens"),
    ],
)
async def test_a_wrong_parameter_is_named(world: World, query: str, pointer: str) -> None:
    answer = await world.call(OFFICER, "GET", f"/v1/berichten?{query}")
    assert refusal(answer) == (400, "waarde-ongeldig")
    assert faults(answer) == [(pointer, "waarde-ongeldig")]


async def test_every_wrong_parameter_is_named_at_once(world: World) -> None:
    answer = await world.call(OFFICER, "GET", "/v1/berichten?limit=0&status=x&cursor=" + "A" * 201)
    assert [pointer for pointer, _ in faults(answer)] == ["/cursor", "/limit", "/status"]


async def test_a_cursor_of_another_list_gives_nothing_that_is_not_ones_own(world: World) -> None:
    await world.sent()
    answer = await world.call(OFFICER, "GET", "/v1/berichten?limit=1")
    cursor = answer.json()["_links"]["next"]["href"].partition("cursor=")[2].partition("&")[0]
    answer = await world.call(OTHER, "GET", f"/v1/berichten?cursor={cursor}")
    assert answer.json()["berichten"] == []


async def test_the_status_filter_shows_exactly_that_status(world: World) -> None:
    numbers = {status: await world.sent() for status in ("nieuw", "gelezen", "bevestigd")}
    await world.download(OFFICER, numbers["gelezen"])
    await world.collect(OFFICER, numbers["bevestigd"])
    numbers["geweigerd"] = await world.sent()
    await world.download(OFFICER, numbers["geweigerd"])
    await world.answer(OFFICER, numbers["geweigerd"], uitkomst="geweigerd", reden="ONJUIST_BERICHT")
    numbers["ingetrokken"] = await world.sent()
    bericht_id(await world.withdraw(numbers["ingetrokken"]))
    everything = await world.mailbox(OFFICER)
    for status in ("nieuw", "bevestigd", "geweigerd", "ingetrokken", "vervallen"):
        shown = await world.mailbox(OFFICER, f"?limit=500&status={status}")
        assert shown == {k: v for k, v in everything.items() if v == status}
    assert everything[numbers["gelezen"]] == "nieuw"  # until it is acknowledged
    for status in ("bevestigd", "geweigerd", "ingetrokken"):
        assert everything[numbers[status]] == status


async def test_each_recipient_sees_its_own_messages_only(world: World) -> None:
    ours, theirs = await world.sent(), await world.sent(woongemeente="0599")
    assert theirs not in await world.mailbox(OFFICER)
    assert ours not in await world.mailbox(OTHER)
    assert ours in await world.mailbox(OFFICER)
    assert theirs in await world.mailbox(OTHER)


# --- download ---


async def test_a_message_can_be_downloaded_again_until_long_after(world: World) -> None:
    number = await world.sent()
    first, second = await world.download(OFFICER, number), await world.download(OFFICER, number)
    assert first == second
    await world.answer(OFFICER, number, uitkomst="ontvangen")
    assert await world.download(OFFICER, number) == first


async def test_the_first_download_is_what_counts(world: World) -> None:
    number = await world.sent()
    query = "SELECT status, fetched_at FROM outbox WHERE bericht_id = $1"
    await world.download(OFFICER, number)
    first = await world.rows(query, UUID(number))
    assert first == [{"status": "afgeleverd", "fetched_at": world.clock.moment}]
    with world.at(world.clock.moment.replace(hour=11)):
        await world.download(OFFICER, number)
    assert await world.rows(query, UUID(number)) == first


async def test_a_head_tells_the_size_of_a_message_and_is_no_download(world: World) -> None:
    number = await world.sent()
    head = await world.call(OFFICER, "HEAD", f"/v1/berichten/{number}")
    assert (head.status_code, head.content) == (200, b"")
    (row,) = await world.rows("SELECT status FROM outbox WHERE bericht_id = $1", UUID(number))
    assert row["status"] == "wachtend"
    answer = await world.answer(OFFICER, number, uitkomst="ontvangen")
    assert refusal(answer) == (409, "overgang-ongeldig")
    got = await world.call(OFFICER, "GET", f"/v1/berichten/{number}")
    assert steady(head) == steady(got)
    assert len(got.content) == int(head.headers["content-length"])


async def test_a_sealed_message_is_application_jose(world: World) -> None:
    number = await world.sent()
    got = await world.call(OFFICER, "GET", f"/v1/berichten/{number}")
    assert got.headers["content-type"] == "application/jose"
    assert got.text.count(".") == 4
    assert got.headers["cache-control"] == "no-store"


# --- bevestigen ---


async def test_an_answer_before_the_download_is_refused(world: World) -> None:
    number = await world.sent()
    for said in ({"uitkomst": "ontvangen"}, {"uitkomst": "geweigerd", "reden": "NIET_WOONACHTIG"}):
        answer = await world.answer(OFFICER, number, **said)
        assert refusal(answer) == (409, "overgang-ongeldig")
    assert (await world.mailbox(OFFICER))[number] == "nieuw"


async def test_an_acknowledgement_is_new_once_and_a_repeat_changes_nothing(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    first = await world.answer(OFFICER, number, uitkomst="ontvangen")
    assert (first.status_code, first.json()) == (
        201,
        {"berichtId": number, "uitkomst": "ontvangen"},
    )
    before = await world.everything()
    again = await world.answer(OFFICER, number, uitkomst="ontvangen")
    assert (again.status_code, again.json()) == (200, first.json())
    assert await world.everything() == before


async def test_a_refusal_destroys_the_payload_and_tells_the_school(world: World) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    answer = await world.answer(OFFICER, number, uitkomst="geweigerd", reden="NIET_WOONACHTIG")
    assert answer.status_code == 201

    stored = await world.rows(
        "SELECT payload, status, refusal FROM outbox WHERE bericht_id = $1", UUID(number)
    )
    assert stored == [{"payload": None, "status": "geweigerd", "refusal": "NIET_WOONACHTIG"}]
    for method in ("GET", "HEAD"):
        gone = await world.call(OFFICER, method, f"/v1/berichten/{number}")
        assert gone.status_code == 410
    assert refusal(await world.call(OFFICER, "GET", f"/v1/berichten/{number}")) == (
        410,
        "ingetrokken",
    )
    assert (await world.mailbox(OFFICER))[number] == "geweigerd"
    statuses = {s["rol"]: s["status"] for s in (await world.receipt(number))["stromen"]}
    assert statuses == {
        "leerplicht": "geweigerd",
        "college": "opgenomen",
        "swv": "opgenomen",
        "ocw": "opgenomen",
    }
    assert await told(world, number) == [
        {
            "berichtId": number,
            "status": "geweigerd",
            "afsluitreden": None,
            "reden": "NIET_WOONACHTIG",
            "ontvangenOp": "2026-11-18T10:00:00.000Z",
        }
    ]
    before = await world.everything()
    again = await world.answer(OFFICER, number, uitkomst="geweigerd", reden="NIET_WOONACHTIG")
    assert again.status_code == 200
    assert await world.everything() == before


async def test_a_contradicting_second_answer_is_refused(world: World) -> None:
    accepted, refused = await world.sent(), await world.sent()
    for number in (accepted, refused):
        await world.download(OFFICER, number)
    await world.answer(OFFICER, accepted, uitkomst="ontvangen")
    await world.answer(OFFICER, refused, uitkomst="geweigerd", reden="NIET_WOONACHTIG")
    before = await world.everything()
    for answer in (
        await world.answer(OFFICER, accepted, uitkomst="geweigerd", reden="NIET_WOONACHTIG"),
        await world.answer(OFFICER, refused, uitkomst="ontvangen"),
        await world.answer(OFFICER, refused, uitkomst="geweigerd", reden="ONJUIST_BERICHT"),
    ):
        assert refusal(answer) == (409, "overgang-ongeldig")
    assert await world.everything() == before


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("/uitkomst", "verplicht-veld")]),
        ({"uitkomst": "geweigerd"}, [("/reden", "verplicht-veld")]),
        ({"uitkomst": "geweigerd", "reden": "ZOMAAR"}, [("/reden", "waarde-ongeldig")]),
        ({"uitkomst": "ontvangen", "reden": "NIET_WOONACHTIG"}, [("/reden", "waarde-ongeldig")]),
        ({"uitkomst": "gelezen"}, [("/uitkomst", "waarde-ongeldig")]),
        (
            {"uitkomst": "gelezen", "reden": "ZOMAAR", "door": "x"},
            [
                ("/door", "onbekend-veld"),
                ("/reden", "waarde-ongeldig"),
                ("/uitkomst", "waarde-ongeldig"),
            ],
        ),
    ],
)
async def test_a_faulty_answer_is_told_everything(
    world: World, body: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    answer = await world.answer(OFFICER, number, **body)
    assert (answer.status_code, faults(answer)) == (400, expected)
    assert "ZOMAAR" not in answer.text


@pytest.mark.parametrize("reden", list(WeigerReden))
async def test_each_reason_to_refuse_can_be_given(world: World, reden: WeigerReden) -> None:
    number = await world.sent()
    await world.download(OFFICER, number)
    answer = await world.answer(OFFICER, number, uitkomst="geweigerd", reden=reden.value)
    assert answer.status_code == 201
    assert [row["reden"] for row in await told(world, number)] == [reden.value]


# --- terugmelden ---

Step = Callable[[World, str], Awaitable[object]]


def reporting(status: Behandeling) -> dict[str, str]:
    """Give a report that is consistent in itself."""
    return {
        "status": status.value,
        **({"afsluitreden": "GEEN_VERZUIM"} if status is Behandeling.AFGESLOTEN else {}),
    }


ROADS: dict[str, tuple[str, ...]] = {
    "wachtend": (),
    "afgeleverd": ("download",),
    "geweigerd": ("download", "geweigerd"),
    "bevestigd": ("download", "ontvangen"),
    "in-behandeling": ("download", "ontvangen", "in-behandeling"),
    "afgesloten": ("download", "ontvangen", "in-behandeling", "afgesloten"),
    "ter-kennisgeving-aangenomen": ("download", "ontvangen", "ter-kennisgeving-aangenomen"),
    "ingetrokken": ("download", "ontvangen", "in-behandeling", "intrekking"),
}
"""How a message gets into each state that leerplicht can find it in."""

NEW, REPEAT, NO, GONE = 201, 200, 409, 410
EXPECTED: dict[str, dict[str, int]] = {
    "wachtend": {},
    "afgeleverd": {},
    "geweigerd": {},
    "bevestigd": {"in-behandeling": NEW, "ter-kennisgeving-aangenomen": NEW},
    "in-behandeling": {"in-behandeling": REPEAT, "afgesloten": NEW},
    "afgesloten": {"afgesloten": REPEAT},
    "ter-kennisgeving-aangenomen": {"ter-kennisgeving-aangenomen": REPEAT},
    "ingetrokken": dict.fromkeys((step.value for step in Behandeling), GONE),
}
"""Contract section 3; every pair that is not here is 409."""


async def travel(world: World, state: str) -> str:
    """Bring a fresh message into a state."""
    number = await world.sent()
    for step in ROADS[state]:
        if step == "download":
            await world.download(OFFICER, number)
        elif step == "geweigerd":
            await world.answer(OFFICER, number, uitkomst=step, reden="ONJUIST_BERICHT")
        elif step == "ontvangen":
            await world.answer(OFFICER, number, uitkomst=step)
        elif step == "intrekking":
            bericht_id(await world.withdraw(number))
        else:
            answer = await world.report(OFFICER, number, **reporting(Behandeling(step)))
            assert answer.status_code == NEW
    return number


@pytest.mark.parametrize(("state", "step"), list(itertools.product(ROADS, Behandeling)), ids=str)
async def test_every_step_from_every_state_is_as_the_contract_says(
    world: World, state: str, step: Behandeling
) -> None:
    number = await travel(world, state)
    reports = await told(world, number)
    before = await world.everything()
    answer = await world.report(OFFICER, number, **reporting(step))
    expected = EXPECTED[state].get(step.value, NO)
    assert answer.status_code == expected, answer.text
    if expected == NEW:
        assert len(await told(world, number)) == len(reports) + 1
    else:
        assert await world.everything() == before
    if expected in {NO, GONE}:
        assert refusal(answer)[1] == {NO: "overgang-ongeldig", GONE: "ingetrokken"}[expected]
    else:
        assert answer.json() == {"berichtId": number, "status": step.value}


@pytest.mark.parametrize("reden", list(Afsluitreden))
async def test_a_case_is_closed_with_one_of_the_reasons(world: World, reden: Afsluitreden) -> None:
    number = await travel(world, "in-behandeling")
    answer = await world.report(OFFICER, number, status="afgesloten", afsluitreden=reden.value)
    assert answer.status_code == 201
    assert [(row["status"], row["afsluitreden"]) for row in await told(world, number)] == [
        ("in-behandeling", None),
        ("afgesloten", reden.value),
    ]


async def test_a_case_is_not_closed_again_for_another_reason(world: World) -> None:
    number = await travel(world, "afgesloten")
    (closed,) = {row["afsluitreden"] for row in await told(world, number)} - {None}
    before = await world.everything()
    for reden in Afsluitreden:
        answer = await world.report(OFFICER, number, status="afgesloten", afsluitreden=reden.value)
        if reden.value == closed:
            assert answer.status_code == REPEAT
        else:
            assert refusal(answer) == (409, "overgang-ongeldig")
    assert await world.everything() == before


async def test_there_is_nothing_to_report_on_an_intrekking(world: World) -> None:
    number = await travel(world, "bevestigd")
    intrekking = bericht_id(await world.withdraw(number))
    await world.collect(OFFICER, intrekking)
    before = await world.everything()
    for step in Behandeling:
        answer = await world.report(OFFICER, intrekking, **reporting(step))
        assert refusal(answer) == (409, "overgang-ongeldig")
    assert await world.everything() == before


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("/status", "verplicht-veld")]),
        ({"status": "afgesloten"}, [("/afsluitreden", "verplicht-veld")]),
        ({"status": "afgesloten", "afsluitreden": "ZIEK"}, [("/afsluitreden", "waarde-ongeldig")]),
        (
            {"status": "in-behandeling", "afsluitreden": "OVERIG"},
            [("/afsluitreden", "waarde-ongeldig")],
        ),
        (
            {"status": "ter-kennisgeving-aangenomen", "afsluitreden": "OVERIG"},
            [("/afsluitreden", "waarde-ongeldig")],
        ),
        ({"status": "geweigerd"}, [("/status", "waarde-ongeldig")]),
        (
            {"status": "in-behandeling", "toelichting": "x"},
            [("/toelichting", "onbekend-veld")],
        ),
    ],
)
async def test_a_faulty_report_is_told_everything(
    world: World, body: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    answer = await world.report(OFFICER, await travel(world, "bevestigd"), **body)
    assert (answer.status_code, faults(answer)) == (400, expected)


async def test_the_school_reads_its_reports_in_pages_and_nobody_elses(world: World) -> None:
    number = await travel(world, "afgesloten")
    foreign = await world.sent("las-zuid", vestigingscode="99CC00", woongemeente="0361")
    await world.collect(OFFICER, foreign)
    await world.report(OFFICER, foreign, status="ter-kennisgeving-aangenomen")

    path = "/v1/terugmeldingen?vestigingscode=99BB00"
    pages = await walk(world, "las-noord", f"{path}&limit=500", "terugmeldingen")
    (everything,) = pages
    for limit in (1, 3):
        pages = await walk(world, "las-noord", f"{path}&limit={limit}", "terugmeldingen")
        assert [row for page in pages for row in page] == everything
        assert all(len(page) == limit for page in pages[:-1])
    assert [row["status"] for row in everything if row["berichtId"] == number] == [
        "in-behandeling",
        "afgesloten",
    ]
    assert foreign not in {row["berichtId"] for row in everything}
    (theirs,) = await walk(
        world, "las-zuid", "/v1/terugmeldingen?vestigingscode=99CC00", "terugmeldingen"
    )
    assert [row["berichtId"] for row in theirs] == [foreign]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "verplicht-veld"),
        ("?vestigingscode=", 400, "vestigingscode-ongeldig"),
        ("?vestigingscode=99bb00", 400, "vestigingscode-ongeldig"),
        ("?vestigingscode=99CC00", 403, "geen-mandaat"),
        ("?vestigingscode=98ZZ00", 403, "onbekende-vestiging"),
        ("?vestigingscode=99BB00&limit=0", 400, "waarde-ongeldig"),
        ("?vestigingscode=99BB00&limit=501", 400, "waarde-ongeldig"),
        ("?vestigingscode=99BB00&cursor=x", 400, "waarde-ongeldig"),
    ],
)
async def test_reports_are_asked_for_by_vestiging(
    world: World, query: str, status: int, code: str
) -> None:
    answer = await world.call("las-noord", "GET", f"/v1/terugmeldingen{query}")
    assert refusal(answer) == (status, code)


async def told(world: World, number: str) -> list[dict[str, object]]:
    """Give what the school reads about one message."""
    path = "/v1/terugmeldingen?vestigingscode=99BB00&limit=500"
    answer = await world.call("las-noord", "GET", path)
    return [row for row in answer.json()["terugmeldingen"] if row["berichtId"] == number]


# --- who may ---


async def test_a_software_house_collects_for_the_recipient_that_it_names(world: World) -> None:
    number = await world.sent()
    namens = f"?namens={OINS[OFFICER]}"
    assert number in await world.mailbox("softwarehuis", f"{namens}&limit=500")
    got = await world.call("softwarehuis", "GET", f"/v1/berichten/{number}{namens}")
    content = world.opened(OFFICER, got.text)  # sealed to the recipient, not to its helper
    assert content["berichtId"] == number
    path = f"/v1/berichten/{number}/bevestigingen{namens}"
    answer = await world.call("softwarehuis", "POST", path, {"uitkomst": "ontvangen"})
    assert answer.status_code == 201
    path = f"/v1/berichten/{number}/terugmeldingen{namens}"
    answer = await world.call("softwarehuis", "POST", path, {"status": "in-behandeling"})
    assert answer.status_code == 201


async def test_between_two_principals_one_must_choose(world: World) -> None:
    number = await world.sent()
    other = f"?namens={OINS[OTHER]}"
    for path in ("/v1/berichten", f"/v1/berichten/{number}"):
        assert refusal(await world.call("softwarehuis", "GET", path)) == (403, "geen-mandaat")
    got = await world.call("softwarehuis", "GET", f"/v1/berichten/{number}{other}")
    assert refusal(got) == (404, "niet-gevonden")


@pytest.mark.parametrize("whom", ["leerplicht-0772", "college-0361", "las-noord", "niemand"])
async def test_nobody_acts_for_whom_it_has_no_mandate(world: World, whom: str) -> None:
    namens = OINS[whom].reveal() if whom in OINS else "00000099999999998000"
    for name in ("softwarehuis", OFFICER):
        answer = await world.call(name, "GET", f"/v1/berichten?namens={namens}")
        assert refusal(answer) == (403, "geen-mandaat")


async def test_a_recipient_may_name_itself(world: World) -> None:
    assert await world.mailbox(OFFICER, f"?namens={OINS[OFFICER]}") is not None


@pytest.mark.parametrize(
    "name", ["las-noord", "school-99AA", "college-0361", "swv-VO2703", "ocw", "fg"]
)
async def test_a_mailbox_is_for_leerplicht_alone(world: World, name: str) -> None:
    number = await world.sent()
    for method, path, body in (
        ("GET", "/v1/berichten", None),
        ("GET", f"/v1/berichten/{number}", None),
        ("POST", f"/v1/berichten/{number}/bevestigingen", {"uitkomst": "ontvangen"}),
        ("POST", f"/v1/berichten/{number}/terugmeldingen", {"status": "in-behandeling"}),
    ):
        answer = await world.call(name, method, path, body)
        assert refusal(answer) == (403, "geen-recht")


@pytest.mark.parametrize("name", [OFFICER, "college-0361", "swv-VO2703", "ocw", "fg"])
async def test_what_the_school_reads_is_for_the_schools_side_alone(world: World, name: str) -> None:
    number = await world.sent()
    for path in (
        "/v1/drempelmeldingen?vestigingscode=99BB00",
        "/v1/terugmeldingen?vestigingscode=99BB00",
        "/v1/ontvangstbewijzen?vestigingscode=99BB00",
        f"/v1/ontvangstbewijzen/{number}",
    ):
        assert refusal(await world.call(name, "GET", path)) == (403, "geen-recht")


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("GET", "", None),
        ("HEAD", "", None),
        ("POST", "/bevestigingen", {"uitkomst": "ontvangen"}),
        ("POST", "/bevestigingen", {"uitkomst": "geweigerd", "reden": "ONJUIST_BERICHT"}),
        ("POST", "/bevestigingen", {"uitkomst": "onzin"}),
        ("POST", "/terugmeldingen", {"status": "in-behandeling"}),
        ("POST", "/terugmeldingen", {"status": "afgesloten", "afsluitreden": "OVERIG"}),
    ],
)
async def test_anothers_message_cannot_be_told_from_none(
    world: World, method: str, tail: str, body: dict[str, str] | None
) -> None:
    number = await world.sent()
    await world.collect(OFFICER, number)
    before = await world.everything()
    foreign = await world.call(OTHER, method, f"/v1/berichten/{number}{tail}", body)
    unknown = await world.call(OTHER, method, f"/v1/berichten/{uuid4()}{tail}", body)
    assert foreign.status_code == unknown.status_code
    assert steady(foreign) == steady(unknown)
    if method != "HEAD":
        assert but_for_instance(foreign) == but_for_instance(unknown)
    assert foreign.status_code == (400 if body == {"uitkomst": "onzin"} else 404)
    assert await world.everything() == before
