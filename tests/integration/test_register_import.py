"""Registers are brought up to date as a whole: dated, logged, or not at all."""

import asyncio
import json
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adapters.keys.memory import MemoryKeyProvider
from adapters.registers.file import read_register
from adapters.system import SystemClock, SystemIds
from exchange.errors import Code, Invalid, Refused, Unavailable
from exchange.messages.identifiers import Gemeentecode, Postcode4, Vestigingscode
from exchange.pipeline.register_import import Registry, Request, import_register
from exchange.policy.parties import Directory, Gemeente, Sector, Vestiging
from exchange.policy.registers import Register, Report
from exchange.storage.database import Database
from exchange.storage.directory import CHANNEL, load_directory, put_gemeenten, put_vestigingen
from exchange.storage.tables import gemeenten as gemeenten_table
from exchange.storage.tables import swv_regio, vestigingen
from tests.integration.servers import TestDatabase
from tests.registers import GEMEENTEN, Dialect, School, duo, gemeenten, regions, schools

START, DAY = date(2026, 8, 1), date(2026, 11, 21)
EVE = DAY - timedelta(days=1)
ONE, TWO, THREE = School("12AB"), School("13AB", naam="RK Sint Joris"), School("14AB")
SO, VO = Dialect("so"), Dialect("vo")
TABLES = (vestigingen, gemeenten_table, swv_regio)


@pytest.fixture
def registry(operator: Database) -> Registry:
    return Registry(operator, MemoryKeyProvider(), SystemClock(), SystemIds())


@pytest.fixture(autouse=True)
async def known(fresh: TestDatabase, registry: Registry) -> None:
    """Gemeenten and regions are there; no vestiging is."""
    async with fresh.raw() as root:
        await root.execute("TRUNCATE vestigingen, gemeenten, swv_regio, log_records")
    await take(registry, gemeenten(), START)
    await take(registry, regions(), START)


async def take(
    registry: Registry,
    data: bytes,
    day: date = DAY,
    register: Register | None = None,
    **options: bool,
) -> Report:
    file = read_register(data, "bestand.csv", register)
    return await import_register(file, Request(day, **options), registry)


async def content(fresh: TestDatabase) -> dict[str, list[Any]]:
    async with fresh.raw() as root:
        return {
            table.name: await root.fetch(str(select(table).order_by(*table.primary_key)))
            for table in TABLES
        }


async def loaded(database: Database) -> Directory:
    async with database.transaction() as conn:
        return await load_directory(conn)


def counts(report: Report) -> tuple[int, int, int, int, int]:
    changed = report.new, report.changed, report.ended, report.unchanged
    return (*changed, len(report.misfits))


async def test_a_first_import_brings_all_that_a_register_says(
    registry: Registry, gateway: Database
) -> None:
    report = await take(registry, duo([ONE, TWO]))
    assert counts(report) == (2, 0, 0, 0, 0)
    assert (report.about.register, report.about.read) == (Register.BO, 2)
    found = (await loaded(gateway)).vestigingen[Vestigingscode("13AB00")]
    assert found == (
        Vestiging(
            code=Vestigingscode("13AB00"),
            gemeente=Gemeentecode("0361"),
            sector=Sector.PO,
            swv="PO2703",
            geldig_van=DAY,
            geldig_tot=None,
            naam="RK Sint Joris",
            bevoegd_gezag="41234",
            postcode4=Postcode4("1811"),
        ),
    )


@pytest.mark.parametrize(
    ("dialect", "soort", "sector", "swv"),
    [
        (Dialect(), "", Sector.PO, "PO2806"),
        (SO, "SO", Sector.SO, "PO2806"),
        (SO, "VSO", Sector.VSO, "VO2810"),
        (VO, "", Sector.VO, "VO2810"),
    ],
)
async def test_sector_and_postcode_give_the_samenwerkingsverband(
    registry: Registry, gateway: Database, dialect: Dialect, soort: str, sector: Sector, swv: str
) -> None:
    await take(registry, duo([replace(ONE, postcode="2900 AA", soort=soort)], dialect))
    (found,) = (await loaded(gateway)).vestigingen[Vestigingscode("12AB00")]
    assert (found.sector, found.swv) == (sector, swv)


async def test_what_changed_and_what_went_is_dated_and_the_rest_untouched(
    registry: Registry, gateway: Database
) -> None:
    await take(registry, duo([ONE, TWO, THREE]), START)
    moved = replace(TWO, postcode="2901 ZZ", gemeente="0599")
    report = await take(registry, duo([ONE, moved, School("15AB")]))
    assert counts(report) == (1, 1, 1, 1, 0)
    directory = await loaded(gateway)
    before, now = (directory.vestiging_on(Vestigingscode("13AB00"), day) for day in (EVE, DAY))
    assert before is not None
    assert now is not None
    assert (str(before.gemeente), before.swv) == ("0361", "PO2703")
    assert (str(now.gemeente), now.swv) == ("0599", "PO2806")
    assert directory.vestiging_on(Vestigingscode("14AB00"), EVE) is not None
    assert directory.vestiging_on(Vestigingscode("14AB00"), DAY) is None
    assert directory.vestiging_on(Vestigingscode("15AB00"), EVE) is None
    assert [v.geldig_van for v in directory.vestigingen[Vestigingscode("12AB00")]] == [START]


async def test_importing_twice_changes_nothing(fresh: TestDatabase, registry: Registry) -> None:
    files = (gemeenten(), regions({1811: ("PO2703", "VO2703")}), duo([ONE, TWO]))
    for _ in range(2):  # the second round ends what the fixture brought besides
        for data in files:
            await take(registry, data, may_shrink=True)
    before = await content(fresh)
    for data in files:
        report = await take(registry, data)
        assert (report.new, report.changed, report.ended) == (0, 0, 0)
        assert report.unchanged == report.about.read
    later = await take(registry, files[2], DAY + timedelta(days=30))
    assert counts(later) == (0, 0, 0, 2, 0)
    assert await content(fresh) == before


async def test_a_second_file_on_the_same_day_replaces_the_first(
    registry: Registry, gateway: Database
) -> None:
    await take(registry, duo([ONE, TWO]))
    await take(registry, duo([replace(ONE, naam="Anders")]))
    directory = await loaded(gateway)
    (found,) = directory.vestigingen[Vestigingscode("12AB00")]
    assert (found.naam, found.geldig_van, found.geldig_tot) == ("Anders", DAY, None)
    again = await take(registry, duo([replace(ONE, naam="Anders"), TWO]))
    assert counts(again)[:4] == (0, 1, 0, 1)
    directory = await loaded(gateway)
    assert directory.vestiging_on(Vestigingscode("13AB00"), DAY + timedelta(1)) is not None


async def test_the_past_is_not_rewritten(fresh: TestDatabase, registry: Registry) -> None:
    await take(registry, duo([ONE]))
    before = await content(fresh)
    with pytest.raises(Refused) as refused:
        await take(registry, duo([replace(ONE, naam="Anders")]), EVE)
    assert refused.value.facts["rule"].startswith("de peildatum ligt voor 2026-11-21")
    assert await content(fresh) == before


async def test_each_kind_of_file_ends_only_its_own(registry: Registry, gateway: Database) -> None:
    await take(registry, duo([ONE, TWO]), START)
    await take(registry, duo([THREE], VO), START)
    await take(registry, duo([School("16AB")], SO), START)
    assert counts(await take(registry, duo([School("17AB")], VO))) == (1, 0, 1, 0, 0)
    standing = [v[0] for v in (await loaded(gateway)).vestigingen.values()]
    assert {str(v.code) for v in standing if v.geldig_tot} == {"14AB00"}


async def test_a_vestiging_of_another_register_does_not_fit(
    fresh: TestDatabase, registry: Registry
) -> None:
    await take(registry, duo([ONE, TWO]))
    before = await content(fresh)
    with pytest.raises(Invalid) as refused:
        await take(registry, duo([ONE, TWO], VO), DAY, Register.VO)
    assert "staat al in het register bo" in refused.value.violations[0].detail
    assert await content(fresh) == before
    report = await take(registry, duo([ONE, THREE], VO))
    assert counts(report) == (1, 0, 0, 0, 1)


async def test_what_no_register_brought_is_never_ended_by_one(
    registry: Registry, gateway: Database, operator: Database
) -> None:
    own = [
        Vestiging(Vestigingscode(code), Gemeentecode("0361"), Sector.PO, "PO2703", START)
        for code in ("99AA00", "12AB00")
    ]
    async with operator.transaction() as conn:
        await put_vestigingen(conn, own)
        await put_gemeenten(conn, [Gemeente(Gemeentecode("0344"), "Utrecht", START)])
    assert counts(await take(registry, duo([ONE]))) == (0, 1, 0, 0, 0)
    await take(registry, gemeenten())
    assert counts(await take(registry, duo([TWO]))) == (1, 0, 1, 0, 0)
    directory = await loaded(gateway)
    assert directory.vestiging_on(Vestigingscode("99AA00"), DAY) == own[0]
    assert directory.gemeente_on(Gemeentecode("0344"), DAY) is not None


async def test_a_vestiging_of_our_own_never_changes_sector(
    registry: Registry, gateway: Database, operator: Database
) -> None:
    own = Vestiging(
        Vestigingscode("12AB00"), Gemeentecode("0361"), Sector.VO, "VO2703", START, None
    )
    async with operator.transaction() as conn:
        await put_vestigingen(conn, [own])
    report = await take(registry, duo([TWO, ONE]))
    assert counts(report) == (1, 0, 0, 0, 1)
    (misfit,) = report.misfits
    assert (misfit.line, misfit.key) == (3, "12AB00")
    assert "sector vo" in misfit.reason
    assert (await loaded(gateway)).vestigingen[own.code] == (own,)


async def test_what_does_not_fit_is_reported_by_line_and_keeps_what_it_had(
    registry: Registry, gateway: Database
) -> None:
    await take(registry, duo([ONE, TWO, THREE]), START)
    report = await take(
        registry,
        duo(
            [
                replace(ONE, gemeente="0398"),
                replace(TWO, postcode="3197 AA"),
                replace(THREE, postcode=""),
                School("15AB"),
            ]
        ),
    )
    assert counts(report) == (1, 0, 0, 0, 3)
    assert [(m.line, m.reason) for m in report.misfits] == [
        (2, "gemeente 0398 bestaat op 2026-11-21 niet in het gemeenteregister"),
        (3, "postcode 3197 heeft op 2026-11-21 geen samenwerkingsverband voor po"),
        (4, "zonder postcode is er geen samenwerkingsverband"),
    ]
    directory = await loaded(gateway)
    assert all(
        directory.vestiging_on(Vestigingscode(f"{n}AB00"), DAY) is not None
        for n in (12, 13, 14, 15)
    )


async def test_a_gemeente_must_exist_on_the_peildatum(registry: Registry) -> None:
    ends = [
        ("0361", "Alkmaar", "2000-01-01", "2026-11-20"),
        ("0599", "Rotterdam", "2000-01-01", ""),
    ]
    await take(registry, gemeenten(ends))
    assert len((await take(registry, duo([ONE]), EVE)).misfits) == 0
    with pytest.raises(Invalid, match="waarde-ongeldig") as refused:
        await take(registry, duo([TWO]), DAY)
    assert "gemeente 0361 bestaat op 2026-11-21 niet" in refused.value.violations[0].detail


async def test_a_column_that_a_file_lacks_wipes_nothing(
    registry: Registry, gateway: Database
) -> None:
    await take(registry, duo([ONE]), START)
    bare = Dialect(without=("VESTIGINGSNAAM", "BEVOEGD GEZAG NUMMER"))
    report = await take(registry, duo([ONE], bare))
    assert counts(report) == (0, 0, 0, 1, 0)
    assert report.about.absent == ("VESTIGINGSNAAM", "BEVOEGD GEZAG NUMMER")


async def test_the_region_annex_is_dated_and_reports_what_is_of_nobody(
    fresh: TestDatabase, registry: Registry
) -> None:
    nobody = ("Europoort", "Europoort")
    annex = {1811: ("PO2703", "VO2703"), 3197: nobody, 3198: nobody, 3199: nobody}
    report = await take(registry, regions(annex), may_shrink=True)
    assert (report.about.read, report.unchanged, len(report.misfits)) == (4, 1, 3)
    assert [m.line for m in report.misfits] == [3, 4, 5]
    await take(registry, regions({1811: ("PO2704", "VO2703")}), DAY + timedelta(days=10))
    rows = [row for row in (await content(fresh))["swv_regio"] if row["postcode4"] == "1811"]
    assert [(r["geldig_van"], r["geldig_tot"], r["swv_po"]) for r in rows] == [
        (START, DAY + timedelta(days=9), "PO2703"),
        (DAY + timedelta(days=10), None, "PO2704"),
    ]


async def test_half_a_file_does_not_end_half_the_country(
    fresh: TestDatabase, registry: Registry
) -> None:
    made = schools(300)
    await take(registry, duo(made), START)
    before = await content(fresh)
    with pytest.raises(Refused) as refused:
        await take(registry, duo(made[:100]))
    assert refused.value.facts["rule"].startswith("200 van 300 zouden eindigen")
    assert await content(fresh) == before
    assert counts(await take(registry, duo(made[:100]), may_shrink=True))[2:4] == (200, 100)


async def test_a_rehearsal_reports_the_same_and_changes_nothing(
    fresh: TestDatabase, registry: Registry
) -> None:
    await take(registry, duo([ONE, TWO]), START)
    before = await content(fresh)
    data = duo([replace(ONE, naam="Anders"), THREE])
    rehearsed = await take(registry, data, rehearsal=True)
    assert await content(fresh) == before
    assert (rehearsed.rehearsal, rehearsed.entry) == (True, None)
    assert counts(await take(registry, data)) == counts(rehearsed) == (1, 1, 1, 0, 0)


async def test_an_import_is_logged_with_what_it_did(
    fresh: TestDatabase, registry: Registry
) -> None:
    report = await take(registry, duo([ONE, replace(TWO, gemeente="0398")]))
    async with fresh.raw() as root:
        row = await root.fetchrow("SELECT * FROM log_records WHERE entry = $1", report.entry)
        assert await root.fetchval("SELECT count(*) FROM log_records") == 3
    leaf = json.loads(row["leaf"])
    assert (leaf["name"], row["activity"], row["actor"]) == (
        "register-ingelezen",
        "registerbeheer/1",
        None,
    )
    assert leaf["bijzonderheden"] == {
        "door": "operator",
        "register": "bo",
        "sha256": report.about.sha256,
        "peildatum": "2026-11-21",
        "gelezen": 2,
        "nieuw": 1,
        "gewijzigd": 0,
        "beeindigd": 0,
        "ongewijzigd": 0,
        "pastNiet": 1,
    }


async def test_what_cannot_be_logged_is_not_imported(
    fresh: TestDatabase, registry: Registry
) -> None:
    before = await content(fresh)
    async with fresh.raw() as root:
        await root.execute("REVOKE INSERT ON log_records FROM verzuim_operator")
        try:
            with pytest.raises(Unavailable) as refused:
                await take(registry, duo([ONE]))
        finally:
            await root.execute("GRANT INSERT ON log_records TO verzuim_operator")
    assert refused.value.code is Code.LOGBOEK_ONBESCHIKBAAR
    assert await content(fresh) == before


async def test_the_gateways_hear_of_a_change_and_of_nothing_else(
    registry: Registry, gateway: Database
) -> None:
    heard: asyncio.Queue[None] = asyncio.Queue()
    listening = asyncio.create_task(gateway.listen(CHANNEL, lambda: heard.put_nowait(None)))
    try:
        await asyncio.wait_for(heard.get(), 10)  # once for the connection
        await take(registry, duo([ONE]))
        await asyncio.wait_for(heard.get(), 10)
        await take(registry, duo([ONE]))
        await take(registry, duo([ONE, TWO]), rehearsal=True)
        await take(registry, duo([ONE, TWO]))
        await asyncio.wait_for(heard.get(), 10)
        assert heard.empty()
    finally:
        listening.cancel()


async def test_imports_at_the_same_time_wait_for_each_other(
    registry: Registry, gateway: Database
) -> None:
    data = duo(schools(500))
    reports = await asyncio.gather(*(take(registry, data) for _ in range(3)))
    assert sorted(report.new for report in reports) == [0, 0, 500]
    assert len((await loaded(gateway)).vestigingen) == 500


async def test_eight_thousand_vestigingen_are_imported(
    registry: Registry, gateway: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    made = schools(8_000)
    started = time.monotonic()
    report = await take(
        registry, duo(made, Dialect(encoding="windows-1252", old_names=True)), START
    )
    imported = time.monotonic()
    assert counts(report) == (8_000, 0, 0, 0, 0)
    again = [replace(school, gezag="1") for school in made[:4_000]] + made[4_000:7_900]
    assert counts(await take(registry, duo(again))) == (0, 4_000, 100, 3_900, 0)
    changed = time.monotonic()
    directory = await loaded(gateway)
    read = time.monotonic()
    assert len(directory.vestigingen) == 8_000
    assert {str(v[0].gemeente) for v in directory.vestigingen.values()} == GEMEENTEN.keys()
    with capsys.disabled():
        sys.stdout.write(
            f"\n8,000 vestigingen: first import {imported - started:.2f} s, half of them changed"
            f" {changed - imported:.2f} s, directory read {read - changed:.2f} s\n"
        )
