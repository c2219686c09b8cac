"""Recipients' keys, revocation, and the days on which a mandate holds."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from fastapi.routing import APIRoute
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from exchange.api.v1 import ROUTERS
from exchange.crypto.opening import SealBroken, open_message
from exchange.crypto.sealing_keys import RecipientPrivateKey
from exchange.policy.parties import Dienst, Role
from exchange.storage import directory
from tests.integration.api.world import (
    MANDATES,
    NOW,
    OINS,
    PARTIES,
    World,
    bericht_id,
    faults,
    refusal,
    signaal,
)

OFFICER = "leerplicht-0361"
TODAY = NOW.date()
DAY = timedelta(days=1)


@cache
def ec(curve: str = "P-256") -> dict[str, str]:
    """Give a private EC JWK."""
    return {k: str(v) for k, v in ECKey.generate_key(curve).as_dict(private=True).items()}


@cache
def rsa(bits: int) -> dict[str, str]:
    """Give a private RSA JWK."""
    return {k: str(v) for k, v in RSAKey.generate_key(bits).as_dict(private=True).items()}


def public(jwk: dict[str, str]) -> dict[str, str]:
    """Give the public half."""
    return {k: v for k, v in jwk.items() if k in {"kty", "crv", "x", "y", "n", "e"}}


def private(jwk: dict[str, str]) -> RecipientPrivateKey:
    """Give the key that opens."""
    return RecipientPrivateKey.parse(json.dumps(jwk))


async def register(world: World, name: str, jwk: object) -> Any:  # noqa: ANN401  an answer
    """Register a key as its owner."""
    return await world.call(name, "PUT", "/v1/sleutel", jwk)


@pytest.fixture
async def restored(world: World) -> Any:  # noqa: ANN401  a fixture without a value
    """Give the officer its first key back afterwards."""
    yield
    await register(world, OFFICER, dict(world.private_keys[OFFICER].public_jwk))


@pytest.fixture
async def reconnected(world: World) -> Any:  # noqa: ANN401  a fixture without a value
    """Give everybody the roles and mandates of the beginning back afterwards."""
    yield
    async with world.operating() as conn:
        for name, grants in PARTIES.items():
            await directory.add_party(conn, OINS[name], name, None, NOW)
            for grant in grants:
                await directory.grant(conn, OINS[name], grant.role, grant.remit)
    for supplier, principal, dienst in MANDATES:
        await world.mandate(supplier, principal, dienst=dienst)


def opened(world: World, token: str, *keys: RecipientPrivateKey) -> dict[str, object]:
    """Open a message as the officer, with the given keys only."""
    return dict(
        open_message(token, OINS[OFFICER], keys, list(world.gateway.keys.public_keys())).content
    )


# --- keys ---


@pytest.mark.parametrize("kind", ["EC P-256", "RSA 3072"])
async def test_new_messages_are_sealed_to_the_new_key_and_old_ones_stay_readable(
    world: World, restored: None, kind: str
) -> None:
    new = ec() if kind == "EC P-256" else rsa(3072)
    before = await world.sent()
    answer = await register(world, OFFICER, public(new))
    assert (answer.status_code, answer.json()) == (
        201,
        {"kid": private(new).kid, "status": "actief"},
    )
    after = await world.sent()

    old_token, new_token = (
        await world.download(OFFICER, before),
        await world.download(OFFICER, after),
    )
    old_key, new_key = world.private_keys[OFFICER], private(new)
    assert opened(world, old_token, old_key)["berichtId"] == before
    assert opened(world, new_token, new_key)["berichtId"] == after
    for token, wrong in ((old_token, new_key), (new_token, old_key)):
        with pytest.raises(SealBroken):
            opened(world, token, wrong)


async def test_the_same_key_again_changes_nothing(world: World) -> None:
    jwk = dict(world.private_keys[OFFICER].public_jwk)
    before = await world.rows("SELECT * FROM recipient_keys ORDER BY oin, kid")
    answer = await register(world, OFFICER, jwk)
    assert (answer.status_code, answer.json()["status"]) == (201, "actief")
    assert await world.rows("SELECT * FROM recipient_keys ORDER BY oin, kid") == before


async def test_a_key_comes_back_when_it_is_registered_again(world: World, restored: None) -> None:
    await register(world, OFFICER, public(ec()))
    await register(world, OFFICER, dict(world.private_keys[OFFICER].public_jwk))
    number = await world.sent()
    assert (await world.collect(OFFICER, number))["berichtId"] == number


@pytest.mark.parametrize("name", ["college-0361", "swv-VO2703", "ocw"])
async def test_every_recipient_may_register_a_key(world: World, name: str) -> None:
    assert (await register(world, name, public(ec()))).status_code == 201


@pytest.mark.parametrize("name", ["las-noord", "school-99AA", "fg"])
async def test_nobody_else_may(world: World, name: str) -> None:
    assert refusal(await register(world, name, public(ec()))) == (403, "geen-recht")


async def test_a_software_house_registers_for_the_recipient_that_it_names(
    world: World, restored: None
) -> None:
    jwk = public(ec())
    assert refusal(await register(world, "softwarehuis", jwk)) == (403, "geen-mandaat")
    path = f"/v1/sleutel?namens={OINS[OFFICER]}"
    answer = await world.call("softwarehuis", "PUT", path, jwk)
    assert answer.status_code == 201
    token = await world.download(OFFICER, await world.sent())
    assert opened(world, token, private(ec()))


def _refused() -> Iterator[Any]:
    good, strong = public(ec()), public(rsa(3072))
    okp = OKPKey.generate_key("Ed25519").as_dict(private=False)
    cases: dict[str, tuple[dict[str, Any], list[str]]] = {
        "private EC": (ec(), ["/d"]),
        "private RSA": (rsa(3072), ["/d", "/dp", "/dq", "/p", "/q", "/qi"]),
        "P-384": (public(ec("P-384")), ["/x"]),
        "RSA 2048": (public(rsa(2048)), ["/n"]),
        "oct": (dict(OctKey.generate_key(256).as_dict()), ["/k", "/kty"]),
        "OKP": (dict(okp), ["/kty"]),
        "no kty": ({k: v for k, v in good.items() if k != "kty"}, ["/kty"]),
        "kty in lower case": ({**good, "kty": "ec"}, ["/kty"]),
        "empty": ({}, ["/kty"]),
        "without a coordinate": ({k: v for k, v in good.items() if k != "y"}, ["/y"]),
        "off the curve": ({**good, "y": good["x"]}, ["/x"]),
        "coordinate as a number": ({**good, "x": 1}, ["/x"]),
        "for signatures": ({**good, "use": "sig"}, ["/use"]),
        "for another algorithm": ({**good, "alg": "ES256"}, ["/alg"]),
        "for other operations": ({**good, "key_ops": ["sign"]}, ["/key_ops"]),
        "RSA even modulus": (
            {**strong, "n": base64.urlsafe_b64encode(b"\xff" * 383 + b"\xfe").decode().rstrip("=")},
            ["/n"],
        ),
        "RSA exponent 3": ({**strong, "e": "Aw"}, ["/e"]),
    }
    for name, (jwk, pointers) in cases.items():
        yield pytest.param(jwk, pointers, id=name)


@pytest.mark.parametrize(("jwk", "pointers"), list(_refused()))
async def test_an_unfit_key_is_refused_by_member_and_never_echoed(
    world: World, jwk: dict[str, Any], pointers: list[str]
) -> None:
    before = await world.everything()
    answer = await register(world, OFFICER, jwk)
    assert refusal(answer) == (400, "sleutel-ongeldig")
    assert faults(answer) == [(pointer, "sleutel-ongeldig") for pointer in pointers]
    for value in jwk.values():
        if isinstance(value, str) and len(value) > 8:
            assert value not in answer.text
    assert await world.everything() == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b'{"kty":"EC","kty":"EC"}'])
async def test_what_is_no_json_object_is_no_key(world: World, body: bytes) -> None:
    answer = await register(world, OFFICER, body or b" ")
    assert refusal(answer) == (400, "ongeldige-json")


async def test_an_unknown_member_of_a_key_is_named(world: World) -> None:
    answer = await register(world, OFFICER, {**public(ec()), "naam": "x", "Wachtwoord!": "y"})
    assert faults(answer) == [("", "onbekend-veld"), ("/naam", "onbekend-veld")]
    assert "Wachtwoord" not in answer.text


async def test_without_a_key_a_recipient_is_not_connected(world: World) -> None:
    answer = await world.send(signaal(world.pupil(), woongemeente="0772"))
    assert refusal(answer) == (409, "ontvanger-niet-aangesloten")
    assert (await register(world, "leerplicht-0772", public(ec()))).status_code == 201
    number = await world.sent(woongemeente="0772")
    token = await world.download("leerplicht-0772", number)
    jwks = list(world.gateway.keys.public_keys())
    content = open_message(token, OINS["leerplicht-0772"], [private(ec())], jwks).content
    assert content["berichtId"] == number


# --- revocation ---


async def test_a_revoked_party_is_a_stranger_and_comes_back_without_its_rights(
    world: World, reconnected: None
) -> None:
    number = await world.sent()
    async with world.operating() as conn:
        assert await directory.revoke_party(conn, OINS["las-noord"], NOW)
    for answer in (
        await world.send(signaal(world.pupil())),
        await world.call("las-noord", "GET", f"/v1/ontvangstbewijzen/{number}"),
        await world.call("las-noord", "GET", "/v1/terugmeldingen?vestigingscode=99BB00"),
    ):
        assert refusal(answer) == (401, "niet-aangemeld")

    async with world.operating() as conn:
        await directory.add_party(conn, OINS["las-noord"], "las-noord", None, NOW)
    assert refusal(await world.send(signaal(world.pupil()))) == (403, "geen-recht")
    async with world.operating() as conn:
        await directory.grant(conn, OINS["las-noord"], Role.LEVERANCIER)
    assert refusal(await world.send(signaal(world.pupil()))) == (403, "geen-mandaat")
    for code in ("99AA00", "99BB00", "99BB01"):
        await world.mandate("las-noord", code)
    assert (await world.receipt(number))["berichtId"] == number


async def test_a_revoked_recipient_collects_nothing_and_gets_nothing(
    world: World, reconnected: None
) -> None:
    await register(world, "leerplicht-0772", public(ec()))
    number = await world.sent(woongemeente="0772")
    async with world.operating() as conn:
        assert await directory.revoke_party(conn, OINS["leerplicht-0772"], NOW)
    got = await world.call("leerplicht-0772", "GET", f"/v1/berichten/{number}")
    assert refusal(got) == (401, "niet-aangemeld")
    answer = await world.send(signaal(world.pupil(), woongemeente="0772"))
    assert refusal(answer) == (409, "ontvanger-niet-aangesloten")


async def test_a_revocation_counts_from_the_moment_the_directory_is_read_again(
    world: World, reconnected: None
) -> None:
    await world.refresh()
    async with (
        world.database.login("exchange_operator") as operator,
        operator.transaction() as conn,
    ):
        await directory.revoke_party(conn, OINS["swv-VO2703"], NOW)
    jwk = public(ec())
    assert (await register(world, "swv-VO2703", jwk)).status_code == 201
    # registering a key reads the directory again, as the gateway itself does at every notice
    assert refusal(await register(world, "swv-VO2703", jwk)) == (401, "niet-aangemeld")


PUBLIC = {
    ("GET", "/openapi.json"),
    ("GET", "/sleutels"),
    ("GET", "/codelijsten"),
    ("GET", "/noodzaak"),
    ("GET", "/logboek/checkpoint"),
    ("GET", "/logboek/consistentie"),
    ("GET", "/logboek/tile/{niveau}/{tegel}"),
    ("POST", "/logboek/cosignatures"),
    ("GET", "/verwerkingsactiviteiten"),
    ("GET", "/verwerkingsactiviteiten/{activiteit}/{versie}"),
}


def _routes() -> Iterator[Any]:
    place = {
        "berichtId": "0190a5d0-ac96-774b-bcce-b302099a8057",
        "vestigingscode": "99BB00",
        "schooljaar": "2026-2027",
        "periode": "2026-10",
        "nummer": "1",
        "entry": "0190a5d0-ac96-774b-bcce-b302099a8057",
    }
    for route in (route for router in ROUTERS for route in router.routes):
        assert isinstance(route, APIRoute)
        for method in route.methods or set():
            if (method, route.path_format) not in PUBLIC:
                yield pytest.param(method, f"/v1{route.path_format.format(**place)}")


@pytest.mark.parametrize("name", [None, "niemand"])
@pytest.mark.parametrize(("method", "path"), list(_routes()))
async def test_who_shows_no_known_certificate_is_not_signed_in(
    world: World, name: str | None, method: str, path: str
) -> None:
    body: dict[str, str] | None = None if method == "GET" else {}
    for query in ("", "?vestigingscode=99BB00", "?valideer=true"):
        answer = await world.call(name, method, path + query, body, idempotency_key=world.key())
        assert refusal(answer) == (401, "niet-aangemeld")


# --- mandates ---


@pytest.mark.parametrize(
    ("van", "tot", "allowed"),
    [
        (TODAY, TODAY, True),
        (TODAY - DAY, TODAY, True),
        (TODAY, None, True),
        (TODAY + DAY, None, False),
        (TODAY - 9 * DAY, TODAY - DAY, False),
    ],
)
async def test_the_days_on_which_a_supplier_may_act_are_inclusive(
    world: World, van: date, tot: date | None, allowed: bool
) -> None:
    await world.end_mandate("las-zuid", "99BB01")
    await world.mandate("las-zuid", "99BB01", van=van, tot=tot)
    answer = await world.send(signaal(world.pupil(), vestigingscode="99BB01"), "las-zuid")
    listed = await world.call("las-zuid", "GET", "/v1/ontvangstbewijzen?vestigingscode=99BB01")
    policy = await world.call("las-zuid", "GET", "/v1/vestigingen/99BB01/verzuimbeleid")
    if allowed:
        bericht_id(answer)
        assert listed.status_code == policy.status_code == 200
    else:
        for refused in (answer, listed, policy):
            assert refusal(refused) == (403, "geen-mandaat")


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (datetime(2026, 11, 17, 22, 59, 59, tzinfo=UTC), False),  # 23:59:59 in Amsterdam
        (datetime(2026, 11, 17, 23, 0, tzinfo=UTC), True),  # midnight in Amsterdam
        (datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 18, 23, 0, tzinfo=UTC), False),
    ],
)
async def test_a_mandates_day_is_a_day_in_amsterdam(
    world: World, moment: datetime, allowed: bool
) -> None:
    await world.end_mandate("las-zuid", "99BB01")
    await world.mandate("las-zuid", "99BB01", van=TODAY, tot=TODAY)
    with world.at(moment):
        answer = await world.send(signaal(world.pupil(), vestigingscode="99BB01"), "las-zuid")
    assert answer.status_code == (202 if allowed else 403), answer.text


@pytest.mark.parametrize(
    ("betreft", "allowed"),
    [(date(2026, 11, 12), True), (date(2026, 11, 13), True), (date(2026, 11, 14), False)],
)
async def test_a_mandate_concerns_event_days_from_its_first_on(
    world: World, betreft: date, allowed: bool
) -> None:
    await world.end_mandate("las-zuid", "99BB01")
    await world.mandate("las-zuid", "99BB01", betreft=betreft)
    body = signaal(world.pupil(), vestigingscode="99BB01")  # its venster ends on 13 November
    answer = await world.send(body, "las-zuid")
    if allowed:
        bericht_id(answer)
    else:
        assert refusal(answer) == (403, "geen-mandaat")


async def test_without_a_mandate_only_the_faults_of_form_are_told(world: World) -> None:
    body = signaal(world.pupil(), vestigingscode="99CC00", criterium="NIET_IN_BELEID", x=1)
    assert faults(await world.send(body)) == [("/x", "onbekend-veld")]
    del body["x"]
    assert refusal(await world.send(body)) == (403, "geen-mandaat")


async def test_a_mandate_to_collect_is_none_to_submit_and_the_reverse(world: World) -> None:
    await world.mandate("softwarehuis", "99BB01", dienst=Dienst.ONTVANGEN)
    body = signaal(world.pupil(), vestigingscode="99BB01")
    assert refusal(await world.send(body, "softwarehuis")) == (403, "geen-mandaat")
    await world.mandate("las-noord", OINS[OFFICER].reveal(), dienst=Dienst.AANLEVEREN)
    answer = await world.call("las-noord", "GET", f"/v1/berichten?namens={OINS[OFFICER]}")
    assert refusal(answer) == (403, "geen-recht")


async def test_a_school_call_may_name_whom_it_is_for_and_a_wrong_name_does_not_pass(
    world: World,
) -> None:
    number = await world.sent(vestigingscode="99AA00")
    path = f"/v1/ontvangstbewijzen/{number}?namens="
    for whom in ("school-99AA", "las-noord"):
        answer = await world.call("las-noord", "GET", f"{path}{OINS[whom]}")
        assert answer.status_code == 200, whom
    for whom in (OFFICER, "las-zuid", "fg"):
        answer = await world.call("las-noord", "GET", f"{path}{OINS[whom]}")
        assert refusal(answer) == (403, "geen-mandaat")
        body = signaal(world.pupil(), vestigingscode="99AA00")
        route = f"/v1/signalen?namens={OINS[whom]}"
        sent = await world.call("las-noord", "POST", route, body, idempotency_key=world.key())
        assert refusal(sent) == (403, "geen-mandaat")
    assert refusal(await world.call("las-noord", "GET", f"{path}x")) == (400, "waarde-ongeldig")


async def test_a_mandate_to_collect_ends_too(world: World, reconnected: None) -> None:
    principal = OINS["leerplicht-0599"].reveal()
    path = f"/v1/berichten?namens={principal}"
    await world.end_mandate("softwarehuis", principal, Dienst.ONTVANGEN)
    for van, tot, allowed in (
        (TODAY, TODAY, True),
        (TODAY - 3 * DAY, TODAY - DAY, False),
        (TODAY + DAY, None, False),
    ):
        await world.mandate("softwarehuis", principal, van=van, tot=tot, dienst=Dienst.ONTVANGEN)
        answer = await world.call("softwarehuis", "GET", path)
        assert answer.status_code == (200 if allowed else 403)
        await world.end_mandate("softwarehuis", principal, Dienst.ONTVANGEN)
    # with one principal left there is nothing to choose
    assert (await world.call("softwarehuis", "GET", "/v1/berichten")).status_code == 200
