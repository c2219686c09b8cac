"""Bad input: everything that is wrong at once, with pointers, and never the rejected value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.api.world import World, bericht_id, faults, refusal, signaal
from tests.persons import bsn, onderwijsnummer

REAL_LOOKING = "123456782"  # elfproef-valid, outside every test range


async def test_says_everything_that_is_wrong_at_once(world: World) -> None:
    body = signaal(
        bsn(10),
        plicht="vrijgesteld",
        woongemeente="0398",
        venster={"van": "2026-09-01", "tot": "2026-11-13"},
        ongeoorloofdeMinuten=960,
        criterium="NIET_IN_BELEID",
        oudersGeinformeerdOp="2099-01-01",
        categorie="geoorloofd",
        naam="Sanne de Vries",
    )
    answer = await world.send({**body, "pgn": "123456789"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert faults(answer) == [
        ("/naam", "onbekend-veld"),
        ("/pgn", "pgn-ongeldig"),
        ("/oudersGeinformeerdOp", "datum-ongeldig"),
        ("/criterium", "onbekend-criterium"),
        ("/categorie", "geoorloofd-verzuim"),
        ("/plicht", "buiten-leerplicht"),
        ("/venster", "venster-ongeldig"),
        ("/ongeoorloofdeMinuten", "verplichte-melding"),
        ("/woongemeente", "onbekende-woongemeente"),
    ]
    assert answer.json()["code"] == "onbekend-veld"
    for value in ("123456789", "vrijgesteld", "Sanne", "NIET_IN_BELEID", "2099", "0398", "960"):
        assert value not in answer.text
        assert all(value not in header for header in answer.headers.values())


async def test_a_missing_and_a_mistyped_member_have_their_own_pointers(world: World) -> None:
    body = signaal(bsn(11), contact={"rol": "mentor"}, ongeoorloofdeMinuten="540", criterium=None)
    assert faults(await world.send(body)) == [
        ("/contact/email", "verplicht-veld"),
        ("/criterium", "verplicht-veld"),
        ("/ongeoorloofdeMinuten", "waarde-ongeldig"),
    ]


async def test_a_strange_member_name_is_not_echoed(world: World) -> None:
    body = {**signaal(bsn(12)), "Sanne de Vries": 1, bsn(12).reveal(): 2}
    answer = await world.send(body)
    assert faults(answer) == [("", "onbekend-veld")]
    assert "Sanne" not in answer.text
    assert bsn(12).reveal() not in answer.text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'{"pgn": NaN}',
        b'{"pgn": Infinity}',
        b'{"pgn": "1", "pgn": "2"}',
        b'{"contact": {"rol": "mentor", "rol": "mentor"}}',
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"pgn": "\xed\xa0\x80"}',
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
)
async def test_refuses_what_is_not_strict_json(world: World, raw: bytes) -> None:
    answer = await world.call(
        "las-noord", "POST", "/v1/signalen", raw or b" ", idempotency_key="strict"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "ongeldige-json")


async def test_refuses_a_body_over_one_mebibyte(world: World) -> None:
    raw = json.dumps(signaal(bsn(13), criterium="X" * 1024 * 1024)).encode()
    answer = await world.call("las-noord", "POST", "/v1/signalen", raw, idempotency_key="large")
    assert (answer.status_code, answer.json()["code"]) == (413, "te-groot")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-ndjson", "application/json; charset=latin1", ""]
)
async def test_refuses_other_media_types(world: World, media_type: str) -> None:
    answer = await world.call(
        "las-noord", "POST", "/v1/signalen", b"{}", content_type=media_type, idempotency_key="type"
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("key", [None, "", "x" * 256, "met spatie"])
async def test_refuses_a_post_without_a_usable_idempotency_key(
    world: World, key: str | None
) -> None:
    headers = {} if key is None else {"idempotency_key": key}
    answer = await world.call("las-noord", "POST", "/v1/signalen", signaal(bsn(14)), **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotentiesleutel-ontbreekt")


@pytest.mark.parametrize(
    "pgn",
    [
        REAL_LOOKING,
        "99997001",
        "９９９９７００００",  # noqa: RUF001  full-width digits are the point
        "999970001",
        "000000000",
        " 99997000",
        999970000,
        None,
        True,
    ],
)
async def test_refuses_every_number_that_is_no_test_pgn(world: World, pgn: object) -> None:
    answer = await world.send({**signaal(bsn(15)), "pgn": pgn})
    assert faults(answer) == [("/pgn", "pgn-ongeldig")]


async def test_takes_an_onderwijsnummer(world: World) -> None:
    bericht_id(await world.send(signaal(onderwijsnummer(0))))


async def test_refuses_a_pgn_in_the_schools_own_texts(world: World) -> None:
    digits = bsn(16).reveal()
    body = signaal(
        bsn(16), criterium=f"P_{digits}", contact={"rol": "mentor", "email": f"l{digits}@x.nl"}
    )
    spaced = "-".join(digits)
    answer = await world.send(body, key=f"key-{spaced}")
    assert faults(answer) == [
        ("", "pgn-in-vrije-tekst"),
        ("/contact/email", "pgn-in-vrije-tekst"),
        ("/criterium", "pgn-in-vrije-tekst"),
        ("/criterium", "onbekend-criterium"),
    ]
    assert digits not in answer.text


@pytest.mark.parametrize(
    ("venster", "code"),
    [
        ({"van": "2026-11-13", "tot": "2026-11-12"}, "venster-ongeldig"),
        ({"van": "2026-10-19", "tot": "2026-10-23"}, "ok"),  # no lesweek at all: none too many
        ({"van": "2026-10-19", "tot": "2026-11-16"}, "ok"),  # herfstvakantie is skipped
        ({"van": "2026-10-16", "tot": "2026-11-16"}, "venster-ongeldig"),
        ({"van": "2026-07-27", "tot": "2026-08-21"}, "venster-ongeldig"),  # across 1 August
        ({"van": "2026-11-16", "tot": "2026-11-19"}, "datum-ongeldig"),  # tomorrow
        ({"van": "2026-11-16", "tot": "2026-11-18"}, "ok"),  # today
        ({"van": "0001-01-01", "tot": "2026-11-18"}, "venster-ongeldig"),
        ({"van": "9999-12-01", "tot": "9999-12-31"}, "datum-ongeldig"),
        ({"van": "0001-01-01", "tot": "9999-12-31"}, "datum-ongeldig"),
        ({"van": "0001-01-01", "tot": "0001-01-02"}, "geen-mandaat"),
        ({"van": "2026-11-31", "tot": "2026-12-01"}, "datum-ongeldig"),
        ({"van": "2026-W46-1", "tot": "20261113"}, "datum-ongeldig"),
        ({"van": "2026-11-02T00:00:00Z", "tot": "2026-11-13"}, "datum-ongeldig"),
        ({"van": 1793577600, "tot": "2026-11-13"}, "datum-ongeldig"),
    ],
)
async def test_a_venster_touches_at_most_four_lesweken(
    world: World, venster: dict[str, object], code: str
) -> None:
    answer = await world.send(signaal(world.pupil(), venster=venster))
    got = "ok" if answer.status_code == 202 else answer.json()["code"]
    assert got == code, answer.text


async def test_one_minute_below_the_threshold_is_a_signaal_and_at_it_a_melding(
    world: World,
) -> None:
    bericht_id(await world.send(signaal(bsn(17), ongeoorloofdeMinuten=959)))
    answer = await world.send(signaal(bsn(18), ongeoorloofdeMinuten=960))
    assert faults(answer) == [("/ongeoorloofdeMinuten", "verplichte-melding")]


@pytest.mark.parametrize(
    ("changes", "sender", "status", "code"),
    [
        ({"vestigingscode": "99CC00"}, "las-noord", 403, "geen-mandaat"),
        ({"vestigingscode": "98ZZ00"}, "las-noord", 403, "onbekende-vestiging"),
        ({"vestigingscode": "99bb00"}, "las-noord", 400, "vestigingscode-ongeldig"),
        ({}, "school-99AA", 403, "geen-mandaat"),
        ({}, "leerplicht-0361", 403, "geen-recht"),
        ({}, "fg", 403, "geen-recht"),
        ({}, None, 401, "niet-aangemeld"),
        ({}, "vreemde", 401, "niet-aangemeld"),
        ({"woongemeente": "0772"}, "las-noord", 409, "ontvanger-niet-aangesloten"),
        ({"woongemeente": "0363"}, "las-noord", 409, "ontvanger-niet-aangesloten"),
        ({"woongemeente": "0398"}, "las-noord", 400, "onbekende-woongemeente"),
        ({"venster": {"van": "2025-07-01", "tot": "2025-07-02"}}, "las-noord", 403, "geen-mandaat"),
    ],
)
async def test_refuses_what_this_caller_may_not_send(
    world: World, changes: dict[str, Any], sender: str | None, status: int, code: str
) -> None:
    key = f"may-not-{sender}-{json.dumps(changes)}".replace(" ", "")
    answer = await world.call(
        sender, "POST", "/v1/signalen", signaal(bsn(19), **changes), idempotency_key=key
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "9999-12-31"])
async def test_a_school_itself_cannot_report_on_days_that_it_did_not_exist(
    world: World, day: str
) -> None:
    body = signaal(world.pupil(), vestigingscode="99AA00", venster={"van": day, "tot": day})
    answer = await world.send(body, "school-99AA")
    expected = (400, "datum-ongeldig") if day > "2026" else (403, "onbekende-vestiging")
    assert refusal(answer) == expected


@pytest.mark.parametrize("length", [0, 1, 65])
async def test_reads_an_e_mail_address_in_linear_time_and_never_echoes_it(
    world: World, length: int
) -> None:
    email = "a" * length + "@" + "b." * 40 + "!"
    answer = await world.send(signaal(world.pupil(), contact={"rol": "mentor", "email": email}))
    assert faults(answer) == [("/contact/email", "waarde-ongeldig")]
    assert "b.b.b" not in answer.text


async def test_a_number_is_a_whole_number_and_a_list_a_list(world: World) -> None:
    for changes, pointer in (
        ({"ongeoorloofdeMinuten": 540.0}, "/ongeoorloofdeMinuten"),
        ({"ongeoorloofdeMinuten": True}, "/ongeoorloofdeMinuten"),
        ({"ongeoorloofdeMinuten": 0}, "/ongeoorloofdeMinuten"),
        ({"ongeoorloofdeMinuten": -5}, "/ongeoorloofdeMinuten"),
        ({"actiesSchool": "MENTOR"}, "/actiesSchool"),
        ({"actiesSchool": ["mentor"]}, "/actiesSchool/0"),
        ({"actiesSchool": ["MENTOR"] * 8}, "/actiesSchool"),
        ({"vervangt": 5}, "/vervangt"),
        ({"vervangt": "x"}, "/vervangt"),
        ({"contact": []}, "/contact"),
        ({"woongemeente": 361}, "/woongemeente"),
    ):
        answer = await world.send(signaal(world.pupil(), **changes))
        assert faults(answer) == [(pointer, "waarde-ongeldig")], changes
