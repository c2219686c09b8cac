"""The ontvangstbewijs: what a school can prove with it, and what stands on it today."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from exchange.policy.parties import RECIPIENT_ROLES
from tests.integration.api.world import (
    OINS,
    World,
    bericht_id,
    but_for_instance,
    faults,
    refusal,
    signaal,
)

OFFICER = "leerplicht-0361"
MEMBERS = {
    "berichtId", "ontvangenOp", "soort", "stromen", "logboek", "zout", "inhoudshash",
    "handtekening",
}  # fmt: skip
LISTS = ("doorgegeven", "gegeneraliseerd", "afgeleid", "route")


def unb64(text: str) -> bytes:
    """Read base64url without padding, as a school's own kit would."""
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(receipt: dict[str, Any], jwks: dict[str, Any]) -> None:
    """Check a receipt with nothing of ours: RFC 7515 appendix F, RFC 7518, RFC 8785."""
    header, _, signature = receipt["handtekening"].split(".")
    protected = json.loads(unb64(header))
    assert protected["alg"] == "ES256"
    (jwk,) = [key for key in jwks["keys"] if key["kid"] == protected["kid"]]
    assert jwk.keys().isdisjoint({"d", "k"})
    unsigned = {name: value for name, value in receipt.items() if name != "handtekening"}
    payload = base64.urlsafe_b64encode(rfc8785.dumps(unsigned)).rstrip(b"=")
    x, y = (int.from_bytes(unb64(jwk[part])) for part in ("x", "y"))
    raw = unb64(signature)
    ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(
        utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:])),
        header.encode() + b"." + payload,
        ec.ECDSA(SHA256()),
    )


async def published_keys(world: World) -> dict[str, Any]:
    """Give the JWKS as anybody can read it."""
    answer = await world.call(None, "GET", "/v1/sleutels")
    keys: dict[str, Any] = answer.json()
    return keys


async def test_a_receipt_has_the_members_of_the_contract_and_no_others(world: World) -> None:
    answer = await world.send(signaal(world.pupil()))
    receipt = answer.json()
    assert set(receipt) == MEMBERS
    assert receipt["soort"] == "signaal"
    assert receipt["ontvangenOp"] == "2026-11-18T10:00:00.000Z"
    assert set(receipt["logboek"]) == {"entry", "bladhash"}
    assert answer.headers["content-type"] == "application/json"
    for line in receipt["stromen"]:
        assert set(line) == {"rol", "ontvanger", "status", *LISTS, "ingehouden", "beleid"}
        assert line["beleid"] == "2025-08-01"


async def test_a_receipt_has_exactly_the_four_roles_with_their_holders(world: World) -> None:
    receipt = await world.receipt(await world.sent())
    assert [(line["rol"], line["ontvanger"]) for line in receipt["stromen"]] == [
        ("leerplicht", OINS["leerplicht-0361"].reveal()),
        ("college", OINS["college-0361"].reveal()),
        ("swv", OINS["swv-VO2703"].reveal()),
        ("ocw", OINS["ocw"].reveal()),
    ]
    assert [role.value for role in RECIPIENT_ROLES] == [line["rol"] for line in receipt["stromen"]]


async def test_a_role_that_only_counts_may_have_nobody_connected_yet(world: World) -> None:
    receipt = await world.receipt(await world.sent(vestigingscode="99AA00"))
    swv = receipt["stromen"][2]
    assert (swv["rol"], swv["ontvanger"], swv["status"]) == ("swv", None, "opgenomen")


def accounted(line: dict[str, Any]) -> list[str]:
    """Give every member that a stream accounts for, as often as it does."""
    return [
        *(member for name in LISTS for member in line[name]),
        *(withheld["veld"] for withheld in line["ingehouden"]),
    ]


@pytest.mark.parametrize("extra", [(), ("categorie",), ("vervangt",), ("categorie", "vervangt")])
async def test_every_member_that_was_sent_is_accounted_for_once_to_each_role(
    world: World, extra: tuple[str, ...]
) -> None:
    optional = {"categorie": "ongeoorloofd", "vervangt": await world.sent()}
    body = signaal(world.pupil(), **{name: optional[name] for name in extra})
    receipt = (await world.send(body)).json()
    for line in receipt["stromen"]:
        assert sorted(accounted(line)) == sorted(body)
        assert all(withheld["grond"] for withheld in line["ingehouden"])


async def test_an_intrekking_accounts_for_its_members_too(world: World) -> None:
    receipt = (await world.withdraw(await world.sent())).json()
    for line in receipt["stromen"]:
        assert sorted(accounted(line)) == ["betreft", "reden"]


async def test_what_is_listed_as_passed_on_is_what_the_recipient_reads(world: World) -> None:
    answer = await world.send(signaal(world.pupil(), categorie="ongeoorloofd"))
    content = await world.collect(OFFICER, bericht_id(answer))
    passed = set(answer.json()["stromen"][0]["doorgegeven"])
    assert content.keys() - passed == {"berichtId", "soort", "zaakreferentie"}
    assert passed - content.keys() == set()


async def test_only_leerplicht_gets_anything_passed_on(world: World) -> None:
    receipt = await world.receipt(await world.sent())
    for line in receipt["stromen"][1:]:
        assert (line["doorgegeven"], line["route"], line["status"]) == ([], [], "opgenomen")
        assert "pgn" in {withheld["veld"] for withheld in line["ingehouden"]}


# --- proof ---


async def test_anybody_can_verify_a_receipt_and_no_byte_of_it_can_change(world: World) -> None:
    keys = await published_keys(world)
    first = (await world.send(signaal(world.pupil()))).json()
    today = await world.receipt(first["berichtId"])
    for receipt in (first, today):
        verify(receipt, keys)
        for tampered in _tampered(receipt):
            with pytest.raises(InvalidSignature):
                verify(tampered, keys)


def _tampered(receipt: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in receipt.items():
        if name == "handtekening":
            header, _, signature = value.split(".")
            flipped = "B" if signature[0] == "A" else "A"
            yield {**receipt, name: f"{header}..{flipped}{signature[1:]}"}
        elif name == "stromen":
            yield {**receipt, name: value[1:]}
            yield {**receipt, name: [{**value[0], "status": "bevestigd"}, *value[1:]]}
            yield {**receipt, name: [{**value[0], "ontvanger": None}, *value[1:]]}
        elif name == "logboek":
            yield {**receipt, name: {**value, "entry": str(uuid4())}}
        else:
            yield {**receipt, name: value + "x"}
            yield {k: v for k, v in receipt.items() if k != name}
    yield {**receipt, "extra": 1}


async def test_the_school_can_prove_what_it_sent(world: World) -> None:
    body = json.dumps(signaal(world.pupil()), indent=3).encode()
    receipt = (await world.send(body)).json()
    expected = hashlib.sha256(unb64(receipt["zout"]) + body).digest()
    assert unb64(receipt["inhoudshash"]) == expected
    assert len(unb64(receipt["zout"])) == 16
    again = await world.receipt(receipt["berichtId"])
    assert (again["zout"], again["inhoudshash"]) == (receipt["zout"], receipt["inhoudshash"])
    other = (await world.send(signaal(world.pupil()))).json()
    assert other["zout"] != receipt["zout"]


async def test_the_receipt_names_the_leaf_of_its_own_log_record(world: World) -> None:
    body = signaal(world.pupil(), categorie="ongeoorloofd")
    receipt = (await world.send(body)).json()
    lines = {line.entry: line for line in await world.log()}
    line = lines[UUID(receipt["logboek"]["entry"])]
    assert line.bericht_id == UUID(receipt["berichtId"])
    assert hashlib.sha256(b"\x00" + line.leaf).digest() == line.leaf_hash
    assert unb64(receipt["logboek"]["bladhash"]) == line.leaf_hash


async def test_the_leaf_holds_no_value_of_the_body(world: World) -> None:
    body = signaal(
        world.pupil(),
        categorie="ongeoorloofd",
        ongeoorloofdeMinuten=917,
        contact={"rol": "directie", "email": "blad@school.example"},
        actiesSchool=["HUISBEZOEK"],
    )
    receipt = (await world.send(body)).json()
    lines = {line.entry: line for line in await world.log()}
    line = lines[UUID(receipt["logboek"]["entry"])]
    values = set(_scalars(body)) - {"99BB00"}  # a vestigingscode is public
    assert values.isdisjoint(_scalars(line.document))
    for value in values - {"ongeoorloofd"}:  # begins the name of a member
        if len(str(value)) > 5:  # a shorter one may turn up in any hash
            assert str(value) not in line.leaf.decode()


def _scalars(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for child in value.values():
            yield from _scalars(child)
    elif isinstance(value, list):
        for child in value:
            yield from _scalars(child)
    else:
        yield value


async def test_the_leaf_says_by_name_what_became_of_each_member(world: World) -> None:
    receipt = (await world.send(signaal(world.pupil()))).json()
    lines = {line.entry: line for line in await world.log()}
    document = lines[UUID(receipt["logboek"]["entry"])].document
    assert document["bijzonderheden"]["stromen"] == receipt["stromen"]
    assert document["beleid"] == "2025-08-01"


# --- today ---


async def test_a_receipt_read_again_is_signed_anew_with_todays_status(world: World) -> None:
    first = (await world.send(signaal(world.pupil()))).json()
    number = first["berichtId"]
    steps = [("wachtend", None), ("afgeleverd", world.download), ("bevestigd", world.collect)]
    for hours, (status, step) in enumerate(steps, start=1):
        if step is not None:
            await step(OFFICER, number)
        with world.at(world.clock.moment + timedelta(hours=hours)):
            today = await world.receipt(number)
        assert today["peildatum"] == f"2026-11-18T{10 + hours}:00:00.000Z"
        assert today["stromen"][0]["status"] == status
        assert today["ontvangenOp"] == first["ontvangenOp"]
        changed = {k for k in today if today[k] != first.get(k)}
        assert changed - {"stromen"} == {"peildatum", "handtekening"}
        verify(today, await published_keys(world))


async def test_reading_todays_receipt_changes_no_stored_one(world: World) -> None:
    number = await world.sent()
    query = "SELECT receipt FROM messages WHERE bericht_id = $1"
    before = await world.rows(query, UUID(number))
    await world.download(OFFICER, number)
    await world.receipt(number)
    assert await world.rows(query, UUID(number)) == before


async def test_a_stored_receipt_is_sealed(world: World) -> None:
    receipt = (await world.send(signaal(world.pupil()))).json()
    number = UUID(receipt["berichtId"])
    (row,) = await world.rows("SELECT receipt FROM messages WHERE bericht_id = $1", number)
    assert receipt["zout"].encode() not in row["receipt"]
    assert unb64(receipt["zout"]) not in row["receipt"]
    everything = json.dumps(await world.everything())
    assert receipt["inhoudshash"] not in everything
    assert unb64(receipt["inhoudshash"]).hex() not in everything


# --- lists ---


async def _listed(world: World, query: str, sender: str = "las-noord") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path = f"/v1/ontvangstbewijzen?{query}"
    while path:
        answer = await world.call(sender, "GET", path)
        assert answer.status_code == 200, answer.text
        page = answer.json()["ontvangstbewijzen"]
        shown = {receipt["berichtId"] for receipt in found}
        assert shown.isdisjoint(receipt["berichtId"] for receipt in page), "shown twice"
        found += page
        path = answer.json()["_links"].get("next", {}).get("href")
    return found


async def test_receipts_are_listed_by_vestiging_and_by_the_month_in_which_they_count(
    world: World,
) -> None:
    october = {"van": "2026-10-05", "tot": "2026-10-30"}
    november = {"van": "2026-10-30", "tot": "2026-11-01"}
    sent = {
        "2026-10": [await world.sent(vestigingscode="99BB01", venster=october) for _ in range(3)],
        "2026-11": [await world.sent(vestigingscode="99BB01", venster=november) for _ in range(2)],
    }
    elsewhere = await world.sent(venster=october)
    for periode, numbers in sent.items():
        for limit in (1, 2, 500):
            query = f"vestigingscode=99BB01&periode={periode}&limit={limit}"
            assert [r["berichtId"] for r in await _listed(world, query)] == numbers
    everything = await _listed(world, "vestigingscode=99BB01&limit=2")
    assert [r["berichtId"] for r in everything] == [*sent["2026-10"], *sent["2026-11"]]
    assert elsewhere not in {r["berichtId"] for r in everything}
    assert await _listed(world, "vestigingscode=99BB01&periode=2026-09") == []
    keys = await published_keys(world)
    for receipt in everything:
        assert receipt["peildatum"] == "2026-11-18T10:00:00.000Z"
        verify(receipt, keys)


async def test_an_intrekking_is_listed_in_the_month_of_what_it_withdraws(world: World) -> None:
    october = {"van": "2026-10-05", "tot": "2026-10-30"}
    number = await world.sent("las-zuid", vestigingscode="99CC00", venster=october)
    withdrawn = bericht_id(await world.withdraw(number, "las-zuid"))
    listed = await _listed(world, "vestigingscode=99CC00&periode=2026-10", "las-zuid")
    assert [(r["berichtId"], r["soort"]) for r in listed] == [
        (number, "signaal"),
        (withdrawn, "intrekking"),
    ]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("", "/vestigingscode", "verplicht-veld"),
        ("vestigingscode=99bb00", "/vestigingscode", "vestigingscode-ongeldig"),
        ("vestigingscode=99BB00&periode=2026-13", "/periode", "waarde-ongeldig"),
        ("vestigingscode=99BB00&periode=2026-9", "/periode", "waarde-ongeldig"),
        ("vestigingscode=99BB00&periode=", "/periode", "waarde-ongeldig"),
        ("vestigingscode=99BB00&limit=0", "/limit", "waarde-ongeldig"),
        ("vestigingscode=99BB00&limit=501", "/limit", "waarde-ongeldig"),
        ("vestigingscode=99BB00&cursor=abc", "/cursor", "waarde-ongeldig"),
    ],
)
async def test_a_wrong_question_is_named(world: World, query: str, pointer: str, code: str) -> None:
    answer = await world.call("las-noord", "GET", f"/v1/ontvangstbewijzen?{query}")
    assert refusal(answer) == (400, code)
    assert faults(answer) == [(pointer, code)]


@pytest.mark.parametrize(
    ("vestiging", "code"), [("99CC00", "geen-mandaat"), ("98ZZ00", "onbekende-vestiging")]
)
async def test_nobody_lists_another_schools_receipts(
    world: World, vestiging: str, code: str
) -> None:
    path = f"/v1/ontvangstbewijzen?vestigingscode={vestiging}"
    assert refusal(await world.call("las-noord", "GET", path)) == (403, code)


# --- whose ---


async def test_another_suppliers_receipt_cannot_be_told_from_none(world: World) -> None:
    number = await world.sent()
    before = await world.everything()
    foreign = await world.call("las-zuid", "GET", f"/v1/ontvangstbewijzen/{number}")
    unknown = await world.call("las-zuid", "GET", f"/v1/ontvangstbewijzen/{uuid4()}")
    assert but_for_instance(foreign) == but_for_instance(unknown)
    assert refusal(foreign) == (404, "niet-gevonden")
    assert await world.everything() == before


async def test_the_school_itself_reads_what_its_supplier_sent(world: World) -> None:
    number = await world.sent("las-noord", vestigingscode="99AA00")
    assert (await world.receipt(number, "school-99AA"))["berichtId"] == number
    listed = await _listed(world, "vestigingscode=99AA00", "school-99AA")
    assert number in {receipt["berichtId"] for receipt in listed}


async def test_reading_follows_todays_mandate_and_not_who_sent(world: World) -> None:
    body, key = signaal(world.pupil(), vestigingscode="99BB01"), world.key()
    number = bericht_id(await world.send(body, key=key))
    await world.download(OFFICER, number)
    await world.answer(OFFICER, number, uitkomst="geweigerd", reden="ONJUIST_BERICHT")
    receipt = f"/v1/ontvangstbewijzen/{number}"
    lists = [
        f"/v1/{name}?vestigingscode=99BB01" for name in ("ontvangstbewijzen", "terugmeldingen")
    ]

    await world.end_mandate("las-noord", "99BB01")
    await world.mandate("las-zuid", "99BB01")
    assert refusal(await world.call("las-noord", "GET", receipt)) == (404, "niet-gevonden")
    for path in lists:
        assert refusal(await world.call("las-noord", "GET", path)) == (403, "geen-mandaat")
    assert refusal(await world.withdraw(number)) == (404, "niet-gevonden")
    assert refusal(await world.send(body, key=key)) == (403, "geen-mandaat")

    assert (await world.receipt(number, "las-zuid"))["berichtId"] == number
    for path in lists:
        assert number in (await world.call("las-zuid", "GET", path)).text
    bericht_id(await world.withdraw(number, "las-zuid"))

    await world.end_mandate("las-zuid", "99BB01")
    await world.mandate("las-noord", "99BB01")
    assert (await world.receipt(number))["stromen"][0]["status"] == "ingetrokken"
