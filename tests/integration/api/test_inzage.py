"""What became of one pupil's data: who may ask, what is told, and what is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.keys.rooted import RootedKeys
from exchange.bootstrap.law import open_necessity
from exchange.crypto.keyring import vestiging_root
from exchange.crypto.pseudonym import blind_index
from exchange.messages.identifiers import Pgn, Schooljaar, Vestigingscode
from exchange.messages.soort import Soort
from exchange.policy.parties import Role
from exchange.storage.inzage import PupilName, links_of, places_with_links, records_of
from exchange.workers.months import MonthKeeper
from exchange.workers.purger import Purger
from tests.integration.api.registrations import register
from tests.integration.api.test_lapsed import sweep
from tests.integration.api.test_outage import without_log
from tests.integration.api.test_verzuimregistraties import ndjson, post, registration
from tests.integration.api.world import (
    OINS,
    VESTIGINGEN,
    LogLine,
    World,
    bericht_id,
    faults,
    refusal,
    signaal,
    verzuimmelding,
)

PATH = "/v1/inzageverzoeken"
OFFICER = "leerplicht-0361"
SCHOOL = f"?namens={OINS['school-99AA']}"
NEXT_YEAR = datetime(2027, 9, 1, 10, 0, tzinfo=UTC)


async def ask(world: World, pgn: Pgn, caller: str = "fg", query: str = "") -> httpx.Response:
    body = {"pgn": pgn.reveal(), "reden": "INZAGEVERZOEK"}
    return await world.call(caller, "POST", f"{PATH}{query}", body)


async def answered(world: World, pgn: Pgn, caller: str = "fg", query: str = "") -> dict[str, Any]:
    answer = await ask(world, pgn, caller, query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def told(world: World, pgn: Pgn, caller: str = "fg", query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await answered(world, pgn, caller, query))["verwerkingen"]
    return found


async def forget(world: World) -> None:
    """Let the workers forget whatever is past its term."""
    gateway = world.gateway
    async with world.database.login("exchange_purge") as purge:
        keeper = MonthKeeper(purge, gateway.clock, gateway.law)
        purger = Purger(purge, gateway.keys, gateway.clock, gateway.ids, gateway.law)
        while await keeper.keep() + await purger.purge():
            pass


async def looks(world: World) -> dict[UUID, LogLine]:
    """Give the records of all looks so far."""
    lines = await world.log()
    return {line.entry: line for line in lines if line.document["name"] == "inzage-gegeven"}


async def looks_of(world: World, pgn: Pgn) -> list[LogLine]:
    """Ask about a pupil, and give what that look left."""
    before = await looks(world)
    await told(world, pgn)
    after = await looks(world)
    return [after[entry] for entry in after.keys() - before.keys()]


def acts(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["actie"], one["door"]["naam"]) for one in found]


# --- what is told ---


async def test_the_way_of_a_signaal_is_told_from_acceptance_to_report(world: World) -> None:
    pupil = world.pupil()
    number = bericht_id(await world.send(signaal(pupil)))
    opened = await world.collect(OFFICER, number)
    await world.report(OFFICER, number, status="afgesloten", afsluitreden="GEEN_VERZUIM")
    await world.report(OFFICER, number, status="in-behandeling")
    found = await told(world, pupil)
    assert acts(found) == [
        ("bericht-aangenomen", "las-noord"),
        ("bericht-opgehaald", OFFICER),
        ("bericht-bevestigd", OFFICER),
        ("verzoek-geweigerd", OFFICER),
        ("behandeling-teruggemeld", OFFICER),
    ]
    assert {one["berichtId"] for one in found} == {number}
    accepted, downloaded, *_ = found
    assert accepted["aan"] == downloaded["aan"] == {"oin": str(OINS[OFFICER]), "naam": OFFICER}
    assert accepted["namens"] == {"vestigingscode": "99BB00", "naam": "99BB00"}
    assert set(downloaded["velden"]) == set(opened)
    assert set(accepted["velden"]) == set(opened) - {"berichtId", "soort", "zaakreferentie"}


async def test_each_is_told_with_the_purpose_and_ground_of_its_clause(world: World) -> None:
    pupil = world.pupil()
    bericht_id(await world.send(signaal(pupil)))
    bericht_id(await world.report_absence(verzuimmelding(pupil)))
    table = open_necessity().on(world.gateway.today())
    for one, soort in zip(
        await told(world, pupil), (Soort.SIGNAAL, Soort.VERZUIMMELDING), strict=True
    ):
        clause = table.clause(soort, Role.LEERPLICHT)
        assert (one["soort"], one["activiteit"]) == (soort.value, clause.activiteit)
        assert (one["doel"], one["grondslag"]) == (clause.doelomschrijving, clause.grondslag)
        for stream in one["stromen"]:
            clause = table.clause(soort, Role(stream["rol"]))
            said = (stream["activiteit"], stream["doel"], stream["grondslag"])
            assert said == (clause.activiteit, clause.doelomschrijving, clause.grondslag)
        assert [s["rol"] for s in one["stromen"]] == ["leerplicht", "college", "swv", "ocw"]
        assert [bool(s["doorgegeven"]) for s in one["stromen"]] == [True, False, False, False]


async def test_the_look_itself_is_told_to_the_next_who_looks(world: World) -> None:
    pupil = world.pupil()
    bericht_id(await world.send(signaal(pupil)))
    assert acts(await told(world, pupil)) == [("bericht-aangenomen", "las-noord")]
    last = (await told(world, pupil))[-1]
    assert (last["actie"], last["door"]["naam"]) == ("inzage-gegeven", "fg")
    assert last["activiteit"] == "inzage-betrokkene/1"
    (record,) = await looks_of(world, pupil)
    assert record.document["bijzonderheden"] == {"reden": "INZAGEVERZOEK", "verwerkingen": 3}
    assert len(record.links) == 1


async def test_a_look_that_finds_nothing_is_recorded_and_linked_to_nobody(world: World) -> None:
    pupil = world.pupil()
    assert await told(world, pupil) == []
    (record,) = await looks_of(world, pupil)
    assert record.links == ()
    assert record.document["bijzonderheden"]["verwerkingen"] == 0


async def test_a_withdrawal_and_what_replaces_are_told_too(world: World) -> None:
    pupil = world.pupil()
    first = bericht_id(await world.send(signaal(pupil)))
    await world.download(OFFICER, first)
    second = bericht_id(await world.send(signaal(pupil, vervangt=first)))
    third = bericht_id(await world.withdraw(second))
    found = await told(world, pupil)
    assert [(one["soort"], one["berichtId"]) for one in found] == [
        ("signaal", first),
        ("signaal", first),
        ("signaal", second),
        ("intrekking", third),
    ]
    assert found[-1]["aan"] is None  # withdrawn before anybody had it: nobody had to be told


async def test_what_time_does_is_told(world: World) -> None:
    pupil = world.pupil()
    number = bericht_id(await world.send(signaal(pupil)))
    with world.at(datetime(2026, 12, 1, 10, 0, tzinfo=UTC)):
        await sweep(world)
        parked = (await told(world, pupil))[-1]
    assert (parked["actie"], parked["door"]) == (
        "bericht-geparkeerd",
        {"oin": None, "naam": "Verzuim Exchange"},
    )
    assert (parked["aan"]["vestigingscode"], parked["berichtId"]) == ("99BB00", number)


async def test_one_pupil_at_two_schools_in_two_years_is_told_as_one(world: World) -> None:
    pupil, day = world.pupil(), "2026-06-08"
    before = {"venster": {"van": day, "tot": day}, "oudersGeinformeerdOp": day}
    bericht_id(await world.send(signaal(pupil)))
    bericht_id(await world.send(signaal(pupil, vestigingscode="99AA00", **before)))
    await told(world, pupil)
    *messages, look = await told(world, pupil)
    places = [
        [(place["vestigingscode"], place["schooljaar"]) for place in one["scholen"]]
        for one in (*messages, look)
    ]
    assert places == [
        [("99BB00", "2026-2027")],
        [("99AA00", "2025-2026")],
        [("99AA00", "2025-2026"), ("99BB00", "2026-2027")],
    ]


# --- what is not told ---


async def test_of_a_delivery_only_this_pupils_part_is_told(world: World) -> None:
    pupil, other = world.pupil(), world.pupil()
    lines = (
        registration("i-1", pupil, vestigingscode="99AA00"),
        registration("i-2", other, vestigingscode="99BB00"),
        registration("i-3", other, vestigingscode="99BB00", minuten=0),
    )
    number = bericht_id(await post(world, ndjson(*lines)))
    await world.receipt(number)
    (mine,) = await told(world, pupil)
    assert (mine["berichtId"], mine["aan"], mine["namens"]) == (number, None, None)
    assert "minuten" in mine["velden"]
    assert "99BB00" not in json.dumps(mine)
    assert acts(await told(world, other)) == [
        ("bericht-aangenomen", "las-noord"),
        ("regels-geweigerd", "las-noord"),
    ]


async def test_a_school_hears_of_its_own_vestigingen_alone(world: World) -> None:
    pupil = world.pupil()
    mine = bericht_id(await world.send(signaal(pupil, vestigingscode="99AA00")))
    theirs = bericht_id(await world.send(signaal(pupil, vestigingscode="99BB00")))
    for number in (mine, theirs):
        await world.download(OFFICER, number)
        stolen = await world.call("leerplicht-0599", "GET", f"/v1/berichten/{number}")
        assert stolen.status_code == 404
    await told(world, pupil)
    seen = await answered(world, pupil, "school-99AA")
    assert acts(seen["verwerkingen"]) == [
        ("bericht-aangenomen", "las-noord"),
        ("bericht-opgehaald", OFFICER),
        ("inzage-gegeven", "fg"),
    ]
    for secret in (theirs, "99BB00", "leerplicht-0599"):
        assert secret not in json.dumps(seen)
    assert acts(await told(world, pupil)).count(("verzoek-geweigerd", "leerplicht-0599")) == 2


async def test_whether_a_pupil_is_elsewhere_is_not_told_to_a_school(world: World) -> None:
    elsewhere = world.pupil()
    bericht_id(await world.send(signaal(elsewhere, vestigingscode="99BB00")))
    nowhere = await ask(world, world.pupil(), "school-99AA")
    there = await ask(world, elsewhere, "school-99AA")
    assert nowhere.json() == there.json()
    assert nowhere.json()["verwerkingen"] == []
    assert acts(await told(world, elsewhere)) == [("bericht-aangenomen", "las-noord")]


async def test_the_database_too_keeps_a_school_to_its_own_vestigingen(world: World) -> None:
    pupil, gateway = world.pupil(), world.gateway
    number = bericht_id(await world.send(signaal(pupil, vestigingscode="99BB00")))
    place = (Vestigingscode("99BB00"), Schooljaar(2026))
    name = PupilName(place, blind_index(pupil, *place, gateway.keys))
    found = {}
    for caller in ("fg", "las-noord", "school-99AA", "las-zuid", OFFICER):
        party = OINS[caller]
        async with gateway.database.transaction(party=party, today=gateway.today()) as conn:
            links = await links_of(conn, [name])
            records = await records_of(conn, [], [UUID(number)])
            found[caller] = (len(await places_with_links(conn, [place])), len(links), len(records))
    assert found == {
        "fg": (1, 1, 1),
        "las-noord": (1, 1, 1),
        "school-99AA": (0, 0, 0),
        "las-zuid": (0, 0, 0),
        OFFICER: (1, 1, 1),  # who got the message; it has no way to ask
    }


async def test_a_look_makes_no_key_where_nothing_is_known(world: World) -> None:
    pupil, keys = world.pupil(), world.gateway.keys
    assert isinstance(keys, RootedKeys)
    bericht_id(await world.send(signaal(pupil, vestigingscode="99BB01")))

    def made() -> set[str]:
        return {
            name
            for code, *_ in VESTIGINGEN
            for year in range(2023, 2028)
            if keys._store.stamp(name := vestiging_root(Vestigingscode(code), Schooljaar(year)))
        }

    before = made()
    with world.at(datetime(2026, 11, 19, 10, 0, tzinfo=UTC)):
        assert len(await told(world, pupil)) == 1
    assert made() == before
    assert vestiging_root(Vestigingscode("99BB01"), Schooljaar(2025)) not in before


# --- who may ask ---


@pytest.mark.parametrize(
    ("caller", "query", "said"),
    [
        ("las-noord", "", (403, "geen-recht")),
        ("softwarehuis", "", (403, "geen-recht")),
        (OFFICER, "", (403, "geen-recht")),
        ("ocw", "", (403, "geen-recht")),
        ("las-zuid", SCHOOL, (403, "geen-mandaat")),
        (OFFICER, SCHOOL, (403, "geen-mandaat")),
        ("fg", SCHOOL, (403, "geen-mandaat")),
        ("school-99AA", f"?namens={OINS['las-noord']}", (403, "geen-mandaat")),
        (None, "", (401, "niet-aangemeld")),
        ("vreemde", "", (401, "niet-aangemeld")),
    ],
)
async def test_nobody_else_may_ask(
    world: World, caller: str | None, query: str, said: tuple[int, str]
) -> None:
    body = {"pgn": world.pupil().reveal(), "reden": "CONTROLE"}
    assert refusal(await world.call(caller, "POST", f"{PATH}{query}", body)) == said


async def test_a_supplier_asks_in_the_name_of_one_school(world: World) -> None:
    pupil = world.pupil()
    mine = bericht_id(await world.send(signaal(pupil, vestigingscode="99AA00")))
    bericht_id(await world.send(signaal(pupil, vestigingscode="99BB00")))
    found = await told(world, pupil, "las-noord", SCHOOL)
    assert [one["berichtId"] for one in found] == [mine]


# --- what is asked wrongly ---

GOOD = {"pgn": "999970008", "reden": "KLACHT"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**GOOD, "pgn": "123456782"}, [("/pgn", "pgn-ongeldig")]),  # sound, and no test number
        ({**GOOD, "pgn": "999970009"}, [("/pgn", "pgn-ongeldig")]),
        ({**GOOD, "pgn": 999970008}, [("/pgn", "pgn-ongeldig")]),
        ({**GOOD, "pgn": None}, [("/pgn", "pgn-ongeldig")]),
        ({**GOOD, "pgn": ["999970008"]}, [("/pgn", "pgn-ongeldig")]),
        ({"pgn": "999970008"}, [("/reden", "verplicht-veld")]),
        ({"reden": "KLACHT"}, [("/pgn", "verplicht-veld")]),
        ({**GOOD, "reden": "klacht"}, [("/reden", "waarde-ongeldig")]),
        ({**GOOD, "reden": "de moeder belde"}, [("/reden", "waarde-ongeldig")]),
        ({**GOOD, "naam": "x"}, [("/naam", "onbekend-veld")]),
        ({**GOOD, "999970008": 1}, [("", "onbekend-veld")]),
        ({}, [("/pgn", "verplicht-veld"), ("/reden", "verplicht-veld")]),
        ([GOOD], [("", "ongeldige-json")]),
        (b"{", [("", "ongeldige-json")]),
        (b'{"pgn":"999970008","pgn":"999970008","reden":"KLACHT"}', [("", "ongeldige-json")]),
    ],
)
async def test_a_wrong_question_is_refused_without_its_value(
    world: World, body: object, said: list[tuple[str, str]]
) -> None:
    before = await looks(world)
    answer = await world.call("fg", "POST", PATH, body)
    assert answer.status_code == 400
    assert faults(answer) == said
    assert not {"999970008", "999970009", "123456782"} & set(answer.text.split('"'))
    assert await looks(world) == before


async def test_a_question_has_one_way_to_be_asked(world: World) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        answer = await world.call("fg", method, f"{PATH}?pgn=999970008")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    for headers, status in (
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"accept": "text/html"}, 406),
    ):
        assert (await world.call("fg", "POST", PATH, GOOD, **headers)).status_code == status
    queried = await world.call("fg", "POST", f"{PATH}?pgn=999970008", GOOD)
    assert faults(queried) == [("/pgn", "onbekend-veld")]
    rehearsed = await world.call("fg", "POST", f"{PATH}?valideer=true", GOOD)
    assert faults(rehearsed) == [("/valideer", "onbekend-veld")]
    large = {**GOOD, "reden": "x" * (1 << 20)}
    assert refusal(await world.call("fg", "POST", PATH, large)) == (413, "te-groot")


async def test_the_number_is_nowhere_afterwards(world: World) -> None:
    pupil = world.pupil()
    bericht_id(await world.send(signaal(pupil)))
    answer = await ask(world, pupil)
    assert pupil.reveal() not in answer.text + str(answer.headers)
    rows = str(await world.everything())
    assert pupil.reveal() not in rows
    assert pupil.reveal().encode().hex() not in rows


async def test_without_a_log_nothing_is_told(world: World) -> None:
    pupil = world.pupil()
    bericht_id(await world.send(signaal(pupil)))
    async with without_log(world):
        assert refusal(await ask(world, pupil)) == (503, "logboek-onbeschikbaar")
    assert len(await told(world, pupil)) == 1


# --- how far back ---


async def test_a_look_at_registrations_goes_with_the_last_of_their_months(world: World) -> None:
    only, both = world.pupil(), world.pupil()
    await register(world, only, {"2026-10-08": 30, "2026-11-09": 30})
    await register(world, both, {"2026-11-09": 30})
    bericht_id(await world.send(signaal(both)))
    for pupil, periode in ((only, "2026-11"), (both, None)):
        (look,) = await looks_of(world, pupil)
        rows = await world.rows("SELECT periode FROM subject_link WHERE entry = $1", look.entry)
        assert [row["periode"] for row in rows] == [periode]


async def test_what_a_destroyed_key_named_is_found_no_more(world: World) -> None:
    pupil = world.pupil()
    for code in ("99BB01", "99AA00"):
        bericht_id(await world.send(signaal(pupil, vestigingscode=code)))
    world.gateway.keys.destroy(Vestigingscode("99BB01"), Schooljaar(2026))
    found = await told(world, pupil)
    assert [one["scholen"][0]["vestigingscode"] for one in found] == ["99AA00"]


async def test_a_party_that_takes_part_no_longer_is_still_named(world: World) -> None:
    pupil = world.pupil()
    number = bericht_id(await world.send(signaal(pupil)))
    await world.download(OFFICER, number)
    await world.execute("UPDATE parties SET revoked_at = now() WHERE name = 'leerplicht-0361'")
    await world.refresh()
    try:
        assert (await told(world, pupil))[1]["door"]["naam"] == OFFICER
    finally:
        await world.execute("UPDATE parties SET revoked_at = NULL WHERE name = 'leerplicht-0361'")
        await world.refresh()


async def test_what_is_forgotten_is_not_told_and_the_reach_says_so(world: World) -> None:
    pupil, code = world.pupil(), Vestigingscode("99CC00")
    day = "2026-06-08"
    old = {"venster": {"van": day, "tot": day}, "oudersGeinformeerdOp": day}
    for body in (signaal(pupil, **old), signaal(pupil)):
        body |= {"vestigingscode": str(code), "woongemeente": "0599"}
        bericht_id(await world.send(body, "las-zuid"))
    await register(world, pupil, {"2026-11-09": 30}, vestigingscode=str(code))
    first = await answered(world, pupil)
    assert len(first["verwerkingen"]) == 3
    assert first["reiktTerugTot"] == "2025-08-01"
    assert "1 augustus 2025" in first["toelichting"]
    assert "1 september 2026" in first["toelichting"]
    with world.at(NEXT_YEAR):
        await sweep(world)
        await forget(world)
        after = await answered(world, pupil)
    kept = [one for one in after["verwerkingen"] if one["actie"] == "bericht-aangenomen"]
    assert [(one["soort"], one["scholen"][0]["schooljaar"]) for one in kept] == [
        ("signaal", "2026-2027")
    ]
    assert after["reiktTerugTot"] == "2026-08-01"
    assert "1 juni 2027" in after["toelichting"]
