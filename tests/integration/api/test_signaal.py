"""A signaal from a school to the leerplichtambtenaar, through the API and a real PostgreSQL."""

from __future__ import annotations

from tests.integration.api.world import World, bericht_id, signaal
from tests.persons import bsn


async def test_a_signaal_reaches_exactly_its_leerplichtambtenaar(world: World) -> None:
    answer = await world.send(signaal(bsn(0)))
    number = bericht_id(answer)

    listed = await world.call("leerplicht-0361", "GET", "/v1/berichten?status=nieuw")
    assert [item["berichtId"] for item in listed.json()["berichten"]] == [number]
    assert (
        await world.call("leerplicht-0599", "GET", f"/v1/berichten/{number}")
    ).status_code == 404

    content = await world.collect("leerplicht-0361", number)
    assert set(content) == {
        "berichtId", "soort", "pgn", "vestigingscode", "venster", "ongeoorloofdeMinuten",
        "criterium", "oudersGeinformeerdOp", "actiesSchool", "contact", "zaakreferentie",
    }  # fmt: skip
    assert content["pgn"] == bsn(0).reveal()
    receipt = await world.call("las-noord", "GET", f"/v1/ontvangstbewijzen/{number}")
    streams = {stream["rol"]: stream for stream in receipt.json()["stromen"]}
    assert {rol: s["status"] for rol, s in streams.items()} == {
        "leerplicht": "bevestigd", "college": "opgenomen", "swv": "opgenomen", "ocw": "opgenomen",
    }  # fmt: skip
