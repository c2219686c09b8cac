"""A school's own texts may not spell the body's PGN, however they write it; nothing is echoed."""

from __future__ import annotations

import json

import httpx
import pytest

from exchange.messages.identifiers import Pgn
from tests.integration.api.world import World, bericht_id, faults, refusal, signaal, verzuimmelding

WRITTEN = {
    "plain": "{0}{1}{2}",
    "dots": "{0}.{1}.{2}",
    "hyphens": "{0}-{1}-{2}",
    "underscores": "{0}_{1}_{2}",
    "between others": "x7{0}{1}{2}4y",
    "percent-encoded spaces": "{0}%20{1}%20{2}",
}
SEPARATED = pytest.mark.parametrize("form", WRITTEN.values(), ids=WRITTEN.keys())
REFUSED = (400, "pgn-in-vrije-tekst")


def written(pgn: Pgn, form: str) -> str:
    """Write a number in three groups."""
    digits = pgn.reveal()
    return form.format(digits[:3], digits[3:6], digits[6:])


def wide(pgn: Pgn) -> str:
    """Write a number in full-width digits."""
    return "".join(chr(ord(digit) + 0xFEE0) for digit in pgn.reveal())


def without(pgn: Pgn, answer: httpx.Response) -> httpx.Response:
    """Give the answer, having checked that it does not repeat the number."""
    assert pgn.reveal() not in "".join(c for c in answer.text if c.isdecimal())
    assert wide(pgn) not in answer.text
    return answer


def registration(pgn: Pgn, **changes: object) -> dict[str, object]:
    """Give a registration that is accepted as it stands."""
    return {
        "vestigingscode": "99AA00", "registratieId": "R-1", "pgn": pgn.reveal(),
        "datum": "2026-11-10", "minuten": 60, "reden": "ZIEK", **changes,
    }  # fmt: skip


async def register(
    world: World, body: object, key: str | None = None, media_type: str = "application/json"
) -> httpx.Response:
    """Send registrations under a fresh or given key."""
    headers = {"idempotency_key": key or world.key(), "content_type": media_type}
    return await world.call("las-noord", "POST", "/v1/verzuimregistraties", body, **headers)


def by_email(pgn: Pgn, text: str) -> dict[str, object]:
    """Give the contact of a message, with a text in its address."""
    return {"contact": {"rol": "mentor", "email": f"{text}@school.example"}}


@SEPARATED
async def test_a_registratie_id_spells_no_pgn(world: World, form: str) -> None:
    pgn = world.pupil()
    answer = await register(world, registration(pgn, registratieId=written(pgn, form)))
    assert refusal(without(pgn, answer)) == REFUSED
    assert faults(answer) == [("/registratieId", "pgn-in-vrije-tekst")]


@SEPARATED
async def test_an_e_mail_address_spells_no_pgn(world: World, form: str) -> None:
    pgn = world.pupil()
    contact = by_email(pgn, written(pgn, form))
    for answer in (
        await world.send(signaal(pgn, **contact)),
        await world.report_absence(verzuimmelding(pgn, **contact)),
    ):
        assert refusal(without(pgn, answer)) == REFUSED
        assert faults(answer) == [("/contact/email", "pgn-in-vrije-tekst")]


async def test_a_number_parted_by_the_at_sign_is_found(world: World) -> None:
    pgn = world.pupil()
    digits = pgn.reveal()
    address = {"rol": "mentor", "email": f"a{digits[:5]}@{digits[5:]}.example"}
    answer = await world.send(signaal(pgn, contact=address))
    assert faults(without(pgn, answer)) == [("/contact/email", "pgn-in-vrije-tekst")]


@pytest.mark.parametrize("form", ["P_{0}{1}{2}", "P{0}_{1}_{2}", "P_{0}A{1}B{2}"])
async def test_a_criterium_spells_no_pgn(world: World, form: str) -> None:
    pgn = world.pupil()
    answer = await world.send(signaal(pgn, criterium=written(pgn, form)))
    assert faults(without(pgn, answer)) == [
        ("/criterium", "pgn-in-vrije-tekst"),
        ("/criterium", "onbekend-criterium"),
    ]


@SEPARATED
async def test_an_idempotency_key_spells_no_pgn(world: World, form: str) -> None:
    pgn = world.pupil()
    key = written(pgn, form)
    line = json.dumps(registration(pgn)).encode() + b"\n"
    for answer, pointer in (
        (await world.send(signaal(pgn), key=key), ""),
        (await world.report_absence(verzuimmelding(pgn), key=key), ""),
        (await register(world, registration(pgn), key), ""),
        (await register(world, line, key, "application/x-ndjson"), "/1"),
    ):
        assert refusal(without(pgn, answer)) == REFUSED
        assert faults(answer) == [(pointer, "pgn-in-vrije-tekst")]


async def test_one_line_of_many_is_refused_for_a_key_that_spells_its_pgn(world: World) -> None:
    named, other = world.pupil(), world.pupil()
    bodies = [registration(pgn, registratieId=f"L-{n}") for n, pgn in enumerate((named, other))]
    lines = b"\n".join(json.dumps(body).encode() for body in bodies)
    answer = await register(world, lines, written(named, "{0}.{1}.{2}"), "application/x-ndjson")
    bericht_id(without(named, answer))
    (refused,) = answer.json()["geweigerd"]
    assert refused["regel"] == 1
    assert [fault["code"] for fault in refused["fouten"]] == ["pgn-in-vrije-tekst"]


@pytest.mark.parametrize("spaced", [False, True])
async def test_where_only_ascii_is_allowed_other_digits_and_spaces_are_no_way_round(
    world: World, *, spaced: bool
) -> None:
    pgn = world.pupil()
    text = written(pgn, "{0} {1} {2}") if spaced else wide(pgn)
    for answer, pointer in (
        (await register(world, registration(pgn, registratieId=text)), "/registratieId"),
        (await world.send(signaal(pgn, criterium=text)), "/criterium"),
        (await world.send(signaal(pgn, **by_email(pgn, text))), "/contact/email"),
    ):
        assert refusal(without(pgn, answer)) == (400, "waarde-ongeldig")
        assert faults(answer) == [(pointer, "waarde-ongeldig")]
    async with world.client("las-noord") as client:
        headers = {b"idempotency-key": text.encode(), b"content-type": b"application/json"}
        body = json.dumps(signaal(pgn)).encode()
        answer = await client.post("/v1/signalen", content=body, headers=headers)
    assert refusal(without(pgn, answer)) == (400, "idempotentiesleutel-ontbreekt")


async def test_another_number_in_a_text_is_the_schools_own_business(world: World) -> None:
    pgn, other = world.pupil(), world.pupil()
    text = written(other, "{0}.{1}.{2}")
    bericht_id(await world.send(signaal(pgn, **by_email(pgn, text)), key=f"{text}-signaal"))
    bericht_id(await register(world, registration(pgn, registratieId=text), f"{text}-reg"))
