"""In production a recipient's key counts once an operator has approved its thumbprint."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from exchange.crypto.opening import SealBroken, open_message
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.messages.identifiers import Oin
from exchange.pipeline.stages import Peer
from exchange.policy.necessity import Mode
from exchange.policy.parties import Dienst, Mandate, Role
from exchange.storage import directory
from tests.integration.api.world import (
    LONG_AGO,
    YEAR_START,
    WithPeer,
    World,
    bericht_id,
    refusal,
    verzuimmelding,
)

SUPPLIER, OFFICER = Oin("00000001123456781000"), Oin("00000001123456782000")
GEMEENTE, VESTIGING = "0363", "99BB00"


@dataclass
class Production:
    """The world in production, with a supplier and a gemeente that are no test parties."""

    world: World

    async def call(self, oin: Oin, method: str, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401  httpx's
        """Make one call."""
        await self.world.stay_current()
        app = WithPeer(self.world.app, Peer(oin, f"x5t-of-{oin}"))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://gateway"
        ) as client:
            return await client.request(method, path, **given)

    async def register(self, key: RecipientPrivateKey) -> tuple[int, dict[str, Any]]:
        """Register a key as the gemeente."""
        answer = await self.call(OFFICER, "PUT", "/v1/sleutel", json=dict(key.public_jwk))
        return answer.status_code, answer.json()

    async def approve(self, kid: str) -> bool:
        """Approve a thumbprint, as ``exchange party approve-key`` does."""
        async with self.world.operating() as conn:
            return await directory.approve_key(conn, OFFICER, kid, self.world.clock.now())

    async def report(self) -> httpx.Response:
        """Send a melding of a resident of that gemeente."""
        body = verzuimmelding(self.world.pupil(), woongemeente=GEMEENTE)
        headers = {"idempotency-key": self.world.key()}
        return await self.call(SUPPLIER, "POST", "/v1/verzuimmeldingen", json=body, headers=headers)

    async def opens(self, number: str, key: RecipientPrivateKey) -> bool:
        """Whether a key opens what the gemeente downloads."""
        answer = await self.call(OFFICER, "GET", f"/v1/berichten/{number}")
        try:
            open_message(answer.text, OFFICER, [key], self.world.gateway.keys.public_keys())
        except SealBroken:
            return False
        return True

    async def statuses(self) -> dict[str, str]:
        """Give where each key stands, as the operator lists them."""
        async with self.world.operating() as conn:
            return {
                row.kid: row.status.value
                for row in await directory.list_keys(conn)
                if row.oin == OFFICER
            }


def fresh() -> RecipientPrivateKey:
    return RecipientPrivateKey.parse(generate_recipient_key())


@pytest.fixture
async def production(world: World) -> AsyncIterator[Production]:
    now = world.clock.now()
    mandate = Mandate(SUPPLIER, VESTIGING, Dienst.AANLEVEREN, LONG_AGO, None, YEAR_START)
    async with world.operating() as conn:
        await directory.add_party(conn, SUPPLIER, "las-echt", None, now)
        await directory.grant(conn, SUPPLIER, Role.LEVERANCIER, "")
        await directory.add_mandate(conn, world.gateway.ids.uuid7(), mandate)
        await directory.add_party(conn, OFFICER, "leerplicht-echt", None, now)
        await directory.grant(conn, OFFICER, Role.LEERPLICHT, GEMEENTE)
    yield Production(world.over(mode=Mode.PRODUCTION))
    async with world.operating() as conn:
        await directory.revoke_party(conn, SUPPLIER, now)
        await directory.revoke_party(conn, OFFICER, now)


async def test_a_first_key_counts_from_its_approval_on(production: Production) -> None:
    key = fresh()
    assert await production.register(key) == (
        201,
        {"kid": key.kid, "status": "wacht-op-bevestiging"},
    )
    unreachable = (409, "ontvanger-niet-aangesloten")
    assert refusal(await production.report()) == unreachable
    assert not await production.approve(fresh().kid), "another thumbprint than was registered"
    assert refusal(await production.report()) == unreachable
    assert await production.approve(key.kid)
    assert await production.opens(bericht_id(await production.report()), key)
    assert not await production.approve(key.kid), "nothing waits any more"


async def test_the_old_key_stays_in_use_until_the_newest_that_waits_is_approved(
    production: Production,
) -> None:
    old, never, new = fresh(), fresh(), fresh()
    await production.register(old)
    await production.approve(old.kid)
    before = bericht_id(await production.report())
    await production.register(never)
    assert await production.statuses() == {old.kid: "actief", never.kid: "wacht-op-bevestiging"}
    await production.register(new)
    assert await production.statuses() == {old.kid: "actief", new.kid: "wacht-op-bevestiging"}
    meanwhile = bericht_id(await production.report())
    assert not await production.approve(never.kid), "it gave way to a newer one"
    assert await production.statuses() == {old.kid: "actief", new.kid: "wacht-op-bevestiging"}
    assert await production.approve(new.kid)
    after = bericht_id(await production.report())
    assert await production.statuses() == {new.kid: "actief"}
    assert [await production.opens(number, old) for number in (before, meanwhile, after)] == [
        True,
        True,
        False,
    ]
    assert await production.opens(after, new)


async def test_the_key_in_use_registered_again_withdraws_nothing_that_waits(
    production: Production,
) -> None:
    """A receiver that restarts with the old file must not undo the rotation under way."""
    old, new = fresh(), fresh()
    await production.register(old)
    await production.approve(old.kid)
    await production.register(new)
    assert await production.register(old) == (201, {"kid": old.kid, "status": "actief"})
    assert await production.register(new) == (
        201,
        {"kid": new.kid, "status": "wacht-op-bevestiging"},
    )
    assert await production.approve(new.kid)


async def test_an_old_key_that_comes_back_is_approved_anew(production: Production) -> None:
    old, new = fresh(), fresh()
    for key in (old, new):
        await production.register(key)
        await production.approve(key.kid)
    assert await production.register(old) == (
        201,
        {"kid": old.kid, "status": "wacht-op-bevestiging"},
    )
    assert await production.opens(bericht_id(await production.report()), new)
