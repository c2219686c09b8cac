"""Whatever a provider says that is not its word, for us, about this sign-in, signs nobody in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from exchange.console.cookies import SESSION
from tests.integration.api.world import World
from tests.integration.console.providers import CLIENT_ID, ISSUER, Liar, provider_at
from tests.integration.console.visitors import CONSOLE_URL, Person, new_account, with_console

OTHER = RSAKey.generate_key(2048, {"kid": "1"})
CURVE = ECKey.generate_key("P-256", {"kid": "ec"})
SMALL = {"kty": "RSA", "kid": "1", "e": "AQAB", "n": "-" * 171}
"""1,026 bits, which somebody could take apart."""
SECRET = OctKey.import_key(b"het geheim van de client, dat de aanmelddienst ook kent")


@pytest.fixture(scope="module")
async def door(world: World) -> World:
    """The world with an account at the provider that lies."""
    await new_account(world, "fg", ISSUER, "persoon-1")
    return world


def liar(world: World, **lies: Any) -> Liar:  # noqa: ANN401  any field of it
    """Give a provider that tells the truth but for these."""
    return Liar(world.clock.now(), **lies)


async def attempt(
    world: World, provider: Liar, **settings: str
) -> tuple[httpx.Response, dict[str, Any], bool]:
    """Sign in; give the answer, the newest record, and whether somebody is signed in."""
    side = provider_at(ISSUER, world.clock, CONSOLE_URL, **settings)
    with provider.at_work():
        async with Person(with_console(world, side)) as person:
            left = await person.get("/console/aanmelden/begin")
            if left.status_code != 303:
                return left, {}, False
            answer = await person.get(provider.approve(left.headers["location"]))
            signed_in = SESSION in person.cookies
    return answer, (await world.log())[-1].document, signed_in


async def test_the_truth_signs_in(door: World) -> None:
    answer, record, signed_in = await attempt(door, liar(door))
    assert (answer.status_code, record["name"], signed_in) == (303, "aangemeld", True)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
async def test_each_rsa_algorithm_of_the_profile_is_understood(door: World, algorithm: str) -> None:
    *_, signed_in = await attempt(door, liar(door, header={"alg": algorithm}))
    assert signed_in


async def test_a_curve_is_understood(door: World) -> None:
    provider = liar(
        door, header={"alg": "ES256", "kid": "ec"}, key=CURVE, published=[CURVE.as_dict()]
    )
    *_, signed_in = await attempt(door, provider)
    assert signed_in


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another-issuer": ({"iss": "https://ander.example"}, "iss"),
    "an-issuer-with-a-slash": ({"iss": f"{ISSUER}/"}, "iss"),
    "no-issuer": ({"iss": None}, "iss"),
    "another-audience": ({"aud": "een-ander"}, "aud"),
    "no-audience": ({"aud": None}, "aud"),
    "two-audiences-without-party": ({"aud": [CLIENT_ID, "een-ander"]}, "azp"),
    "another-party": ({"azp": "een-ander"}, "azp"),
    "another-nonce": ({"nonce": "n" * 43}, "nonce"),
    "no-nonce": ({"nonce": None}, "nonce"),
    "no-expiry": ({"exp": None}, "exp"),
    "expiry-as-text": ({"exp": "straks"}, "exp"),
    "no-moment": ({"iat": None}, "iat"),
    "nobody": ({"sub": None}, "sub"),
    "an-empty-subject": ({"sub": ""}, "sub"),
    "an-endless-subject": ({"sub": "x" * 256}, "sub"),
    "a-number-as-subject": ({"sub": 7}, "sub"),
    "another-access-token": ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash"),
}


@pytest.mark.parametrize(("claims", "rule"), LIES.values(), ids=LIES)
async def test_a_token_that_says_something_else_is_refused(
    door: World, claims: dict[str, Any], rule: str
) -> None:
    answer, record, signed_in = await attempt(door, liar(door, claims=claims))
    assert (answer.status_code, signed_in) == (403, False)
    assert record["name"] == "aanmelding-geweigerd"
    assert record["bijzonderheden"] == {"wijze": "aanmelddienst", "reden": rule}


@pytest.mark.parametrize(
    ("shift", "rule"),
    [
        (timedelta(minutes=-7), "exp"),  # it was good for five minutes
        (timedelta(minutes=3), "iat"),  # of a moment that is still to come
    ],
)
async def test_a_token_of_another_moment_is_refused(
    door: World, shift: timedelta, rule: str
) -> None:
    provider = Liar(door.clock.now() + shift)
    answer, record, signed_in = await attempt(door, provider)
    assert (answer.status_code, signed_in) == (403, False)
    assert record["bijzonderheden"]["reden"] == rule


async def test_an_old_token_is_refused_however_long_it_is_good_for(door: World) -> None:
    then = int((door.clock.now() - timedelta(minutes=11)).timestamp())
    answer, record, _ = await attempt(door, liar(door, claims={"iat": then}))
    assert (answer.status_code, record["bijzonderheden"]["reden"]) == (403, "iat")


@pytest.mark.parametrize(
    ("lies", "rule"),
    [
        ({"key": OTHER}, "handtekening"),
        ({"header": {"alg": "none"}}, "algoritme"),
        ({"header": {"alg": "HS256"}, "key": SECRET}, "algoritme"),
        ({"header": {"alg": "RS512"}}, "algoritme"),
        ({"header": {"jwk": {"kty": "RSA"}}}, "algoritme"),
        ({"header": {"kid": "een-ander"}}, "sleutel"),
        ({"published": [SMALL]}, "sleutel"),
        ({"published": []}, "sleutel"),
        ({"header": {"alg": "ES256"}, "key": CURVE}, "sleutel"),
    ],
    ids=[
        "another-key", "unsigned", "client-secret", "unlisted", "own-key", "unknown-kid",
        "small-key", "no-keys", "other-type",
    ],
)  # fmt: skip
async def test_a_token_that_nobody_signed_is_refused(
    door: World, lies: dict[str, Any], rule: str
) -> None:
    answer, record, signed_in = await attempt(door, liar(door, **lies))
    assert (answer.status_code, signed_in) == (403, False)
    assert record["bijzonderheden"]["reden"] == rule


async def test_a_key_that_is_new_at_the_provider_is_fetched_once(door: World) -> None:
    provider = liar(door)
    side = provider_at(ISSUER, door.clock, CONSOLE_URL)
    mounted = with_console(door, side)
    with provider.at_work():
        async with Person(mounted) as person:
            left = await person.get("/console/aanmelden/begin")
            provider.own = RSAKey.generate_key(2048, {"kid": "2"})
            provider.header = {"kid": "2"}
            answer = await person.get(provider.approve(left.headers["location"]))
    assert answer.status_code == 303
    assert sum(request.url.path == "/sleutels" for request in provider.asked) == 2


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://ander.example"},
        {"issuer": None},
        {"token_endpoint": "http://aanmelden.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_a_provider_that_describes_itself_wrongly_is_not_used(
    door: World, metadata: dict[str, Any]
) -> None:
    answer, _, signed_in = await attempt(door, liar(door, metadata=metadata))
    assert (answer.status_code, signed_in) == (503, False)
    assert "nu niet beschikbaar" in answer.text


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, b"{}", 503),
        (200, b"geen json", 503),
        (200, b"[]", 503),
        (200, b"{}", 403),
        (200, b'{"id_token": 7}', 403),
        (200, b'{"id_token": "a.b.c"}', 403),
        (200, b'{"id_token": "' + b"x" * 300_000 + b'"}', 503),
        (302, b"", 503),
    ],
)
async def test_an_answer_that_is_no_token_signs_nobody_in(
    door: World, status: int, body: bytes, expected: int
) -> None:
    answer, _, signed_in = await attempt(door, liar(door, status=status, answer=body))
    assert (answer.status_code, signed_in) == (expected, False)


async def test_without_a_provider_that_answers_the_page_says_what_to_do(door: World) -> None:
    side = provider_at("http://127.0.0.1:9", door.clock, CONSOLE_URL)
    async with Person(with_console(door, side)) as person:
        assert (await person.get("/console/aanmelden")).status_code == 200
        answer = await person.get("/console/aanmelden/begin")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "Probeer het over een minuut opnieuw" in answer.text


async def test_a_required_strength_is_asked_for_and_must_be_told(door: World) -> None:
    strength = "urn:etoegang:core:assurance-class:loa3"
    answer, record, _ = await attempt(door, liar(door), acr=strength)
    assert (answer.status_code, record["bijzonderheden"]["reden"]) == (403, "acr")
    *_, signed_in = await attempt(door, liar(door, claims={"acr": strength}), acr=strength)
    assert signed_in


async def test_nothing_of_a_refused_token_is_shown(door: World) -> None:
    answer, record, _ = await attempt(door, liar(door, subject="persoon-9", key=OTHER))
    assert "persoon-9" not in answer.text + str(record)
