"""A refused request is a record too: who tried what, for whom, and which rule said no."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.system import SystemIds
from exchange.crypto.pseudonym import blind_index
from exchange.messages.identifiers import Pgn, Schooljaar, Vestigingscode, spells_a_pgn_as_id
from exchange.pipeline.quotas import Quotas
from tests.integration.api.test_log import recorded
from tests.integration.api.test_outage import without_log
from tests.integration.api.world import (
    NOW,
    OINS,
    STRANGER,
    LogLine,
    World,
    refusal,
    signaal,
)

OFFICER = "leerplicht-0361"
HERE, YEAR = Vestigingscode("99BB00"), Schooljaar(2026)
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
NOBODYS = "01a1b2c3-d4e5-7f6a-8b9c-0d1e2f3a4b5c"
REGELS = "/v1/verzuimregistraties"

Act = Callable[[World, str], Awaitable[httpx.Response]]


def index_of(world: World, pgn: Pgn) -> bytes:
    """Give the index by which the log knows a pupil of 99BB00 this schooljaar."""
    return blind_index(pgn, HERE, YEAR, world.gateway.keys)


async def refused(world: World, act: Awaitable[httpx.Response]) -> LogLine:
    """Perform an act that is refused, and give the one record that it left."""
    answer, lines = await recorded(world, act)
    assert 400 <= answer.status_code < 500, answer.text
    (line,) = lines
    document = line.document
    assert (document["name"], line.outcome) == ("verzoek-geweigerd", "geweigerd")
    assert document["status"] == "Unset"  # LDV: what a user did wrong is no error of ours
    assert document["code"] == answer.json()["code"]
    assert line.activity == "toegangsbewaking/1"
    return line


REFUSED: dict[str, tuple[str, str, Act]] = {
    "400": ("las-noord", "POST /v1/signalen", lambda w, _: w.send(b"no json")),
    "400 of a parameter": (
        "las-noord",
        "GET /v1/ontvangstbewijzen",
        lambda w, _: w.call("las-noord", "GET", "/v1/ontvangstbewijzen?vestigingscode=x"),
    ),
    "403": ("las-zuid", "POST /v1/signalen", lambda w, _: w.send(signaal(w.pupil()), "las-zuid")),
    "403 of a role": (
        "ocw", "GET /v1/berichten", lambda w, _: w.call("ocw", "GET", "/v1/berichten")
    ),
    "404": (
        "leerplicht-0599",
        "GET /v1/berichten/{berichtId}",
        lambda w, n: w.call("leerplicht-0599", "GET", f"/v1/berichten/{n}"),
    ),
    "404 of a look": (
        "leerplicht-0599",
        "HEAD /v1/berichten/{berichtId}",
        lambda w, n: w.call("leerplicht-0599", "HEAD", f"/v1/berichten/{n}"),
    ),
    "406": (
        OFFICER,
        "GET /v1/berichten/{berichtId}",
        lambda w, n: w.call(OFFICER, "GET", f"/v1/berichten/{n}", accept="text/csv"),
    ),
    "409": (
        OFFICER,
        "POST /v1/berichten/{berichtId}/bevestigingen",
        lambda w, n: w.answer(OFFICER, n, uitkomst="ontvangen"),
    ),
    "413": (
        OFFICER,
        "PUT /v1/sleutel",
        lambda w, _: w.call(OFFICER, "PUT", "/v1/sleutel", b"{" + b" " * 2**20),
    ),
    "415": (
        "las-noord",
        "POST /v1/signalen",
        lambda w, _: w.call("las-noord", "POST", "/v1/signalen", {}, content_type="text/plain",
                            idempotency_key=w.key()),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_refused_is_one_record_of_who_tried_what(world: World, what: str) -> None:
    actor, verzoek, act = REFUSED[what]
    number = await world.sent()
    answer, lines = await recorded(world, act(world, number))
    assert answer.status_code == int(what[:3]), answer.text
    (line,) = lines
    document = line.document
    assert document["name"] == "verzoek-geweigerd"
    assert (document["uitkomst"], document["status"]) == ("geweigerd", "Unset")
    assert (line.actor, document["toegangspunt"]) == (str(OINS[actor]), f"x5t-of-{actor}")
    assert document["bijzonderheden"] == {"verzoek": verzoek}
    asked = UUID(number) if "{berichtId}" in verzoek else None
    assert line.bericht_id == asked
    assert "namens" not in document


async def test_a_message_that_was_withdrawn_is_refused_with_a_record(world: World) -> None:
    number = await world.sent()
    await world.withdraw(number)
    line = await refused(world, world.call(OFFICER, "GET", f"/v1/berichten/{number}"))
    assert (line.bericht_id, line.document["code"]) == (UUID(number), "ingetrokken")


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        (None, "GET", "/v1/berichten"),  # nobody: a metric only
        (OFFICER, "DELETE", "/v1/berichten"),
        (OFFICER, "GET", "/v1/berichten/"),
        (OFFICER, "GET", "/v1/nergens"),
        (OFFICER, "GET", "/nergens"),
    ],
)
async def test_what_no_route_asks_a_party_leaves_no_record(
    world: World, name: str | None, method: str, path: str
) -> None:
    answer, lines = await recorded(world, world.call(name, method, path))
    assert answer.status_code in {401, 404, 405}
    assert lines == []


async def test_who_is_not_connected_is_recorded_by_the_oin_on_the_certificate(
    world: World,
) -> None:
    line = await refused(world, world.call("vreemde", "GET", f"/v1/berichten/{NOBODYS}"))
    assert (line.actor, line.bericht_id) == (str(STRANGER), UUID(NOBODYS))
    assert line.document["code"] == "niet-aangemeld"


async def test_who_is_not_connected_cannot_fill_the_log(world: World) -> None:
    other = world.over()  # with an empty book
    _, lines = await recorded(world, _often(other, "vreemde", 70))
    assert len(lines) == 60
    with world.at(NOW + timedelta(minutes=1)):
        _, lines = await recorded(world, _often(other, "vreemde", 2))
    assert len(lines) == 2


async def test_over_quota_there_is_one_record_per_party_and_minute(world: World) -> None:
    small = world.over(quotas=Quotas(requests_per_minute=1, lines_per_minute=1))
    for name in (OFFICER, "leerplicht-0599"):
        _, lines = await recorded(world, _often(small, name, 5))
        assert [(line.actor, line.document["code"]) for line in lines] == [
            (str(OINS[name]), "te-veel-verzoeken")
        ]


async def _often(world: World, name: str, times: int) -> httpx.Response:
    path = "/v1/berichten?status=vervallen"
    return [await world.call(name, "GET", path) for _ in range(times)][-1]


@pytest.mark.parametrize(
    ("namens", "kept"),
    [
        (OINS["leerplicht-0772"].reveal(), True),  # not its principal, but somebody
        ("00000099ABCDEFGHI000", True),
        ("00000099999990019000", False),  # a pupil's number where an OIN should be
        ("geen-oin", False),
    ],
)
async def test_for_whom_it_said_to_act_is_kept_when_such_a_party_may_be(
    world: World, namens: str, kept: bool
) -> None:
    path = f"/v1/berichten?namens={namens}"
    line = await refused(world, world.call("softwarehuis", "GET", path))
    assert line.document.get("namens") == (namens if kept else None)
    assert kept or namens not in line.leaf.decode()


@pytest.mark.parametrize(
    "number",
    [
        "geen-id",
        "999990019",
        str(uuid4()),  # version 4: never ours
        "00000000-0000-7000-8000-000999990019",
        "01a10000-0000-7999-8990-019000000000",  # with the hyphens left out
        NOBODYS.upper().replace("-", ""),
    ],
)
async def test_what_cannot_be_an_id_of_ours_is_not_kept(world: World, number: str) -> None:
    line = await refused(world, world.call(OFFICER, "GET", f"/v1/berichten/{number}"))
    assert line.bericht_id is None
    assert number not in line.leaf.decode()


def test_no_id_that_we_give_out_spells_a_pgn() -> None:
    ids = SystemIds()
    assert not any(spells_a_pgn_as_id(ids.uuid7()) for _ in range(5_000))


async def test_existing_or_not_makes_no_difference_to_the_record(world: World) -> None:
    theirs = await world.sent()
    said = []
    for number in (theirs, NOBODYS):
        line = await refused(world, world.call("leerplicht-0599", "GET", f"/v1/berichten/{number}"))
        unlike = {"entry", "mac", "span_id", "trace_id", "berichtId"}
        said.append({k: v for k, v in line.document.items() if k not in unlike})
        assert line.links == ()
    assert said[0] == said[1]


# --- the pupil ---


def registration(pgn: Pgn, **changes: object) -> dict[str, Any]:
    """Give the body of a registration that is accepted as it stands."""
    return {
        "vestigingscode": "99BB00",
        "registratieId": str(uuid4()),
        "pgn": pgn.reveal(),
        "datum": "2026-11-16",
        "minuten": 60,
        "categorie": "geoorloofd",
        **changes,
    }


FAULTY: dict[str, dict[str, Any]] = {
    "a rule": {"ongeoorloofdeMinuten": 960},
    "a form": {"criterium": 7},
    "a recipient": {"woongemeente": "0363"},
    "an unknown member": {"leerling": "x"},
    "a year to come": {"venster": {"van": "2028-11-06", "tot": "2028-11-10"}},
    "no day": {"venster": None},
}


@pytest.mark.parametrize("what", FAULTY)
async def test_a_refused_message_is_found_by_its_pupil(world: World, what: str) -> None:
    pgn = world.pupil()
    line = await refused(world, world.send(signaal(pgn, **FAULTY[what])))
    ((index, _),) = line.links
    assert index == index_of(world, pgn)
    assert line.document["attributes"]["dpl.core.data_subject_id_type"] == "vx-verbintenis/1"
    years = await world.rows("SELECT schooljaar FROM subject_link WHERE entry = $1", line.entry)
    assert years == [{"schooljaar": 2026}]


@pytest.mark.parametrize(
    ("sender", "changes"),
    [
        ("las-zuid", {}),  # no mandate for this school
        ("las-noord", {"vestigingscode": "98ZZ00"}),
        ("las-noord", {"vestigingscode": "x"}),
        ("las-noord", {"pgn": "123456782"}),  # no test number: a trial knows nobody else
        ("las-noord", {"pgn": "1"}),
    ],
)
async def test_a_pupil_that_the_sender_may_not_name_is_not_linked(
    world: World, sender: str, changes: dict[str, Any]
) -> None:
    line = await refused(world, world.send({**signaal(world.pupil()), **changes}, sender))
    assert line.links == ()


async def test_a_second_signaal_that_is_refused_is_found_by_its_pupil(world: World) -> None:
    pgn = world.pupil()
    assert (await world.send(signaal(pgn))).status_code == 202
    line = await refused(world, world.send(signaal(pgn)))
    assert line.document["code"] == "al-gemeld"
    assert [index for index, _ in line.links] == [index_of(world, pgn)]


async def test_a_refused_withdrawal_is_found_by_the_pupil_of_the_message(world: World) -> None:
    pgn = world.pupil()
    number = (await world.send(signaal(pgn))).json()["berichtId"]
    line = await refused(world, world.withdraw(number, reden="zomaar"))
    assert line.bericht_id == UUID(number)
    assert [index for index, _ in line.links] == [index_of(world, pgn)]


async def test_refused_lines_of_an_accepted_delivery_are_found_by_their_pupils(
    world: World,
) -> None:
    good, bad, both = world.pupil(), world.pupil(), world.pupil()
    lines = [
        registration(good),
        registration(bad, minuten=0),
        registration(both),
        registration(both, datum="2028-11-06"),
        registration(world.pupil(), vestigingscode="99CC00"),  # not its school: not linked
    ]
    answer, found = await recorded(world, _deliver(world, lines))
    assert answer.status_code == 202, answer.text
    accepted, fallen = found
    assert (accepted.document["name"], accepted.outcome) == ("bericht-aangenomen", "ok")
    assert {i for i, _ in accepted.links} == {index_of(world, good), index_of(world, both)}
    assert (fallen.document["name"], fallen.outcome) == ("regels-geweigerd", "geweigerd")
    assert {i for i, _ in fallen.links} == {index_of(world, bad), index_of(world, both)}
    assert fallen.document["code"] == "waarde-ongeldig"
    details = {"soort": "verzuimregistraties", "regels": 3}
    assert fallen.document["bijzonderheden"] == details
    assert fallen.bericht_id == accepted.bericht_id
    assert fallen.document["parent_span_id"] == accepted.document["span_id"]
    months = await world.rows("SELECT periode FROM subject_link WHERE entry = $1", fallen.entry)
    assert {row["periode"] for row in months} == {"2026-11"}


async def test_a_delivery_without_a_good_line_is_found_by_all_its_pupils(world: World) -> None:
    pupils = [world.pupil() for _ in range(3)]
    line = await refused(world, _deliver(world, [registration(pgn, minuten=0) for pgn in pupils]))
    assert {index for index, _ in line.links} == {index_of(world, pgn) for pgn in pupils}
    assert line.document["attributes"]["aantal_betrokkenen"] == 3


async def _deliver(world: World, lines: list[dict[str, Any]]) -> httpx.Response:
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    return await world.call(
        "las-noord",
        "POST",
        REGELS,
        body,
        content_type="application/x-ndjson",
        idempotency_key=world.key(),
    )


# --- rehearsals, faults, and what the log needs ---


async def test_a_rehearsal_about_a_pupil_is_recorded_as_one(world: World) -> None:
    pgn = world.pupil()
    body = signaal(pgn)
    answer, (line,) = await recorded(
        world, world.call("las-noord", "POST", "/v1/signalen?valideer=true", body)
    )
    assert answer.status_code == 200
    assert (line.document["name"], line.outcome) == ("bericht-getoetst", "ok")
    assert line.activity == "signaal-leerplicht/1"
    assert [index for index, _ in line.links] == [index_of(world, pgn)]
    assert line.document["velden"] == sorted(body)


async def test_our_own_fault_is_an_error_in_the_log(world: World) -> None:
    await world.execute("ALTER TABLE outbox ADD CONSTRAINT kapot CHECK (kid = '') NOT VALID")
    pgn = world.pupil()
    answer, (line,) = await recorded(world, world.send(signaal(pgn)))
    await world.execute("ALTER TABLE outbox DROP CONSTRAINT kapot")
    assert refusal(answer) == (500, "interne-fout")
    document = line.document
    assert (document["name"], document["status"]) == ("verzoek-mislukt", "Error")
    assert (line.outcome, document["code"]) == ("fout", "interne-fout")
    assert [index for index, _ in line.links] == [index_of(world, pgn)]


async def test_a_refusal_that_cannot_be_recorded_is_not_told(world: World) -> None:
    number = await world.sent()
    async with without_log(world):
        for act in (
            world.send(b"no json"),
            world.call("leerplicht-0599", "GET", f"/v1/berichten/{number}"),
            world.call("vreemde", "GET", "/v1/berichten"),
            world.send(signaal(world.pupil()), "las-zuid"),
        ):
            assert refusal(await act) == (503, "logboek-onbeschikbaar")
    assert refusal(await world.send(b"no json")) == (400, "ongeldige-json")


async def test_what_the_sender_does_not_sample_is_logged_all_the_same(world: World) -> None:
    for flags in ("00", "01"):
        traced = {"traceparent": f"00-{TRACE}-{PARENT}-{flags}"}
        for body in (signaal(world.pupil()), b"no json"):
            key = world.key()
            _, (line,) = await recorded(
                world,
                world.call(
                    "las-noord", "POST", "/v1/signalen", body, idempotency_key=key, **traced
                ),
            )
            document = line.document
            assert (document["trace_id"], document["parent_span_id"]) == (TRACE, PARENT)
            foreign = document["attributes"]["dpl.core.foreign_operation.processor"]
            assert foreign == f"oin:{OINS['las-noord']}"


async def test_what_is_handed_out_and_accepted_is_named_by_its_members(world: World) -> None:
    body = signaal(world.pupil())
    sent = await world.send(body)
    number = sent.json()["berichtId"]
    opened = await world.collect(OFFICER, number)
    await world.report(OFFICER, number, status="in-behandeling")
    await world.report(OFFICER, number, status="afgesloten", afsluitreden="OVERIG")
    named = {
        line.document["name"]: line.document.get("velden")
        for line in await world.log()
        if line.bericht_id == UUID(number)
    }
    assert named == {
        "bericht-aangenomen": sorted(body),
        "bericht-opgehaald": sorted(opened),
        "bericht-bevestigd": ["uitkomst"],
        "behandeling-teruggemeld": ["afsluitreden", "status"],
    }
