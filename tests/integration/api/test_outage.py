"""What cannot be logged does not happen; without keys nothing opens; and then all is as before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from exchange.errors import Code, Unavailable
from exchange.ports import KeyProvider, SymmetricKey
from tests.integration.api.world import BELEID, World, bericht_id, refusal, signaal, verzuimmelding

OFFICER = "leerplicht-0361"


@asynccontextmanager
async def without_log(world: World, table: str = "log_records") -> AsyncIterator[None]:
    """Take the right to write the log from the gateway for a while."""
    await world.execute(f"REVOKE INSERT ON {table} FROM verzuim_api")
    try:
        yield
    finally:
        await world.execute(f"GRANT INSERT ON {table} TO verzuim_api")


Act = Callable[[World, str], Awaitable[httpx.Response]]


async def _new(world: World) -> str:
    return await world.sent()


async def _fetched(world: World) -> str:
    number = await world.sent()
    await world.download(OFFICER, number)
    return number


async def _acknowledged(world: World) -> str:
    number = await world.sent()
    await world.collect(OFFICER, number)
    return number


async def _reported(world: World) -> str:
    number = await _acknowledged(world)
    await world.report(OFFICER, number, status="in-behandeling")
    return number


def _get(name: str, path: str) -> Act:
    return lambda world, number: world.call(name, "GET", path.format(number))


async def _reported_absence(world: World) -> str:
    return bericht_id(await world.report_absence(verzuimmelding(world.pupil())))


def _put(name: str, path: str, body: object) -> Act:
    return lambda world, _: world.call(name, "PUT", path, body)


_OF_SCHOOL = "/v1/vestigingen/99BB00"
ACTS: dict[str, tuple[Callable[[World], Awaitable[str]], Act]] = {
    "signaal": (_new, lambda w, _: w.send(signaal(w.pupil()))),
    "vervangend signaal": (_new, lambda w, n: w.send(signaal(w.pupil(), vervangt=n))),
    "verzuimmelding": (_new, lambda w, _: w.report_absence(verzuimmelding(w.pupil()))),
    "vervangende melding": (
        _reported_absence,
        lambda w, n: w.report_absence(verzuimmelding(w.pupil(), vervangt=n)),
    ),
    "intrekking of a melding": (_reported_absence, lambda w, n: w.withdraw(n)),
    "intrekking before download": (_new, lambda w, n: w.withdraw(n)),
    "intrekking after download": (_fetched, lambda w, n: w.withdraw(n)),
    "list": (_new, _get(OFFICER, "/v1/berichten")),
    "first download": (_new, _get(OFFICER, "/v1/berichten/{}")),
    "second download": (_fetched, _get(OFFICER, "/v1/berichten/{}")),
    "bevestiging": (_fetched, lambda w, n: w.answer(OFFICER, n, uitkomst="ontvangen")),
    "weigering": (
        _fetched,
        lambda w, n: w.answer(OFFICER, n, uitkomst="geweigerd", reden="ONJUIST_BERICHT"),
    ),
    "terugmelding": (_acknowledged, lambda w, n: w.report(OFFICER, n, status="in-behandeling")),
    "receipt": (_new, _get("las-noord", "/v1/ontvangstbewijzen/{}")),
    "receipts": (_new, _get("las-noord", "/v1/ontvangstbewijzen?vestigingscode=99BB00")),
    "reports": (_reported, _get("las-noord", "/v1/terugmeldingen?vestigingscode=99BB00")),
    "verzuimbeleid": (
        _new,
        _put("las-noord", f"{_OF_SCHOOL}/verzuimbeleid", {**BELEID, "lesuurInMinuten": 50}),
    ),
    "schoolkalender": (_new, _put("las-noord", f"{_OF_SCHOOL}/schoolkalenders/2025-2026", {
        "lesvrijePerioden": []
    })),
    "sleutel": (_new, lambda w, _: w.call(
        OFFICER, "PUT", "/v1/sleutel", dict(w.private_keys[OFFICER].public_jwk)
    )),
}  # fmt: skip


@pytest.mark.parametrize("what", ACTS)
async def test_what_cannot_be_logged_does_not_happen(world: World, what: str) -> None:
    prepare, act = ACTS[what]
    number = await prepare(world)
    before = await world.everything()
    async with without_log(world):
        answer = await act(world, number)
        assert refusal(answer) == (503, "logboek-onbeschikbaar")
        assert int(answer.headers["retry-after"]) > 0
        assert await world.everything() == before
    assert "eyJ" not in answer.text  # the beginning of every token
    again = await act(world, number)
    assert again.status_code < 300, again.text


async def test_a_refused_key_may_be_used_again_and_has_its_effect_then(world: World) -> None:
    body, key = signaal(world.pupil()), world.key()
    async with without_log(world):
        for _ in range(3):
            assert refusal(await world.send(body, key=key)) == (503, "logboek-onbeschikbaar")
    answer = await world.send(body, key=key)
    bericht_id(answer)
    assert "idempotent-replayed" not in answer.headers


@pytest.mark.parametrize("what", ["signaal", "first download"])
async def test_a_record_without_its_link_to_the_pupil_is_none(world: World, what: str) -> None:
    prepare, act = ACTS[what]
    number = await prepare(world)
    before = await world.everything()
    async with without_log(world, "subject_link"):
        assert refusal(await act(world, number)) == (503, "logboek-onbeschikbaar")
    assert await world.everything() == before


async def test_without_a_log_an_empty_poll_still_works(world: World) -> None:
    async with without_log(world):
        answer = await world.call("leerplicht-0599", "GET", "/v1/berichten")
        assert (answer.status_code, answer.json()["berichten"]) == (200, [])


async def test_a_rehearsal_without_a_pupil_needs_no_log_and_one_about_a_pupil_does(
    world: World,
) -> None:
    path = "/v1/vestigingen/99BB00/verzuimbeleid?valideer=true"
    async with without_log(world):
        assert (await world.call("las-noord", "PUT", path, BELEID)).status_code == 200
        rehearsed = await world.call(
            "las-noord", "POST", "/v1/signalen?valideer=true", signaal(world.pupil())
        )
        assert refusal(rehearsed) == (503, "logboek-onbeschikbaar")


class SilentKeys:
    """A key store that does not answer; everything else of it is the real one."""

    def __init__(self, keys: KeyProvider) -> None:
        self._keys = keys

    def __getattr__(self, name: str) -> object:
        return getattr(self._keys, name)

    def mac(self, key: SymmetricKey, message: bytes) -> bytes:
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, part="keys")

    def open(self, key: SymmetricKey, sealed: bytes, context: bytes) -> bytes:
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, part="keys")


@pytest.mark.parametrize("what", ["signaal", "first download", "bevestiging", "receipt"])
async def test_without_keys_nothing_is_accepted_or_given(world: World, what: str) -> None:
    prepare, act = ACTS[what]
    number = await prepare(world)
    before = await world.everything()
    silent = world.over(keys=SilentKeys(world.gateway.keys))
    assert refusal(await act(silent, number)) == (503, "dienst-onbeschikbaar")
    assert await world.everything() == before


async def test_a_directory_that_may_be_stale_is_not_used(world: World) -> None:
    def stale() -> object:
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, part="directory")

    blind = world.over(directory=stale)
    for answer in (
        await blind.send(signaal(world.pupil())),
        await blind.call(OFFICER, "GET", "/v1/berichten"),
    ):
        assert refusal(answer) == (503, "dienst-onbeschikbaar")
    assert (await blind.call(None, "GET", "/v1/sleutels")).status_code == 200
