"""The closed lists of codes, which anyone may read: a supplier needs them before a certificate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from exchange.policy.elementen import Elementen
from exchange.policy.necessity import LegalStatus
from tests.integration.api.world import World, bericht_id, refusal, signaal

PATH = "/v1/codelijsten"
CONTRACT = {
    "actiesSchool": """
        GESPREK_LEERLING GESPREK_OUDERS MENTOR ZORGCOORDINATOR JEUGDARTS_BETROKKEN SWV_BETROKKEN
        HUISBEZOEK
    """,
    "contactRollen": "verzuimcoordinator mentor directie zorgcoordinator",
    "plicht": "leerplichtig kwalificatieplichtig",
    "categorieen": "geoorloofd ongeoorloofd",
    "verzuimsoorten": "16-uur langdurig luxe",
    "intrekkingsredenen": "onjuist hersteld",
    "uitkomsten": "ontvangen geweigerd",
    "weigeringsredenen": "NIET_WOONACHTIG NIET_TE_ONTSLEUTELEN ONJUIST_BERICHT",
    "terugmeldstatussen": "in-behandeling ter-kennisgeving-aangenomen afgesloten",
    "afsluitredenen": "TERUG_NAAR_SCHOOL UITGESCHREVEN LANGDURIG_ZIEK GEEN_VERZUIM OVERIG",
    "statussen": """
        wachtend afgeleverd bevestigd geweigerd ingetrokken geparkeerd vervallen opgenomen geen
    """,
    "berichtstatussen": "nieuw bevestigd geweigerd ingetrokken vervallen",
    "sectoren": "po so vo vso",
    "rollen": "school leverancier leerplicht college swv ocw fg",
    "inzageredenen": "INZAGEVERZOEK KLACHT DATALEK CONTROLE",
}
"""As the contract has them, sections 1 to 4."""


async def lists(world: World) -> dict[str, dict[str, Any]]:
    """Read the lists as somebody without a certificate."""
    answer = await world.call(None, "GET", PATH)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert set(document) == {"codelijsten", "_links"}
    assert document["_links"] == {}  # one page
    named = {codelijst["naam"]: codelijst for codelijst in document["codelijsten"]}
    assert len(named) == len(document["codelijsten"])
    return named


@pytest.mark.parametrize("name", list(CONTRACT))
async def test_a_list_is_that_of_the_contract(world: World, name: str) -> None:
    found = (await lists(world))[name]
    assert [item["code"] for item in found["codes"]] == CONTRACT[name].split()
    for item in found["codes"]:
        assert set(item) == {"code", "omschrijving"}


async def test_every_list_says_where_it_comes_from_and_what_its_codes_mean(world: World) -> None:
    for codelijst in (await lists(world)).values():
        assert set(codelijst) == {"naam", "bron", "codes"}
        assert codelijst["bron"]
        assert codelijst["codes"]
        assert all(item["omschrijving"] for item in codelijst["codes"])


async def test_the_elements_of_a_verzuimbeleid_come_with_their_day_and_legal_status(
    world: World,
) -> None:
    elements = (await lists(world))["verzuimbeleidElementen"]["codes"]
    for item in elements:
        assert set(item) == {"code", "omschrijving", "status", "geldigVanaf"}
    assert [(item["code"], item["status"], item["geldigVanaf"]) for item in elements[:3]] == [
        ("SIGNAALCRITERIA", "voorstel", "2025-08-01"),
        ("SIGNALERING_LANGDURIG", "voorstel", "2025-08-01"),
        ("SAMENWERKING", "voorstel", "2025-08-01"),
    ]


async def test_a_later_list_of_elements_stands_after_the_one_of_today(world: World) -> None:
    now = world.gateway.elementen
    law = replace(now.lists[-1], geldig_vanaf=date(2028, 8, 1), status=LegalStatus.GELDEND)
    later = world.over(elementen=Elementen((*now.lists, law)))
    elements = (await lists(later))["verzuimbeleidElementen"]["codes"]
    last = elements[-len(law.codes) :]
    assert [item["code"] for item in last] == list(law.codes)
    assert {(item["status"], item["geldigVanaf"]) for item in last} == {("geldend", "2028-08-01")}


async def test_what_is_published_is_what_is_accepted(world: World) -> None:
    """The lists are those that check the input: each code passes, and any other is refused."""
    published = await lists(world)
    actions = [item["code"] for item in published["actiesSchool"]["codes"]]
    for rol in [item["code"] for item in published["contactRollen"]["codes"]]:
        contact = {"rol": rol, "email": "verzuim@school.example"}
        body = signaal(world.pupil(), actiesSchool=actions, contact=contact)
        assert bericht_id(await world.send(body))
    other = signaal(world.pupil(), actiesSchool=["HUISARTS"])
    assert refusal(await world.send(other)) == (400, "waarde-ongeldig")


async def test_the_lists_are_the_same_for_everybody(world: World) -> None:
    assert await lists(world)
    public = await world.call(None, "GET", PATH)
    for name in ("las-noord", "leerplicht-0361", "ocw", "niemand"):
        assert (await world.call(name, "GET", PATH)).content == public.content


async def test_there_is_a_head_and_nothing_to_write(world: World) -> None:
    head = await world.call(None, "HEAD", PATH)
    assert (head.status_code, head.content) == (200, b"")
    refused = await world.call("las-noord", "PUT", PATH, {})
    assert refusal(refused) == (405, "methode-niet-toegestaan")
    assert refused.headers["allow"] == "GET, HEAD"
    wrong = await world.call(None, "GET", PATH, accept="text/csv")
    assert refusal(wrong) == (406, "niet-aanvaardbaar")
