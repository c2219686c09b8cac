"""A verzuimmelding from the school to the leerplichtambtenaar, and what it does to a count."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import pytest

from exchange.messages.identifiers import Oin
from exchange.pipeline.stages import Peer
from exchange.policy.necessity import Mode
from exchange.policy.parties import Dienst, Mandate, Role
from exchange.storage import directory
from tests.integration.api.registrations import register
from tests.integration.api.world import (
    BELEID,
    LONG_AGO,
    YEAR_START,
    WithPeer,
    World,
    bericht_id,
    faults,
    refusal,
    signaal,
    verzuimmelding,
)

OFFICER = "leerplicht-0361"
PATH = "/v1/verzuimmeldingen"
REHEARSED = f"{PATH}?valideer=true"
Body = dict[str, object]


def absent(minutes: dict[str, int]) -> Body:
    """Give the members that say on which days a pupil was absent, from first to last."""
    days = [{"datum": day, "minuten": minuten} for day, minuten in minutes.items()]
    return {"begindatum": min(minutes), "einddatum": max(minutes), "dagen": days}


async def refused(world: World, body: Body) -> tuple[int, str]:
    """Give why a melding is refused, which a rehearsal must have told already."""
    rehearsed = await world.call("las-noord", "POST", REHEARSED, body)
    answer = await world.report_absence(body)
    assert refusal(rehearsed) == refusal(answer)
    assert rehearsed.json().get("berichtId") == answer.json().get("berichtId")
    return refusal(answer)


async def accepted(world: World, body: Body) -> str:
    """Have a melding accepted, which a rehearsal must have told already, and give its id."""
    rehearsed = await world.call("las-noord", "POST", REHEARSED, body)
    assert rehearsed.status_code == 200, rehearsed.text
    return bericht_id(await world.report_absence(body))


async def telstand(world: World, number: str) -> list[dict[str, object]]:
    """Give what a melding restarts."""
    return await world.rows("SELECT * FROM telstand WHERE bericht_id = $1", UUID(number))


# --- from school to leerplicht ---


async def test_a_melding_reaches_exactly_its_leerplichtambtenaar(world: World) -> None:
    pupil = world.pupil()
    number = await accepted(world, verzuimmelding(pupil))
    assert (await world.mailbox(OFFICER))[number] == "nieuw"
    assert number not in await world.mailbox("leerplicht-0599")

    content = await world.collect(OFFICER, number)
    assert set(content) == {
        "berichtId", "soort", "verzuimsoort", "pgn", "vestigingscode", "begindatum", "einddatum",
        "dagen", "alleLessenGemist", "actieGemeenteGewenst", "oudersGeinformeerdOp",
        "actiesSchool", "contact", "zaakreferentie",
    }  # fmt: skip
    assert (content["soort"], content["pgn"]) == ("verzuimmelding", pupil.reveal())
    assert content["dagen"] == verzuimmelding(pupil)["dagen"]
    receipt = await world.receipt(number)
    assert receipt["soort"] == "verzuimmelding"
    assert {line["rol"]: line["status"] for line in receipt["stromen"]} == {
        "leerplicht": "bevestigd", "college": "opgenomen", "swv": "opgenomen", "ocw": "opgenomen",
    }  # fmt: skip
    counts = {line["rol"]: line["afgeleid"] for line in receipt["stromen"]}
    assert counts["college"] == ["vestigingscode", "begindatum", "einddatum"]


async def test_a_melding_and_a_signaal_about_one_pupil_are_one_case(world: World) -> None:
    pupil = world.pupil()
    first = await world.collect(OFFICER, bericht_id(await world.send(signaal(pupil))))
    second = await world.collect(OFFICER, await accepted(world, verzuimmelding(pupil)))
    assert first["zaakreferentie"] == second["zaakreferentie"]


async def test_leerplicht_reports_on_a_melding_and_the_school_reads_it(world: World) -> None:
    number = await accepted(world, verzuimmelding(world.pupil()))
    await world.collect(OFFICER, number)
    told = await world.report(OFFICER, number, status="in-behandeling")
    assert told.status_code == 201
    listed = await world.call(
        "las-noord", "GET", "/v1/terugmeldingen?vestigingscode=99BB00&limit=500"
    )
    reports = {item["berichtId"]: item["status"] for item in listed.json()["terugmeldingen"]}
    assert reports[number] == "in-behandeling"


async def test_a_melding_counts_in_the_month_of_its_end_and_else_of_its_beginning(
    world: World,
) -> None:
    ends = verzuimmelding(world.pupil(), **absent({"2026-10-29": 480, "2026-11-04": 480}))
    goes_on = verzuimmelding(
        world.pupil(),
        verzuimsoort="langdurig",
        **{**absent({"2026-09-30": 300}), "einddatum": None},
    )
    numbers = [await accepted(world, body) for body in (ends, goes_on)]
    for number, periode in zip(numbers, ("2026-11", "2026-09"), strict=True):
        query = f"vestigingscode=99BB00&periode={periode}&limit=500"
        listed = await world.call("las-noord", "GET", f"/v1/ontvangstbewijzen?{query}")
        found = {item["berichtId"] for item in listed.json()["ontvangstbewijzen"]}
        assert found & set(numbers) == {number}
    assert "einddatum" not in await world.collect(OFFICER, numbers[1])


async def test_what_is_kept_of_the_count_names_no_pupil(world: World) -> None:
    pupil = world.pupil()
    number = await accepted(world, verzuimmelding(pupil))
    (row,) = await telstand(world, number)
    assert (row["vestigingscode"], row["schooljaar"], row["verzuimsoort"]) == (
        "99BB00",
        2026,
        "16-uur",
    )
    assert (row["begin"], row["eind"]) == (date(2026, 11, 2), date(2026, 11, 3))
    assert pupil.reveal() not in str(row)
    elsewhere = await accepted(world, verzuimmelding(pupil, vestigingscode="99BB01"))
    (other,) = await telstand(world, elsewhere)
    assert other["pupil"] != row["pupil"]


# --- the threshold ---


@pytest.mark.parametrize("vestigingscode", ["99AA00", "99BB00"])
async def test_a_minute_below_the_threshold_is_refused_and_at_it_accepted(
    world: World, vestigingscode: str
) -> None:
    body = verzuimmelding(world.pupil(), vestigingscode=vestigingscode)
    below = {**body, **absent({"2026-11-02": 480, "2026-11-03": 479})}
    assert await refused(world, below) == (400, "geen-verplichte-melding")
    await accepted(world, body)


async def test_the_threshold_is_reached_across_a_holiday(world: World) -> None:
    pupil = world.pupil()
    four = {"2026-10-05": 480, "2026-11-06": 480}  # the autumn holiday lies between
    five = {"2026-10-02": 480, "2026-11-06": 480}
    assert await refused(world, verzuimmelding(pupil, **absent(five))) == (
        400,
        "geen-verplichte-melding",
    )
    await accepted(world, verzuimmelding(pupil, **absent(four)))


async def test_a_school_with_lessons_of_fifty_minutes_reaches_it_sooner(world: World) -> None:
    put = await world.call(
        "las-zuid",
        "PUT",
        "/v1/vestigingen/99CC00/verzuimbeleid",
        {**BELEID, "lesuurInMinuten": 50},
    )
    assert put.status_code == 201, put.text
    at = {"vestigingscode": "99CC00", "woongemeente": "0361"}
    below = verzuimmelding(world.pupil(), **at, **absent({"2026-11-02": 400, "2026-11-03": 399}))
    answer = await world.report_absence(below, "las-zuid")
    assert refusal(answer) == (400, "geen-verplichte-melding")
    assert faults(answer) == [("/dagen", "geen-verplichte-melding")]
    reached = verzuimmelding(world.pupil(), **at, **absent({"2026-11-02": 400, "2026-11-03": 400}))
    bericht_id(await world.report_absence(reached, "las-zuid"))
    for minuten, status in ((799, 202), (800, 400)):
        body = signaal(world.pupil(), **at, ongeoorloofdeMinuten=minuten)
        assert (await world.send(body, "las-zuid")).status_code == status


@pytest.mark.parametrize(("begin", "status"), [("2026-10-22", 400), ("2026-10-21", 202)])
async def test_a_long_absence_lasts_more_than_four_weeks(
    world: World, begin: str, status: int
) -> None:
    """Today is 18 November: from 22 October on that is 28 days, from 21 October 29."""
    for einddatum in ("2026-11-18", None):
        body = verzuimmelding(
            world.pupil(),
            verzuimsoort="langdurig",
            **{**absent({begin: 300}), "einddatum": einddatum},
        )
        answer = await world.report_absence(body)
        assert answer.status_code == status, answer.text
        if status == 400:
            assert faults(answer) == [("/begindatum", "geen-verplichte-melding")]


async def test_leave_not_given_is_reported_whatever_its_length(world: World) -> None:
    await accepted(
        world, verzuimmelding(world.pupil(), verzuimsoort="luxe", **absent({"2026-11-09": 60}))
    )


async def test_everything_that_is_wrong_is_told_at_once(world: World) -> None:
    answer = await world.report_absence(
        verzuimmelding(
            world.pupil(),
            woongemeente="9999",
            oudersGeinformeerdOp="2026-11-19",
            plicht="geen",
            zomaar=1,
        )
    )
    assert faults(answer) == [
        ("/zomaar", "onbekend-veld"),
        ("/oudersGeinformeerdOp", "datum-ongeldig"),
        ("/plicht", "buiten-leerplicht"),
        ("/woongemeente", "onbekende-woongemeente"),
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [("0001-01-01", (403, "onbekende-vestiging")), ("9999-12-31", (400, "datum-ongeldig"))],
)
async def test_the_ends_of_the_calendar_are_refused_like_any_other_wrong_day(
    world: World, day: str, expected: tuple[int, str]
) -> None:
    body = verzuimmelding(world.pupil(), vestigingscode="99AA00", **absent({day: 720}))
    assert refusal(await world.report_absence(body, "school-99AA")) == expected


# --- what the school's own registrations say about a signaal ---


async def test_registrations_that_reach_the_threshold_make_a_signaal_mandatory(
    world: World,
) -> None:
    pupil = world.pupil()
    body = signaal(pupil, ongeoorloofdeMinuten=60)  # 26 October to 13 November
    await register(world, pupil, {"2026-10-26": 479, "2026-11-13": 480})
    await register(world, pupil, {"2026-11-12": 480}, categorie="geoorloofd")
    await register(world, pupil, {"2026-10-16": 480, "2026-11-16": 480})
    await register(world, pupil, {"2026-11-12": 480}, vestigingscode="99BB01")
    await register(world, world.pupil(), {"2026-11-12": 480})
    number = bericht_id(await world.send(body))
    bericht_id(await world.withdraw(number))

    await register(world, pupil, {"2026-11-02": 1})
    answer = await world.send(body)
    assert refusal(answer) == (400, "verplichte-melding")
    assert faults(answer) == [("/ongeoorloofdeMinuten", "verplichte-melding")]


async def test_after_the_melding_the_registrations_count_from_the_next_day(world: World) -> None:
    pupil = world.pupil()
    body = signaal(pupil, ongeoorloofdeMinuten=60)
    await register(world, pupil, {"2026-11-02": 480, "2026-11-03": 480})
    assert refusal(await world.send(body)) == (400, "verplichte-melding")
    melding = await accepted(world, verzuimmelding(pupil))
    number = bericht_id(await world.send(body))
    bericht_id(await world.withdraw(number))

    await register(world, pupil, {"2026-11-04": 480, "2026-11-12": 479})
    bericht_id(await world.withdraw(bericht_id(await world.send(body))))
    await register(world, pupil, {"2026-11-13": 1})
    assert refusal(await world.send(body)) == (400, "verplichte-melding")
    bericht_id(await world.withdraw(melding))
    assert refusal(await world.send(body)) == (400, "verplichte-melding")


# --- from one melding to the next ---


async def test_counting_restarts_the_day_after_and_a_withdrawal_undoes_that(world: World) -> None:
    pupil = world.pupil()
    later = verzuimmelding(pupil, **absent({"2026-11-03": 480, "2026-11-12": 480}))
    first = await accepted(world, verzuimmelding(pupil))
    assert await refused(world, later) == (400, "geen-verplichte-melding")
    bericht_id(await world.withdraw(first))
    assert await telstand(world, first) == []
    await accepted(world, later)


async def test_a_melding_that_was_refused_counts_no_more(world: World) -> None:
    pupil = world.pupil()
    first = await accepted(world, verzuimmelding(pupil))
    await world.download(OFFICER, first)
    await world.answer(OFFICER, first, uitkomst="geweigerd", reden="ONJUIST_BERICHT")
    await accepted(world, verzuimmelding(pupil))


async def test_a_new_sixteen_hours_after_the_first_is_a_new_melding(world: World) -> None:
    pupil = world.pupil()
    await accepted(world, verzuimmelding(pupil))
    await accepted(world, verzuimmelding(pupil, **absent({"2026-11-04": 480, "2026-11-12": 480})))


async def test_the_same_continuous_absence_is_reported_once_a_week(world: World) -> None:
    pupil = world.pupil()
    first = await accepted(world, verzuimmelding(pupil))
    again = verzuimmelding(pupil, **absent({"2026-11-04": 480, "2026-11-05": 480}))
    for body in (verzuimmelding(pupil), again):
        assert await refused(world, body) == (409, "al-gemeld")
        answer = await world.report_absence(body)
        assert answer.json()["berichtId"] == first
    bericht_id(await world.withdraw(first))
    await accepted(world, again)


async def test_faults_come_before_what_was_reported_already(world: World) -> None:
    pupil = world.pupil()
    await accepted(world, verzuimmelding(pupil))
    faulty = verzuimmelding(pupil, oudersGeinformeerdOp="2026-11-19")
    assert await refused(world, faulty) == (400, "datum-ongeldig")


async def test_the_same_key_gets_the_same_receipt_and_no_second_count(world: World) -> None:
    body, key = verzuimmelding(world.pupil()), world.key()
    first = await world.report_absence(body, key=key)
    again = await world.report_absence(body, key=key)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await telstand(world, bericht_id(first))) == 1


async def test_of_two_meldingen_at_one_moment_exactly_one_passes(world: World) -> None:
    for _ in range(6):
        body = verzuimmelding(world.pupil())
        answers = await asyncio.gather(*(world.report_absence(body) for _ in range(4)))
        (number,) = [bericht_id(answer) for answer in answers if answer.status_code == 202]
        others = [answer for answer in answers if answer.status_code != 202]
        assert {refusal(answer) for answer in others} == {(409, "al-gemeld")}
        assert {answer.json()["berichtId"] for answer in others} == {number}


async def test_meldingen_at_one_moment_count_no_day_twice(world: World) -> None:
    """Neither says the same as the other, and yet only one of them can count 2 November."""
    for _ in range(6):
        pupil = world.pupil()
        bodies = [
            verzuimmelding(pupil),
            verzuimmelding(pupil, **absent({"2026-11-02": 480, "2026-11-12": 480})),
        ]
        answers = await asyncio.gather(*map(world.report_absence, bodies))
        assert [answer.status_code for answer in answers].count(202) == 1
        (other,) = [answer for answer in answers if answer.status_code != 202]
        assert refusal(other) == (400, "geen-verplichte-melding")


async def test_twins_with_one_key_at_one_moment_get_one_answer(world: World) -> None:
    for _ in range(6):
        body, key = verzuimmelding(world.pupil()), world.key()
        answers = await asyncio.gather(*(world.report_absence(body, key=key) for _ in range(4)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1


# --- vervangt ---


async def test_a_replacement_takes_the_place_of_the_earlier_melding_in_the_count(
    world: World,
) -> None:
    pupil = world.pupil()
    first = await accepted(world, verzuimmelding(pupil))
    longer = absent({"2026-11-02": 480, "2026-11-03": 480, "2026-11-04": 120})
    second = await accepted(world, verzuimmelding(pupil, **longer, vervangt=first))
    assert await telstand(world, first) == []
    assert [row["eind"] for row in await telstand(world, second)] == [date(2026, 11, 4)]
    assert (await world.mailbox(OFFICER))[first] == "ingetrokken"
    assert (await world.collect(OFFICER, second))["vervangt"] == first
    again = verzuimmelding(pupil, **longer)
    assert await refused(world, again) == (409, "al-gemeld")


async def test_a_replacement_may_meet_another_melding_that_stands(world: World) -> None:
    pupil = world.pupil()
    first = await accepted(
        world, verzuimmelding(pupil, **absent({"2026-10-12": 480, "2026-10-13": 480}))
    )
    other = await accepted(world, verzuimmelding(pupil))
    answer = await world.report_absence(verzuimmelding(pupil, vervangt=first))
    assert (*refusal(answer), answer.json()["berichtId"]) == (409, "al-gemeld", other)
    assert len(await telstand(world, first)) == 1


async def test_a_melding_may_take_the_place_of_a_signaal_and_the_other_way_round(
    world: World,
) -> None:
    pupil = world.pupil()
    early = bericht_id(await world.send(signaal(pupil)))
    melding = await accepted(world, verzuimmelding(pupil, vervangt=early))
    assert (await world.mailbox(OFFICER))[early] == "ingetrokken"
    late = bericht_id(await world.send(signaal(pupil, vervangt=melding)))
    assert await telstand(world, melding) == []
    assert (await world.mailbox(OFFICER))[late] == "nieuw"


async def test_of_two_replacements_at_one_moment_one_stands(world: World) -> None:
    pupil = world.pupil()
    first = await accepted(world, verzuimmelding(pupil))
    body = verzuimmelding(pupil, vervangt=first)
    answers = await asyncio.gather(*(world.report_absence(body) for _ in range(4)))
    assert [answer.status_code for answer in answers].count(202) == 1
    others = {refusal(answer) for answer in answers if answer.status_code != 202}
    assert others <= {(409, "overgang-ongeldig"), (409, "al-gemeld")}
    standing = await world.rows(
        "SELECT FROM telstand JOIN telstand new USING (pupil) WHERE new.bericht_id = $1",
        UUID(next(bericht_id(a) for a in answers if a.status_code == 202)),
    )
    assert len(standing) == 1


# --- the school year ---


async def test_what_counted_last_year_counts_no_more(world: World) -> None:
    pupil = world.pupil()
    with world.at(datetime(2026, 7, 31, 10, 0, tzinfo=UTC)):
        await accepted(
            world,
            verzuimmelding(
                pupil,
                oudersGeinformeerdOp="2026-07-31",
                **absent({"2026-07-30": 480, "2026-07-31": 480}),
            ),
        )
    with world.at(datetime(2026, 8, 20, 10, 0, tzinfo=UTC)):
        await accepted(
            world,
            verzuimmelding(
                pupil,
                oudersGeinformeerdOp="2026-08-19",
                **absent({"2026-08-18": 480, "2026-08-19": 480}),
            ),
        )


async def test_a_melding_that_would_lapse_on_arrival_is_refused(world: World) -> None:
    days = {"2024-03-04": 480, "2024-03-05": 480}
    body = verzuimmelding(
        world.pupil(), vestigingscode="99AA00", oudersGeinformeerdOp="2024-03-05", **absent(days)
    )
    answer = await world.report_absence(body, sender="school-99AA")
    assert refusal(answer) == (400, "datum-ongeldig")


# --- in production ---


async def test_production_takes_a_melding_because_that_is_law_and_no_signaal(
    world: World,
) -> None:
    supplier = Oin("00000001123456789000")
    mandate = Mandate(supplier, "99BB00", Dienst.AANLEVEREN, LONG_AGO, None, YEAR_START)
    async with world.operating() as conn:
        await directory.add_party(conn, supplier, "las-productie", None, world.clock.now())
        await directory.grant(conn, supplier, Role.LEVERANCIER, "")
        await directory.add_mandate(conn, world.gateway.ids.uuid7(), mandate)
    production, peer = world.over(mode=Mode.PRODUCTION), Peer(supplier, "x5t-of-las-productie")

    async def post(path: str, body: Body) -> httpx.Response:
        transport = httpx.ASGITransport(WithPeer(production.app, peer))
        async with httpx.AsyncClient(transport=transport, base_url="https://gateway") as client:
            headers = {"idempotency-key": world.key()}
            return await client.post(path, json=body, headers=headers)

    pupil = world.pupil()
    assert refusal(await post("/v1/signalen", signaal(pupil))) == (403, "geen-grondslag")
    answer = await post(PATH, verzuimmelding(pupil))
    number = bericht_id(answer)
    lines = {line["rol"]: line for line in answer.json()["stromen"]}
    assert lines["leerplicht"]["status"] == "wachtend"
    for rol in ("college", "swv", "ocw"):
        assert (lines[rol]["status"], lines[rol]["ontvanger"]) == ("geen", None)
        assert {item["veld"] for item in lines[rol]["ingehouden"]} == set(verzuimmelding(pupil))
    assert (await world.collect(OFFICER, number))["pgn"] == pupil.reveal()
    withdrawn = await post(f"/v1/berichten/{number}/intrekkingen", {"reden": "onjuist"})
    intrekking = bericht_id(withdrawn)
    assert (await world.collect(OFFICER, intrekking))["betreft"] == number
    assert await telstand(world, number) == []
