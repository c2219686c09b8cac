"""A mandate has three dates: every combination of their boundaries, and every way to name whom."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from exchange.policy.parties import Dienst
from tests.integration.api.world import (
    NOW,
    OINS,
    World,
    refusal,
    signaal,
    verzuimmelding,
)

DAY = timedelta(days=1)
TODAY = NOW.date()
FIRST = (TODAY - DAY, TODAY, TODAY + DAY)
LAST = (TODAY - DAY, TODAY, TODAY + DAY, None)
STEPS = (-DAY, timedelta(), DAY)
PUPIL_OF = {"/v1/signalen": signaal, "/v1/verzuimmeldingen": verzuimmelding}
EVENT_DAY = {"/v1/signalen": date(2026, 11, 13), "/v1/verzuimmeldingen": date(2026, 11, 2)}
"""The last day of the venster and the first day of the melding, as the bodies below have them."""


@pytest.mark.parametrize("route", PUPIL_OF)
async def test_all_three_dates_must_allow_it(world: World, route: str) -> None:
    """The supplier acts today within its days, about a day that the mandate is about."""
    told = {}
    body = PUPIL_OF[route](world.pupil(), vestigingscode="99BB01")
    for van, tot, step in itertools.product(FIRST, LAST, STEPS):
        if tot is not None and tot < van:
            continue
        betreft = EVENT_DAY[route] + step
        await world.end_mandate("las-zuid", "99BB01")
        await world.mandate("las-zuid", "99BB01", van=van, tot=tot, betreft=betreft)
        answer = await world.call("las-zuid", "POST", f"{route}?valideer=true", body)
        allowed = van <= TODAY and (tot is None or tot >= TODAY) and step <= timedelta()
        assert answer.status_code == (200 if allowed else 403), (van, tot, step, answer.text)
        if not allowed:
            assert refusal(answer) == (403, "geen-mandaat")
        told[van, tot, step] = allowed
    assert set(told.values()) == {True, False}
    assert len(told) == 27


@pytest.mark.parametrize("dienst", list(Dienst))
async def test_a_mandate_is_for_one_service(world: World, dienst: Dienst) -> None:
    principal = OINS["leerplicht-0772"].reveal()
    await world.mandate("las-zuid", principal, dienst=dienst)
    await world.end_mandate("las-zuid", "99BB00")
    await world.mandate("las-zuid", "99BB00", dienst=dienst)
    try:
        listed = await world.call("las-zuid", "GET", f"/v1/berichten?namens={principal}")
        body = signaal(world.pupil())
        sent = await world.call("las-zuid", "POST", "/v1/signalen?valideer=true", body)
        statuses = {Dienst.ONTVANGEN: (200, 403), Dienst.AANLEVEREN: (403, 200)}[dienst]
        assert (listed.status_code, sent.status_code) == statuses
    finally:
        await world.end_mandate("las-zuid", principal, dienst)
        await world.end_mandate("las-zuid", "99BB00", dienst)


async def test_naming_one_who_is_nobody_or_no_principal_is_refused_alike(world: World) -> None:
    """Whether an OIN is connected is not told by what is asked in its name."""
    unknown, known = "00000099888888888000", OINS["leerplicht-0772"].reveal()
    for path in ("/v1/berichten", "/v1/sleutel"):
        method = "GET" if path == "/v1/berichten" else "PUT"
        answers = [
            await world.call(
                "softwarehuis", method, f"{path}?namens={oin}", {} if method == "PUT" else None
            )
            for oin in (unknown, known)
        ]
        assert [refusal(answer) for answer in answers] == [(403, "geen-mandaat")] * 2
    school = f"/v1/ontvangstbewijzen?vestigingscode=99BB00&namens={unknown}"
    assert refusal(await world.call("las-noord", "GET", school)) == (403, "geen-mandaat")


async def test_a_principal_that_left_is_named_in_vain(world: World) -> None:
    principal = OINS["leerplicht-0599"]
    path = f"/v1/berichten?namens={principal}"
    assert (await world.call("softwarehuis", "GET", path)).status_code == 200
    revoke = "UPDATE parties SET revoked_at = {} WHERE oin = $1"
    await world.root.execute(revoke.format("now()"), principal.reveal())
    await world.refresh()
    try:
        assert refusal(await world.call("softwarehuis", "GET", path)) == (403, "geen-mandaat")
        alone = await world.call("softwarehuis", "GET", "/v1/berichten")
        assert alone.status_code == 200, "one principal is left: it need not be named"
    finally:
        await world.root.execute(revoke.format("NULL"), principal.reveal())
        await world.refresh()
