"""A release, from what was counted to what recipients collect: proven and logged, or not made."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from exchange.crypto.canonical import b64url
from exchange.crypto.signatures import Kind, verify_compact
from exchange.errors import Code, Refused, Unavailable
from exchange.figures.secure import Secured
from exchange.figures.table import Delivered
from exchange.messages.identifiers import Periode
from exchange.pipeline.release import Publisher, Released, release, withdraw
from exchange.policy.necessity import Mode
from exchange.storage import directory
from tests.integration.api.world import NOW, OINS, World, refusal
from tests.nation import later, nation
from tests.pure import LAW

PERIODE = Periode(2026, 9)
CLOSED = datetime(2026, 12, 1, 9, tzinfo=UTC)
ONES = nation(5, 60)
_COUNTED = (
    *("leerlingen", "geplande_minuten"),
    *("geoorloofd_leerlingen", "geoorloofd_minuten", "geoorloofd_grootste"),
    *("ongeoorloofd_leerlingen", "ongeoorloofd_minuten", "ongeoorloofd_grootste"),
    *("trede1", "trede2", "trede3", "verzuimmeldingen", "signalen"),
)
_TALLY = f"""
    INSERT INTO tally (vestigingscode, periode, schooljaar, bron, strijdig, folded_at,
                       {", ".join(_COUNTED)})
    VALUES ($1, $2, 2026, 'schoolcijfers', false, now(),
            {", ".join(f"${number}" for number in range(3, 3 + len(_COUNTED)))})
    ON CONFLICT (vestigingscode, periode)
    DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COUNTED)}
"""  # noqa: S608  names of our own columns


@pytest.fixture
async def publisher(world: World) -> AsyncIterator[Publisher]:
    """A small country in which everybody delivered, and nothing released yet."""
    async with world.database.login("exchange_operator") as operator:
        async with operator.transaction() as conn:
            await directory.put_vestigingen(conn, [one.vestiging for one in ONES])
        await count(world, ONES)
        yield Publisher(
            mode=Mode.TRIAL,
            necessity=world.gateway.necessity,
            law=LAW,
            database=operator,
            keys=world.gateway.keys,
            clock=world.clock,
            ids=world.gateway.ids,
            budget_seconds=600.0,
            report=lambda _: None,
        )
    world.clock.moment = NOW
    await world.execute("TRUNCATE tally, releases CASCADE")


async def count(world: World, ones: list[Delivered]) -> None:
    """Have these figures stand as counted."""
    for one in ones:
        found = one.figures
        numbers = (
            *(found.leerlingen, found.geplande_minuten_per_leerling),
            *(
                number
                for telling in (found.geoorloofd, found.ongeoorloofd)
                for number in (
                    *(telling.aantal_leerlingen, telling.minuten),
                    telling.grootste_aandeel_minuten,
                )
            ),
            *(found.trede1, found.trede2, found.trede3),
            *(one.verzuimmeldingen, one.signalen),
        )
        await world.root.execute(_TALLY, one.vestiging.code.reveal(), str(PERIODE), *numbers)


async def document(world: World, name: str, nummer: int) -> dict[str, Any]:
    answer = await world.call(name, "GET", f"/v1/leveringen/{nummer}")
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


def hidden(levering: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (row["code"], row["sector"], column)
        for row in levering["rijen"]
        for column in row["onderdrukt"]
    }


async def refused(publisher: Publisher, periode: Periode = PERIODE) -> Code:
    with pytest.raises(Refused) as no:
        await release(periode, publisher)
    return no.value.code


async def test_everybody_collects_its_own_part_and_the_manifest_names_every_file(
    world: World, publisher: Publisher
) -> None:
    made = await release(PERIODE, publisher)
    nummer = made.release.levering.nummer
    (item,) = (await world.call("ocw", "GET", "/v1/leveringen")).json()["leveringen"]
    listed = json.loads(
        verify_compact(item["manifest"], Kind.MANIFEST, world.gateway.keys.public_keys()).payload
    )
    hashes = {
        (file["ontvanger"], file["mediatype"]): file["sha256"] for file in listed["bestanden"]
    }
    for name in ("ocw", "college-0361", "swv-VO2703"):
        answer = await world.call(name, "GET", f"/v1/leveringen/{nummer}")
        digest = b64url(hashlib.sha256(answer.content).digest())
        if (str(OINS[name]), "application/json") in hashes:
            assert hashes[str(OINS[name]), "application/json"] == digest
        else:
            assert answer.status_code == 404
    whole = await document(world, "ocw", nummer)
    codes = {one.vestiging.code.reveal() for one in ONES}
    assert codes <= {row["code"] for row in whole["rijen"] if not row["ontbreekt"]}
    assert whole["dekking"] == {"vestigingen": 64, "geleverd": 60}


async def test_what_is_shown_is_true_and_what_must_be_hidden_is_not_shown(
    world: World, publisher: Publisher
) -> None:
    made = await release(PERIODE, publisher)
    whole = await document(world, "ocw", made.release.levering.nummer)
    rows = {row["code"]: row for row in whole["rijen"] if row["niveau"] == "vestiging"}
    for one in ONES:
        row, found = rows[one.vestiging.code.reveal()], one.figures
        assert row["leerlingen"] == found.leerlingen
        for column in ("trede1", "trede2", "trede3"):
            true = getattr(found, column)
            assert row[column] in {None, true}
            assert row[column] is None or not 0 < true < 5
        if row["ongeoorloofdeMinuten"] is not None:
            assert row["ongeoorloofdeMinuten"] == found.ongeoorloofd.minuten
            assert found.ongeoorloofd.aantal_leerlingen >= 5
            assert None not in {row[f"trede{tier}"] for tier in (1, 2, 3)}
    assert hidden(whole)


async def test_the_certificate_is_kept_and_its_digest_published(
    world: World, publisher: Publisher
) -> None:
    made = await release(PERIODE, publisher)
    (row,) = await world.rows("SELECT certificate FROM release_certificates")
    kept = gzip.decompress(row["certificate"])
    assert b64url(hashlib.sha256(kept).digest()) == made.release.levering.certificaat
    whole = await document(world, "ocw", made.release.levering.nummer)
    assert whole["certificaat"] == made.release.levering.certificaat


async def test_a_release_is_one_log_record_with_its_number(
    world: World, publisher: Publisher
) -> None:
    made = await release(PERIODE, publisher)
    (row,) = await world.rows("SELECT entry FROM releases")
    (line,) = [line for line in await world.log() if line.entry == row["entry"]]
    assert line.document["name"] == "levering-vrijgegeven"
    details = line.document["bijzonderheden"]
    assert details["nummer"] == made.release.levering.nummer
    assert details["certificaat"] == made.release.levering.certificaat


async def test_a_second_release_of_the_month_hides_no_less(
    world: World, publisher: Publisher
) -> None:
    first = await release(PERIODE, publisher)
    await count(world, [one for one in later(ONES, 6) if one.vestiging.code in _codes()])
    second = await release(PERIODE, publisher)
    numbers = [made.release.levering.nummer for made in (first, second)]
    assert numbers[1] == numbers[0] + 1
    before, after = [await document(world, "ocw", number) for number in numbers]
    assert hidden(before) < hidden(after)


def _codes() -> set[object]:
    return {one.vestiging.code for one in ONES}


async def test_a_release_is_voorlopig_while_the_month_is_open_and_definitief_after(
    world: World, publisher: Publisher
) -> None:
    open_ = await release(PERIODE, publisher)
    world.clock.moment = CLOSED
    closed = await release(PERIODE, publisher)
    assert [one.release.levering.stand for one in (open_, closed)] == ["voorlopig", "definitief"]


async def test_a_withdrawn_release_is_gone_for_everybody_and_what_it_hid_stays_hidden(
    world: World, publisher: Publisher
) -> None:
    made = await release(PERIODE, publisher)
    nummer = made.release.levering.nummer
    seen = hidden(await document(world, "ocw", nummer))
    await withdraw(nummer, publisher)
    await withdraw(nummer, publisher)
    answer = await world.call("ocw", "GET", f"/v1/leveringen/{nummer}")
    assert refusal(answer) == (410, "levering-ingetrokken")
    names = [line.document["name"] for line in await world.log()]
    assert names.count("levering-ingetrokken") == 1
    again = await release(PERIODE, publisher)
    assert seen <= hidden(await document(world, "ocw", again.release.levering.nummer))


async def test_refuses_what_cannot_be_released(world: World, publisher: Publisher) -> None:
    assert await refused(publisher, Periode(2026, 12)) is Code.DATUM_ONGELDIG
    assert await refused(publisher, Periode(2026, 10)) is Code.NIET_GEVONDEN
    production = replace(publisher, mode=Mode.PRODUCTION)
    assert await refused(production) is Code.GEEN_GRONDSLAG
    with pytest.raises(Refused):
        await withdraw(99, publisher)
    assert await world.rows("SELECT 1 FROM releases") == []


async def test_without_the_log_nothing_is_released(world: World, publisher: Publisher) -> None:
    await world.execute("REVOKE INSERT ON log_records FROM verzuim_operator")
    with pytest.raises(Unavailable) as down:
        await release(PERIODE, publisher)
    await world.execute("GRANT INSERT ON log_records TO verzuim_operator")
    assert down.value.code is Code.LOGBOEK_ONBESCHIKBAAR
    assert await world.rows("SELECT 1 FROM releases") == []
    assert await world.rows("SELECT 1 FROM release_files") == []


def test_a_release_carries_its_proof() -> None:
    """The type that step 7 wants cannot be had without a certificate."""
    assert Secured.__dataclass_fields__["certificate"].type == "Certificate"
    assert Released.__dataclass_fields__["secured"].type == "Secured"
