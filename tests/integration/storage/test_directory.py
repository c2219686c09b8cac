"""Who takes part: what is loaded, what a change does, and what is refused."""

import asyncio
from datetime import date

import pytest
from uuid_utils.compat import uuid7

from exchange.errors import Code, Fault, Refused
from exchange.messages.identifiers import Gemeentecode, Vestigingscode
from exchange.policy.parties import (
    Dienst,
    Directory,
    Gemeente,
    Grant,
    KeyStatus,
    RecipientKey,
    Role,
    Sector,
    Vestiging,
)
from exchange.storage import directory
from exchange.storage.database import Database
from exchange.storage.directory import load_directory
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LAS, LEERPLICHT, NOW, OTHER_LEERPLICHT, SCHOOL, TODAY


@pytest.fixture(autouse=True)
async def everybody(fresh: TestDatabase, operator: Database) -> None:
    async with fresh.raw() as root:
        await root.execute("TRUNCATE parties, vestigingen, gemeenten CASCADE")
    await make.connect_everybody(operator)


async def loaded(gateway: Database) -> Directory:
    async with gateway.transaction() as conn:
        return await load_directory(conn)


async def test_the_directory_holds_what_was_put_in(gateway: Database) -> None:
    found = await loaded(gateway)
    assert found.parties[SCHOOL].grants == (Grant(Role.SCHOOL, "99AA"),)
    assert found.holder(Role.LEERPLICHT, "0361") == found.parties[LEERPLICHT]
    assert {mandate.principal for mandate in found.mandates} == {"99AA00", "99BB00"}
    assert all(mandate.dienst is Dienst.AANLEVEREN for mandate in found.mandates)


async def test_adding_again_changes_name_and_address_and_says_so(
    gateway: Database, operator: Database
) -> None:
    async with operator.transaction() as conn:
        assert await directory.add_party(conn, make.oin(90), "new", None, NOW)
        assert not await directory.add_party(conn, make.oin(90), "newer", "https://x.nl/", NOW)
    party = (await loaded(gateway)).parties[make.oin(90)]
    assert (party.name, party.push_url) == ("newer", "https://x.nl/")


async def test_a_name_is_of_one_party(operator: Database) -> None:
    with pytest.raises(Refused) as refused:
        async with operator.transaction() as conn:
            await directory.add_party(conn, make.oin(91), "party-0", None, NOW)
    assert refused.value.facts["rule"] == "een-partij-per-naam"


async def test_a_gemeente_has_one_leerplicht_until_that_one_is_revoked(
    gateway: Database, operator: Database
) -> None:
    with pytest.raises(Refused) as refused:
        async with operator.transaction() as conn:
            await directory.grant(conn, OTHER_LEERPLICHT, Role.LEERPLICHT, "0361")
    assert refused.value.code is Code.GEEN_RECHT
    async with operator.transaction() as conn:
        await directory.grant(conn, LEERPLICHT, Role.LEERPLICHT, "0361")
        assert await directory.revoke_party(conn, LEERPLICHT, NOW)
        await directory.grant(conn, OTHER_LEERPLICHT, Role.LEERPLICHT, "0361")
    found = await loaded(gateway)
    assert found.holder(Role.LEERPLICHT, "0361") == found.parties[OTHER_LEERPLICHT]


async def test_many_suppliers_and_schools_may_share_a_role(operator: Database) -> None:
    async with operator.transaction() as conn:
        await directory.grant(conn, SCHOOL, Role.LEVERANCIER)
        await directory.grant(conn, LAS, Role.SCHOOL, "99AA")


@pytest.mark.parametrize(
    ("role", "remit"),
    [
        (Role.SCHOOL, ""),
        (Role.SCHOOL, "99AA00"),
        (Role.LEERPLICHT, "361"),
        (Role.SWV, "0361"),
        (Role.OCW, "0361"),
        (Role.LEVERANCIER, "99AA"),
    ],
)
async def test_a_role_has_the_remit_that_fits_it(
    operator: Database, role: Role, remit: str
) -> None:
    with pytest.raises(Fault):
        async with operator.transaction() as conn:
            await directory.grant(conn, make.OCW, role, remit)


async def test_a_revoked_party_loses_everything_and_comes_back_with_nothing(
    gateway: Database, operator: Database
) -> None:
    async with operator.transaction() as conn:
        await directory.register_key(conn, LAS, "k", "{}", True, NOW)
        assert await directory.revoke_party(conn, LAS, NOW)
        assert not await directory.revoke_party(conn, LAS, NOW)
    found = await loaded(gateway)
    assert LAS not in found.parties
    assert LAS not in found.keys
    assert found.mandates == ()
    async with operator.transaction() as conn:
        known = {party.oin: party.revoked_at for party in await directory.list_parties(conn)}
        assert known[LAS] == NOW
        assert await directory.add_party(conn, LAS, "party-0", None, NOW)
    found = await loaded(gateway)
    assert found.parties[LAS].grants == ()
    assert found.mandates == ()
    assert LAS not in found.keys


async def test_a_mandate_given_again_takes_the_new_dates(
    gateway: Database, operator: Database
) -> None:
    async with operator.transaction() as conn:
        await directory.add_mandate(
            conn, uuid7(), make.mandate(LAS, make.A, tot=date(2026, 12, 31))
        )
    ends = {m.principal: m.geldig_tot for m in (await loaded(gateway)).mandates}
    assert ends == {"99AA00": date(2026, 12, 31), "99BB00": date(2027, 7, 31)}


async def test_a_mandate_cannot_end_before_it_begins(operator: Database) -> None:
    with pytest.raises(Fault):
        async with operator.transaction() as conn:
            await directory.add_mandate(
                conn, uuid7(), make.mandate(LAS, make.C, tot=date(2026, 1, 1))
            )


async def test_a_revoked_mandate_is_gone_at_once(gateway: Database, operator: Database) -> None:
    async with operator.transaction() as conn:
        ended = await directory.revoke_mandate(conn, LAS, "99AA00", Dienst.AANLEVEREN, NOW)
        assert ended == 1
        again = await directory.revoke_mandate(conn, LAS, "99AA00", Dienst.AANLEVEREN, NOW)
        assert again == 0
    assert [m.principal for m in (await loaded(gateway)).mandates] == ["99BB00"]


async def register(gateway: Database, kid: str, *, approve: bool) -> KeyStatus:
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        return await directory.register_key(conn, LEERPLICHT, kid, "{}", approve, NOW)


async def statuses(fresh: TestDatabase) -> dict[str, str]:
    async with fresh.raw() as root:
        rows = await root.fetch("SELECT kid, status FROM recipient_keys")
    return {row["kid"]: row["status"] for row in rows}


async def test_a_new_key_replaces_the_old_one(fresh: TestDatabase, gateway: Database) -> None:
    assert await register(gateway, "one", approve=True) is KeyStatus.ACTIEF
    assert await register(gateway, "two", approve=True) is KeyStatus.ACTIEF
    assert await register(gateway, "two", approve=False) is KeyStatus.ACTIEF
    assert await statuses(fresh) == {"one": "vervangen", "two": "actief"}
    assert (await loaded(gateway)).keys == {LEERPLICHT: RecipientKey(LEERPLICHT, "two", "{}")}


async def test_a_key_waits_for_approval_while_the_old_one_serves(
    fresh: TestDatabase, gateway: Database, operator: Database
) -> None:
    await register(gateway, "one", approve=True)
    assert await register(gateway, "two", approve=False) is KeyStatus.WACHT_OP_BEVESTIGING
    assert await register(gateway, "three", approve=False) is KeyStatus.WACHT_OP_BEVESTIGING
    assert (await loaded(gateway)).keys[LEERPLICHT].kid == "one"
    async with operator.transaction() as conn:
        assert not await directory.approve_key(conn, LEERPLICHT, "two", NOW)
        assert await directory.approve_key(conn, LEERPLICHT, "three", NOW)
        assert not await directory.approve_key(conn, LEERPLICHT, "three", NOW)
    assert await statuses(fresh) == {"one": "vervangen", "two": "vervangen", "three": "actief"}


async def test_registering_many_keys_at_once_leaves_one_active(
    fresh: TestDatabase, gateway: Database
) -> None:
    await asyncio.gather(*(register(gateway, f"k{n}", approve=True) for n in range(12)))
    assert sorted((await statuses(fresh)).values()) == ["actief", *["vervangen"] * 11]


async def test_the_registers_answer_for_a_day(gateway: Database, operator: Database) -> None:
    code, alkmaar, rotterdam = Vestigingscode("99AA00"), Gemeentecode("0361"), Gemeentecode("0599")
    first = Vestiging(code, alkmaar, Sector.PO, "PO2703", date(2020, 8, 1))
    moved = Vestiging(code, rotterdam, Sector.PO, "PO2810", date(2026, 8, 1))
    gone = Gemeente(Gemeentecode("0398"), "Heerhugowaard", date(1850, 1, 1), date(2022, 1, 1))
    async with operator.transaction() as conn:
        await directory.put_vestigingen(conn, [first, moved])
        await directory.put_gemeenten(conn, [gone])
        await directory.put_gemeenten(conn, [])
    found = await loaded(gateway)
    assert found.vestiging_on(code, date(2026, 7, 31)) == first
    assert found.vestiging_on(code, date(2026, 8, 1)) == moved
    assert found.vestiging_on(code, date(2020, 7, 31)) is None
    assert found.gemeente_on(gone.code, date(2022, 1, 1)) == gone
    assert found.gemeente_on(gone.code, date(2022, 1, 2)) is None


async def test_importing_a_register_again_corrects_it(
    gateway: Database, operator: Database
) -> None:
    code = Vestigingscode("99AA00")
    wrong = Vestiging(code, Gemeentecode("0361"), Sector.PO, "PO2703", date(2020, 8, 1))
    right = Vestiging(code, Gemeentecode("0361"), Sector.SO, "PO2703", date(2020, 8, 1))
    async with operator.transaction() as conn:
        await directory.put_vestigingen(conn, [wrong])
        await directory.put_vestigingen(conn, [right])
    assert (await loaded(gateway)).vestigingen == {code: (right,)}


async def test_the_gateway_cannot_change_who_takes_part(gateway: Database) -> None:
    for change in (
        lambda conn: directory.add_party(conn, make.oin(95), "mine", None, NOW),
        lambda conn: directory.grant(conn, LAS, Role.FG),
        lambda conn: directory.add_mandate(conn, uuid7(), make.mandate(LAS, make.C)),
        lambda conn: directory.revoke_party(conn, LAS, NOW),
        lambda conn: directory.put_gemeenten(
            conn, [Gemeente(Gemeentecode("0361"), "x", date(2020, 1, 1))]
        ),
    ):
        with pytest.raises(Fault):
            async with gateway.transaction(party=LAS, today=TODAY) as conn:
                await change(conn)
