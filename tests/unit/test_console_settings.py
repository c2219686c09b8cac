"""The console is served where an address is set for it, and never without a way in that is safe."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from adapters.system import SystemClock
from exchange.bootstrap.console import open_console
from exchange.config import Settings
from exchange.errors import Unavailable
from exchange.pipeline.gateway import Gateway
from exchange.policy.necessity import Mode

GATEWAY = cast(Gateway, SimpleNamespace(clock=SystemClock()))
URL = "https://gateway.example"
PROVIDER = {"EXCHANGE_OIDC_ISSUER": "https://aanmelden.example", "EXCHANGE_OIDC_CLIENT_ID": "vx"}


def settings(mode: Mode, **environment: str) -> Settings:
    """Read settings from an environment with what is always needed."""
    needed = {
        "EXCHANGE_MODE": mode.value,
        "DATABASE_URL": "postgresql://x",
        "EXCHANGE_KEYS": "/keys",
        "EXCHANGE_KEYS_PASSPHRASE_FILE": "/passphrase",
    }
    return Settings.load(None, {**needed, **environment})


def test_without_an_address_there_is_no_console() -> None:
    assert open_console(settings(Mode.PRODUCTION), GATEWAY) is None


def test_in_a_trial_links_are_enough() -> None:
    assert open_console(settings(Mode.TRIAL, EXCHANGE_CONSOLE_URL=URL), GATEWAY) is not None


def test_production_takes_a_provider() -> None:
    with pytest.raises(Unavailable, match="dienst-onbeschikbaar") as refused:
        open_console(settings(Mode.PRODUCTION, EXCHANGE_CONSOLE_URL=URL), GATEWAY)
    assert "EXCHANGE_OIDC_ISSUER" in refused.value.facts["reden"]
    whole = settings(Mode.PRODUCTION, EXCHANGE_CONSOLE_URL=URL, **PROVIDER)
    assert open_console(whole, GATEWAY) is not None


def test_a_provider_takes_our_id_there() -> None:
    issuer = {"EXCHANGE_OIDC_ISSUER": "https://aanmelden.example"}
    with pytest.raises(Unavailable) as refused:
        open_console(settings(Mode.TRIAL, EXCHANGE_CONSOLE_URL=URL, **issuer), GATEWAY)
    assert "EXCHANGE_OIDC_CLIENT_ID" in refused.value.facts["reden"]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("issuer", ["http://aanmelden.example", "aanmelden.example", "https://"])
def test_a_provider_elsewhere_without_tls_stops_the_gateway(mode: Mode, issuer: str) -> None:
    unsafe = {**PROVIDER, "EXCHANGE_OIDC_ISSUER": issuer}
    with pytest.raises(Unavailable):
        open_console(settings(mode, EXCHANGE_CONSOLE_URL=URL, **unsafe), GATEWAY)


def test_one_on_this_machine_may_do_without_in_a_trial_only() -> None:
    local = {**PROVIDER, "EXCHANGE_OIDC_ISSUER": "http://127.0.0.1:9400"}
    assert open_console(settings(Mode.TRIAL, EXCHANGE_CONSOLE_URL=URL, **local), GATEWAY)
    with pytest.raises(Unavailable):
        open_console(settings(Mode.PRODUCTION, EXCHANGE_CONSOLE_URL=URL, **local), GATEWAY)


@pytest.mark.parametrize(
    "url", ["http://gateway", "https://gateway/", "https://gateway/console", "gateway", "https://A"]
)
def test_an_address_that_no_browser_would_send_as_origin_is_refused(url: str) -> None:
    with pytest.raises(Unavailable) as refused:
        settings(Mode.TRIAL, EXCHANGE_CONSOLE_URL=url)
    assert refused.value.facts["reden"] == "set EXCHANGE_CONSOLE_URL"


def test_the_secret_is_a_file_and_no_value(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    found = settings(Mode.TRIAL, EXCHANGE_OIDC_CLIENT_SECRET_FILE=str(file))
    assert found.oidc_client_secret == file
