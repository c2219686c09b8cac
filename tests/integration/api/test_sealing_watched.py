"""An operator hears of a sealer that stands still long before anybody is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.identity.trust import Trust
from exchange.bootstrap import gateway as built
from exchange.bootstrap.identity import Doorkeepers
from exchange.crypto.pki import make_authority
from exchange.errors import Code, Unavailable
from exchange.storage.database import Database
from exchange.storage.sealing_lag import SealingLag
from exchange.telemetry.metrics import Metrics
from tests.integration.api.world import NOW, World
from tests.unit.adapters.identity.loopback import VALID


async def test_a_minute_behind_is_red_with_a_reason_and_green_again_when_sealed(
    world: World, tmp_path: Path
) -> None:
    lag = SealingLag(world.gateway.database, world.clock)
    watched = world.over(sealing_lag=lag.seconds).gateway
    await world.stay_current()
    (tmp_path / "ca.pem").write_bytes(make_authority("CA", VALID).certificate)
    doors = Doorkeepers(Trust(tmp_path / "ca.pem", None, world.clock), tls=None)
    for seconds, reasons in (
        (60, []),
        (61, ["logboek: verzegeling loopt 61 s achter"]),
        (3600, ["logboek: verzegeling loopt 3600 s achter"]),
    ):
        with world.at(NOW + timedelta(seconds=seconds)):
            await lag.refresh()
        assert await built._readiness(watched, doors) == reasons
    await world.seal()
    await lag.refresh()
    assert await built._readiness(watched, doors) == []


async def test_the_figure_stays_what_it_was_while_nobody_can_look(world: World) -> None:
    nowhere = Database("postgresql://exchange_gateway@127.0.0.1:1/exchange")
    lag = SealingLag(nowhere, world.clock)
    with pytest.raises(Unavailable) as refused:
        await lag.refresh()
    assert refused.value.code is Code.DIENST_ONBESCHIKBAAR
    assert lag.seconds() == 0.0


async def test_the_metrics_count_what_waits_for_the_sealer(world: World) -> None:
    metrics = Metrics()
    await world.seal()
    await world.sent()
    await built.measure(world.gateway, metrics)
    assert b"exchange_log_unsealed_records 1.0" in metrics.page()
    assert b"exchange_log_oldest_unsealed_seconds 0.0" not in metrics.page()
    await world.seal()
    await built.measure(world.gateway, metrics)
    assert b"exchange_log_unsealed_records 0.0" in metrics.page()
    assert b"exchange_log_oldest_unsealed_seconds 0.0" in metrics.page()
    metrics.sealing(None)
    assert b"exchange_log_unsealed_records NaN" in metrics.page()
