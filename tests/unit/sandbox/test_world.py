"""The sandbox's world has exactly the names that others rely on (contract, section 6)."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from exchange.messages.identifiers import Gemeentecode, Schooljaar, Vestigingscode
from exchange.policy.parties import Grant, Role, Sector
from exchange.sandbox.world import World, read_world
from exchange.sandbox.world.policies import schoolkalender, verzuimbeleid

PARTIES = {
    "las-noord": Grant(Role.LEVERANCIER),
    "las-zuid": Grant(Role.LEVERANCIER),
    "las-regio": Grant(Role.LEVERANCIER),
    "school-99AA": Grant(Role.SCHOOL, "99AA"),
    "leerplicht-0361": Grant(Role.LEERPLICHT, "0361"),
    "leerplicht-0599": Grant(Role.LEERPLICHT, "0599"),
    "college-0361": Grant(Role.COLLEGE, "0361"),
    "college-0599": Grant(Role.COLLEGE, "0599"),
    "swv-PO2703": Grant(Role.SWV, "PO2703"),
    "swv-VO2703": Grant(Role.SWV, "VO2703"),
    "swv-VO2810": Grant(Role.SWV, "VO2810"),
    "ocw": Grant(Role.OCW),
    "fg": Grant(Role.FG),
}
NAMED = {
    "99AA00": ("0361", Sector.PO, "PO2703"),
    "99BB00": ("0361", Sector.VO, "VO2703"),
    "99BB01": ("0361", Sector.VO, "VO2703"),
    "99CC00": ("0599", Sector.VO, "VO2810"),
}


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


def test_names_the_parties_with_their_roles(world: World) -> None:
    assert {name: party.grant for name, party in world.participants.items()} == PARTIES


def test_gives_every_party_a_test_oin_of_its_own(world: World) -> None:
    oins = [party.oin for party in world.participants.values()]
    assert all(oin.is_test and str(oin).endswith("000") for oin in oins)
    assert len(set(oins)) == len(PARTIES)


def test_mandates_each_supplier_for_its_own_schools(world: World) -> None:
    mandates = {
        name: {str(code) for code in party.mandates}
        for name, party in world.participants.items()
        if party.mandates
    }
    others = {str(code) for code in world.vestigingen} - NAMED.keys()
    assert mandates == {
        "las-noord": {"99AA00", "99BB00", "99BB01"},
        "las-zuid": {"99CC00"},
        "las-regio": others,
    }


def test_places_the_named_schools(world: World) -> None:
    places = {
        str(code): (
            world.vestigingen[code].gemeente.reveal(),
            world.vestigingen[code].sector,
            world.vestigingen[code].swv,
        )
        for code in world.named
    }
    assert places == NAMED


def test_spreads_some_fifty_other_schools_over_both_regions(world: World) -> None:
    others = [v for code, v in world.vestigingen.items() if code not in world.named]
    assert 45 <= len(others) <= 60
    assert all(str(v.code).startswith("99") for v in others)
    per_swv = Counter((v.gemeente.reveal(), v.swv) for v in others)
    assert per_swv.keys() == {("0361", "PO2703"), ("0361", "VO2703"), ("0599", "VO2810")}
    assert min(per_swv.values()) >= 10
    assert all(v.swv.startswith("PO") == (v.sector in {Sector.PO, Sector.SO}) for v in others)


def test_names_one_school_that_counts_itself_and_one_that_delivers_nothing(world: World) -> None:
    apart = {world.counts_itself, world.silent}
    assert len(apart) == 2
    assert apart < world.vestigingen.keys() - set(world.named)
    assert world.sizes.keys() == world.vestigingen.keys()


def test_knows_the_municipalities_and_that_one_is_gone(world: World) -> None:
    names = {g.code.reveal(): g.naam for g in world.gemeenten}
    assert names == {
        "0361": "Alkmaar",
        "0599": "Rotterdam",
        "0363": "Amsterdam",
        "0344": "Utrecht",
        "0518": "'s-Gravenhage",
        "0772": "Eindhoven",
        "0014": "Groningen",
        "0398": "Heerhugowaard",
    }
    ends = {g.code.reveal(): g.geldig_tot for g in world.gemeenten if g.geldig_tot}
    assert ends == {"0398": date(2021, 12, 31)}


def test_connects_leerplicht_of_two_municipalities(world: World) -> None:
    assert world.leerplicht_of(Gemeentecode("0599")).name == "leerplicht-0599"
    with pytest.raises(StopIteration):
        world.leerplicht_of(Gemeentecode("0344"))


def test_gives_every_school_a_supplier(world: World) -> None:
    assert world.supplier_of(Vestigingscode("99BB01")).name == "las-noord"
    assert all(world.supplier_of(code) for code in world.vestigingen)


def test_lays_down_the_absence_policy_of_the_contract(world: World) -> None:
    beleid = verzuimbeleid(world, date(2026, 11, 22))
    assert beleid["geldigVanaf"] == "2025-08-01"
    assert beleid["lesuurInMinuten"] == 60
    assert {reden["code"]: reden["categorie"] for reden in beleid["redenen"]} == {
        "ZIEK": "geoorloofd",
        "BIJZ_VERLOF": "geoorloofd",
        "SPIJBEL": "ongeoorloofd",
        "LUXE": "ongeoorloofd",
        "ONBEKEND": "ongeoorloofd",
    }
    criteria = {criterium["code"] for criterium in beleid["signaalcriteria"]}
    assert criteria == {"PATROON_VASTE_DAG", "OPLOPEND", "ZORG_MENTOR"}


def test_lays_down_the_calendar_of_the_contract(world: World) -> None:
    periods = schoolkalender(world, Schooljaar(2026))["lesvrijePerioden"]
    assert [(period["van"], period["tot"]) for period in periods] == [
        ("2026-08-01", "2026-08-16"),
        ("2026-10-17", "2026-10-25"),
        ("2026-12-19", "2027-01-03"),
        ("2027-02-20", "2027-02-28"),
        ("2027-04-24", "2027-05-09"),
        ("2027-07-10", "2027-07-31"),
    ]
