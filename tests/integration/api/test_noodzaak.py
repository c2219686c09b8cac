"""The necessity table as it is enforced, which anybody may read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from exchange.messages.contracts import CONTRACTS
from exchange.policy.necessity import Mode
from exchange.policy.parties import RECIPIENT_ROLES
from tests.integration.api.world import World, bericht_id, signaal

PATH = "/v1/noodzaak"


async def published(world: World, name: str | None = None) -> dict[str, Any]:
    answer = await world.call(name, "GET", PATH)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.parametrize("name", [None, "niemand", "las-noord", "leerplicht-0361", "fg"])
async def test_anybody_reads_the_same(world: World, name: str | None) -> None:
    assert await published(world, name) == await published(world)


async def test_it_decides_about_every_member_for_every_role(world: World) -> None:
    document = await published(world)
    assert (document["peildatum"], document["modus"]) == ("2026-11-18", "proef")
    assert (document["geschiedenis"], document["aangekondigd"]) == ([], [])
    assert (document["tabel"]["geldigVanaf"], document["tabel"]["geldigTot"]) == (
        "2025-08-01", None,
    )  # fmt: skip
    clauses = {(c["bericht"], c["rol"]): c for c in document["tabel"]["clausules"]}
    assert set(clauses) == {
        (soort.value, role.value) for soort in CONTRACTS for role in RECIPIENT_ROLES
    }
    for soort, contract in CONTRACTS.items():
        for role in RECIPIENT_ROLES:
            assert set(clauses[soort.value, role.value]["velden"]) == set(contract.fields)
    assert {e["ontvanger"] for e in document["tabel"]["uitsluitingen"]} >= {"jgz", "ocw"}


async def test_a_receipt_says_what_the_published_table_says(world: World) -> None:
    tabel = (await published(world))["tabel"]
    clauses = {c["rol"]: c for c in tabel["clausules"] if c["bericht"] == "signaal"}
    answer = await world.send(signaal(world.pupil()))
    assert bericht_id(answer)
    for stream in answer.json()["stromen"]:
        velden = clauses[stream["rol"]]["velden"]
        for kind in ("doorgegeven", "gegeneraliseerd", "afgeleid", "route"):
            for name in stream[kind]:
                assert velden[name]["soort"] == kind
        for withheld in stream["ingehouden"]:
            rule = velden[withheld["veld"]]
            assert (rule["soort"], rule["hoe"]) == ("ingehouden", withheld["grond"])
        assert stream["beleid"] == tabel["geldigVanaf"]


async def test_in_production_a_proposal_reads_as_a_refusal(world: World) -> None:
    document = await published(world.over(mode=Mode.PRODUCTION))
    assert document["modus"] == "productie"
    for clause in document["tabel"]["clausules"]:
        if clause["status"] == "voorstel":
            assert clause["bereik"] == "geen"
            assert {rule["soort"] for rule in clause["velden"].values()} == {"ingehouden"}


async def test_before_the_first_table_there_is_none(world: World) -> None:
    with world.at(datetime(2025, 7, 31, 12, tzinfo=UTC)):
        document = await published(world)
    assert document["tabel"] is None
    assert [t["geldigVanaf"] for t in document["aangekondigd"]] == ["2025-08-01"]


async def test_reading_it_leaves_no_trace(world: World) -> None:
    standing = await world.everything()
    await published(world, "las-noord")
    assert await world.everything() == standing
