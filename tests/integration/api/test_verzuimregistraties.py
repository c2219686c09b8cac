"""Registrations, one or many: counted once, corrected, withdrawn; bad lines come back by number."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from exchange.crypto.pseudonym import counting_pseudonym
from exchange.messages.identifiers import Pgn, Schooljaar, Vestigingscode
from tests.integration.api.world import World, bericht_id, faults, refusal
from tests.persons import bsn

PATH, JSON = "/v1/verzuimregistraties", "application/json"
DAY = "2026-11-10"


@pytest.fixture(autouse=True)
async def _nothing_registered(world: World) -> AsyncIterator[None]:
    yield
    await world.execute("TRUNCATE registrations, registration_ids, month_sources")


def registration(number: object, pgn: Pgn | None = None, /, **changes: object) -> dict[str, object]:
    """Give a registration that is accepted as it stands; a change to None leaves a member out."""
    whole = {
        "vestigingscode": "99AA00", "registratieId": f"R-{number}",
        "pgn": (pgn or bsn(1)).reveal(), "datum": DAY, "minuten": 60, "reden": "ZIEK", **changes,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def ndjson(*lines: Mapping[str, object] | bytes) -> bytes:
    """Give lines as one body."""
    return b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines) + b"\n"


async def post(
    world: World, body: object, sender: str = "las-noord", **headers: str
) -> httpx.Response:
    """Send one registration (a mapping) or many (bytes) under a fresh or given key."""
    if isinstance(body, bytes):
        headers = {"content_type": "application/x-ndjson", **headers}
    headers = {"idempotency_key": world.key(), **headers}
    return await world.call(sender, "POST", PATH, body, **headers)


async def rows(world: World) -> list[dict[str, Any]]:
    """Give what is counted now."""
    return await world.rows(
        "SELECT vestigingscode, datum, minuten, categorie, pupil FROM registrations"
        " ORDER BY vestigingscode, datum, minuten"
    )


async def counted(world: World) -> list[tuple[str, int, str]]:
    """Give day, minutes and category of everything that is counted now."""
    return [(str(r["datum"]), r["minuten"], r["categorie"]) for r in await rows(world)]


async def test_one_registration_is_counted_in_the_category_of_its_local_reason(
    world: World,
) -> None:
    answer = await post(world, registration(1))
    receipt = answer.json()
    assert answer.status_code == 202
    assert (receipt["soort"], receipt["aantalAangenomen"]) == ("verzuimregistraties", 1)
    assert (receipt["aantalGeweigerd"], receipt["geweigerd"]) == (0, [])
    assert await counted(world) == [(DAY, 60, "geoorloofd")]
    (row,) = await rows(world)
    assert row["pupil"] == counting_pseudonym(
        bsn(1), Vestigingscode("99AA00"), Schooljaar(2026), world.gateway.keys
    )


async def test_the_receipt_says_what_each_role_counts_and_that_leerplicht_gets_nothing(
    world: World,
) -> None:
    receipt = (await post(world, registration(1, categorie="geoorloofd"))).json()
    streams = {stream["rol"]: stream for stream in receipt["stromen"]}
    assert (streams["leerplicht"]["status"], streams["leerplicht"]["ontvanger"]) == ("geen", None)
    for rol in ("college", "swv", "ocw"):
        stream = streams[rol]
        assert stream["status"] == "opgenomen"
        assert stream["doorgegeven"] == stream["gegeneraliseerd"] == stream["route"] == []
        assert set(stream["afgeleid"]) == {
            "vestigingscode", "pgn", "datum", "minuten", "categorie",
        }  # fmt: skip
        assert {item["veld"] for item in stream["ingehouden"]} == {"registratieId", "reden"}


async def test_many_lines_of_which_some_are_bad_count_once_and_the_bad_come_back(
    world: World,
) -> None:
    body = ndjson(
        registration(1),
        b"",
        registration(2, minuten=721),
        registration(3, reden="SPIJBEL", datum="2026-10-05"),
        b"{not json",
        registration(4, vestigingscode="99CC00"),
        registration(5, datum="2026-08-31"),
        registration(6, reden="ONZIN"),
        registration(7, reden="ZIEK", categorie="ongeoorloofd"),
        registration(8, reden=None),
        registration(9, datum="2026-11-19"),
        registration(10, Pgn("123456782")),
        registration(bsn(1).reveal()),
    )
    receipt = (await post(world, body)).json()
    assert (receipt["aantalAangenomen"], receipt["aantalGeweigerd"]) == (2, 10)
    found = {
        item["regel"]: [(fault["pointer"], fault["code"]) for fault in item["fouten"]]
        for item in receipt["geweigerd"]
    }
    assert found == {
        3: [("/minuten", "waarde-ongeldig")],
        5: [("", "ongeldige-json")],
        6: [("/vestigingscode", "geen-mandaat")],
        7: [("/datum", "periode-gesloten")],
        8: [("/reden", "onbekende-reden")],
        9: [("/categorie", "categorie-strijdig")],
        10: [("/categorie", "verplicht-veld")],
        11: [("/datum", "datum-ongeldig")],
        12: [("/pgn", "pgn-ongeldig")],
        13: [("/registratieId", "pgn-in-vrije-tekst")],
    }
    assert await counted(world) == [
        ("2026-10-05", 60, "ongeoorloofd"),
        (DAY, 60, "geoorloofd"),
    ]


async def test_nothing_happens_twice_and_the_last_word_counts(world: World) -> None:
    for body, expected in (
        (registration(1), [(DAY, 60, "geoorloofd")]),
        (registration(1), [(DAY, 60, "geoorloofd")]),
        (registration(1, minuten=90), [(DAY, 90, "geoorloofd")]),
        (registration(1, datum="2026-10-30"), [("2026-10-30", 60, "geoorloofd")]),
        (registration(1, bsn(2), reden="SPIJBEL"), [(DAY, 60, "ongeoorloofd")]),
        (registration(1, ingetrokken=True), []),
        (registration(1, ingetrokken=True), []),
        (registration(1), [(DAY, 60, "geoorloofd")]),
    ):
        answer = await post(world, body)
        assert answer.status_code == 202, answer.text
        assert await counted(world) == expected


async def test_the_last_of_two_lines_with_one_number_counts(world: World) -> None:
    body = ndjson(registration(1), registration(1, minuten=30), registration(2, ingetrokken=True))
    assert (await post(world, body)).json()["aantalAangenomen"] == 3
    assert await counted(world) == [(DAY, 30, "geoorloofd")]


async def test_a_registratie_id_is_the_schools_own_so_two_vestigingen_may_share_it(
    world: World,
) -> None:
    body = ndjson(registration(1), registration(1, vestigingscode="99BB00"))
    receipt = (await post(world, body)).json()
    assert receipt["aantalAangenomen"] == 2
    assert [row["vestigingscode"] for row in await rows(world)] == ["99AA00", "99BB00"]
    assert len({row["pupil"] for row in await rows(world)}) == 2
    for code in ("99AA00", "99BB00"):
        query = f"/v1/ontvangstbewijzen?vestigingscode={code}&periode=2026-11"
        listed = (await world.call("las-noord", "GET", query)).json()["ontvangstbewijzen"]
        assert receipt["berichtId"] in [item["berichtId"] for item in listed]


async def test_the_same_file_again_changes_nothing(world: World) -> None:
    body, key = ndjson(registration(1), registration(2, minuten=0)), world.key()
    first = await post(world, body, idempotency_key=key)
    again = await post(world, body, idempotency_key=key)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    packed = await post(world, gzip.compress(body), idempotency_key=key, content_encoding="gzip")
    assert packed.content == first.content  # the same unpacked bytes
    other = await post(world, body + b"\n", idempotency_key=key)
    assert refusal(other) == (409, "idempotentiesleutel-hergebruikt")
    assert len(await rows(world)) == 1


async def test_a_delivery_without_one_good_line_is_refused_with_the_code_of_its_first(
    world: World,
) -> None:
    body = ndjson(b"", registration(1, vestigingscode="99CC00"), registration(2, minuten=0))
    answer = await post(world, body)
    assert refusal(answer) == (400, "geen-mandaat")
    assert faults(answer) == [
        ("/2/vestigingscode", "geen-mandaat"),
        ("/3/minuten", "waarde-ongeldig"),
    ]
    assert refusal(await post(world, b"\n \n")) == (400, "ongeldige-json")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"vestigingscode": "99CC00"}, (403, "geen-mandaat")),
        ({"vestigingscode": "99ZZ00"}, (403, "onbekende-vestiging")),
        ({"datum": "2026-08-31"}, (409, "periode-gesloten")),
        ({"reden": "ONZIN"}, (400, "onbekende-reden")),
        ({"registratieId": "a b"}, (400, "waarde-ongeldig")),
        ({"registratieId": ""}, (400, "waarde-ongeldig")),
        ({"registratieId": "x" * 65}, (400, "waarde-ongeldig")),
        ({"minuten": 0}, (400, "waarde-ongeldig")),
        ({"minuten": True}, (400, "waarde-ongeldig")),
        ({"onbekend": 1}, (400, "onbekend-veld")),
        ({"datum": "2026-02-30"}, (400, "datum-ongeldig")),
    ],
)
async def test_a_single_registration_is_refused_by_itself(
    world: World, changes: dict[str, object], expected: tuple[int, str]
) -> None:
    assert refusal(await post(world, registration(1, **changes))) == expected
    assert await rows(world) == []


async def test_a_month_is_open_until_the_end_of_the_second_month_after_it(world: World) -> None:
    assert (await post(world, registration(1, datum="2026-09-01"))).status_code == 202
    with world.at(world.clock.moment.replace(month=11, day=30, hour=22)):
        assert (await post(world, registration(2, datum="2026-09-30"))).status_code == 202
    with world.at(world.clock.moment.replace(month=11, day=30, hour=23)):  # 1 December here
        late = await post(world, registration(3, datum="2026-09-30"))
        assert refusal(late) == (409, "periode-gesloten")
        moved = await post(world, registration(1, datum="2026-11-10"))
        assert refusal(moved) == (409, "periode-gesloten")
        unchanged = await post(world, ndjson(registration(4), registration(1, datum=DAY)))
        assert unchanged.json()["aantalGeweigerd"] == 1


async def test_a_line_that_falls_out_at_the_last_moment_claims_no_month(world: World) -> None:
    with world.at(datetime(2026, 9, 10, 10, 0, tzinfo=UTC)):
        assert (await post(world, registration(1, datum="2026-08-20"))).status_code == 202
    moved = registration(1, datum="2026-10-20")
    receipt = (await post(world, ndjson(moved, registration(2)))).json()
    assert [item["regel"] for item in receipt["geweigerd"]] == [1]
    sources = await world.rows("SELECT periode FROM month_sources ORDER BY periode")
    assert [row["periode"] for row in sources] == ["2026-08", "2026-11"]


async def test_reasons_follow_the_policy_of_the_day_and_without_one_only_a_category_counts(
    world: World,
) -> None:
    early = {"datum": "2026-09-02", "vestigingscode": "99BB01"}
    await world.execute("UPDATE verzuimbeleid SET geldig_vanaf = '2026-10-01'"
                        " WHERE vestigingscode = '99BB01'")  # fmt: skip
    try:
        answer = await post(world, registration(1, **early))
        assert refusal(answer) == (409, "geen-verzuimbeleid")
        stated = registration(1, **early, reden=None, categorie="ongeoorloofd")
        assert (await post(world, stated)).status_code == 202
    finally:
        await world.execute("UPDATE verzuimbeleid SET geldig_vanaf = '2025-08-01'"
                            " WHERE vestigingscode = '99BB01'")  # fmt: skip


async def test_a_month_delivered_as_figures_takes_no_registrations(world: World) -> None:
    await world.execute("INSERT INTO month_sources VALUES ('99AA00', '2026-11', 'schoolcijfers')")
    assert refusal(await post(world, registration(1))) == (409, "bron-strijdig")
    other = await post(world, ndjson(registration(1), registration(2, datum="2026-10-30")))
    assert other.json()["aantalAangenomen"] == 1


async def test_a_rehearsal_checks_every_line_and_stores_nothing(world: World) -> None:
    before = await world.everything()
    body = ndjson(registration(1), registration(2, minuten=0))
    answer = await world.call(
        "las-noord", "POST", f"{PATH}?valideer=true", body, content_type="application/x-ndjson"
    )
    found = answer.json()
    assert (answer.status_code, found["geldig"]) == (200, False)
    assert (found["aantalAangenomen"], found["aantalGeweigerd"]) == (1, 1)
    assert [stream["rol"] for stream in found["stromen"]] == ["leerplicht", "college", "swv", "ocw"]
    good = await world.call("las-noord", "POST", f"{PATH}?valideer=true", registration(1))
    assert good.json()["geldig"] is True
    assert await world.everything() == before


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"{}", {"content_type": "text/plain"}, (415, "mediatype-niet-ondersteund")),
        (b"{}", {"content_encoding": "br"}, (415, "mediatype-niet-ondersteund")),
        (b"not gzip", {"content_encoding": "gzip"}, (400, "ongeldige-json")),
        (gzip.compress(b"{}")[:-4], {"content_encoding": "gzip"}, (400, "ongeldige-json")),
        (gzip.compress(b"{}") + b"x", {"content_encoding": "gzip"}, (400, "ongeldige-json")),
        (b"{}\n" * 100_001, {}, (413, "te-groot")),
        (b" " * (32 * 1024 * 1024 + 1), {}, (413, "te-groot")),
        (
            gzip.compress(b" " * (64 * 1024 * 1024)),
            {"content_encoding": "gzip"},
            (413, "te-groot"),
        ),
    ],
    ids=["text", "brotli", "garbage", "cut", "longer", "lines", "bytes", "bomb"],
)
async def test_a_body_that_is_no_delivery_is_refused_as_a_whole(
    world: World, body: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    assert refusal(await post(world, body, **headers)) == expected


async def test_a_delivery_is_one_record_with_a_child_for_each_pupil(world: World) -> None:
    pupils = [bsn(n) for n in range(5)]
    body = ndjson(*(registration(n, pupils[n % 5]) for n in range(12)))
    number = bericht_id(await post(world, body))
    (line,) = [line for line in await world.log() if str(line.bericht_id) == number]
    assert line.document["attributes"]["aantal_betrokkenen"] == len(line.links) == 5
    assert line.document["bijzonderheden"]["aangenomen"] == 12
    assert not any(pupil.reveal() in str(line.leaf) for pupil in pupils)
    links = await world.rows(
        "SELECT DISTINCT periode FROM subject_link WHERE bericht_id = $1::uuid", number
    )
    assert [link["periode"] for link in links] == ["2026-11"]


async def test_two_deliveries_about_the_same_numbers_at_once_leave_one_of_each(
    world: World,
) -> None:
    def delivery(minutes: int) -> bytes:
        return ndjson(*(registration(n, minuten=minutes) for n in range(50)))

    answers = await asyncio.gather(*(post(world, delivery(10 * n)) for n in range(1, 7)))
    assert {answer.status_code for answer in answers} == {202}
    found = await counted(world)
    assert len(found) == 50
    assert len(set(found)) == 1


async def test_a_supplier_sends_only_about_days_that_its_mandate_concerns(world: World) -> None:
    await world.mandate("las-zuid", "99AA00", betreft=date(2026, 11, 1))
    body = ndjson(registration(1, datum="2026-10-31"), registration(2, datum="2026-11-01"))
    receipt = (await post(world, body, sender="las-zuid")).json()
    await world.end_mandate("las-zuid", "99AA00")
    assert [item["regel"] for item in receipt["geweigerd"]] == [1]
    assert await counted(world) == [("2026-11-01", 60, "geoorloofd")]
    assert refusal(await post(world, registration(3), sender="las-zuid")) == (403, "geen-mandaat")


async def test_a_school_reads_its_own_part_of_a_receipt_about_several(world: World) -> None:
    body = ndjson(
        registration(1), registration(2, vestigingscode="99BB00"), registration(3, minuten=0)
    )
    number = bericht_id(await post(world, body))
    whole = await world.receipt(number, "las-noord")
    part = await world.receipt(number, "school-99AA")
    assert whole["vestigingen"] == ["99AA00", "99BB00"]
    assert whole["geweigerd"][0]["regel"] == 3
    assert part["vestigingen"] == ["99AA00"]
    assert set(whole) - set(part) == {"zout", "inhoudshash", "geweigerd"}
    query = "/v1/ontvangstbewijzen?vestigingscode=99AA00&limit=500"
    listed = (await world.call("school-99AA", "GET", query)).json()["ontvangstbewijzen"]
    (same,) = [item for item in listed if item["berichtId"] == number]
    assert "inhoudshash" not in same


async def test_what_stands_on_a_day_before_the_mandate_is_not_the_suppliers_to_change(
    world: World,
) -> None:
    old = registration(1, vestigingscode="99CC00", datum="2026-11-02")
    assert (await post(world, old, sender="las-zuid")).status_code == 202
    await world.mandate("las-noord", "99CC00", betreft=date(2026, 11, 10))
    for change in ({"datum": "2026-11-10"}, {"datum": "2026-11-10", "ingetrokken": True}):
        answer = await post(world, {**old, **change})
        assert refusal(answer) == (403, "geen-mandaat")
    await world.end_mandate("las-noord", "99CC00")
    assert await counted(world) == [("2026-11-02", 60, "geoorloofd")]


async def test_a_month_without_a_registration_that_stands_may_be_delivered_as_figures(
    world: World,
) -> None:
    await post(world, registration(1, datum="2026-10-05", ingetrokken=True))
    assert await world.rows("SELECT * FROM month_sources") == []
    await post(world, registration(2, datum="2026-10-05"))
    path = "/v1/vestigingen/99AA00/schoolcijfers/2026-10"
    nobody = {"minuten": 0, "aantalLeerlingen": 0, "grootsteAandeelMinuten": 0}
    figures = {
        "leerlingen": 10, "geplandeMinutenPerLeerling": 6000, "geoorloofd": nobody,
        "ongeoorloofd": nobody, "leerlingenMetOngeoorloofdVerzuim": 0,
        "trede1": 10, "trede2": 0, "trede3": 0,
    }  # fmt: skip
    assert refusal(await world.call("las-noord", "PUT", path, figures)) == (409, "bron-strijdig")
    rehearsal = f"{path}?valideer=true"
    again = await world.call("las-noord", "PUT", rehearsal, figures)
    assert refusal(again) == (409, "bron-strijdig")
    await post(world, registration(2, datum="2026-10-05", ingetrokken=True))
    assert (await world.call("las-noord", "PUT", rehearsal, figures)).status_code == 200
    assert (await world.call("las-noord", "PUT", path, figures)).status_code == 201
    late = await post(world, registration(3, datum="2026-10-06"))
    assert refusal(late) == (409, "bron-strijdig")
    await world.execute("DELETE FROM schoolcijfers")


async def test_a_thousand_wrong_members_on_a_line_do_not_make_a_large_answer(world: World) -> None:
    line = {f"x{'abcdefghij'[n // 100]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n % 10]}": 1
            for n in range(1_000)}  # fmt: skip
    answer = await post(world, ndjson(registration(1), *([line] * 50)))
    assert (answer.status_code, answer.json()["aantalGeweigerd"]) == (202, 50)
    assert len(answer.content) < 300_000
    assert len(answer.json()["geweigerd"][0]["fouten"]) == 20
    nothing = await post(world, ndjson(*([line] * 60)))
    assert len(nothing.json()["fouten"]) == 1_000
    alone = await post(world, line)
    assert len(alone.json()["fouten"]) == 100


async def test_a_byte_order_mark_before_the_first_line_is_named(world: World) -> None:
    mark = b"\xef\xbb\xbf"
    answer = await post(world, mark + ndjson(registration(1), registration(2)))
    (refused,) = answer.json()["geweigerd"]
    assert (answer.status_code, answer.json()["aantalAangenomen"], refused["regel"]) == (202, 1, 1)
    assert "byte order mark" in refused["fouten"][0]["detail"]
    alone = await post(world, mark + json.dumps(registration(3)).encode(), content_type=JSON)
    assert faults(alone) == [("", "ongeldige-json")]
    assert "byte order mark" in alone.json()["fouten"][0]["detail"]
