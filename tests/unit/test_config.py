"""Settings: a generous quota by default, and none that refuses a lawful delivery for ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exchange.config import LARGEST_DELIVERY, SETTINGS_FILE, Settings
from exchange.errors import Unavailable
from exchange.sandbox.layout import Layout
from exchange.sandbox.setup.settings import write_settings

GIVEN = {
    "DATABASE_URL": "postgresql://localhost/exchange",
    "EXCHANGE_KEYS": "keys",
    "EXCHANGE_KEYS_PASSPHRASE_FILE": "passphrase",
}


def test_quotas_are_read_from_the_environment() -> None:
    quotas = {"EXCHANGE_REQUESTS_PER_MINUTE": "600", "EXCHANGE_LINES_PER_MINUTE": "150000"}
    settings = Settings.load(None, {**GIVEN, **quotas})
    assert (settings.requests_per_minute, settings.lines_per_minute) == (600, 150_000)


def test_without_a_word_about_quotas_there_are_some() -> None:
    settings = Settings.load(None, GIVEN)
    assert settings.requests_per_minute >= 6_000
    assert settings.lines_per_minute >= LARGEST_DELIVERY


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXCHANGE_LINES_PER_MINUTE", str(LARGEST_DELIVERY - 1)),
        ("EXCHANGE_REQUESTS_PER_MINUTE", "0"),
        ("EXCHANGE_REQUESTS_PER_MINUTE", "veel"),
    ],
)
def test_a_quota_that_makes_no_sense_stops_the_gateway_and_is_named(name: str, value: str) -> None:
    with pytest.raises(Unavailable) as refused:
        Settings.load(None, {**GIVEN, name: value})
    assert refused.value.facts["reden"] == f"set {name}"


def test_the_quotas_of_a_sandbox_are_at_least_those_of_the_contract(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    write_settings(layout, "postgresql://localhost/exchange", 8443)
    written = json.loads((tmp_path / SETTINGS_FILE).read_text("utf-8"))
    assert written["requests_per_minute"] >= 1_000 * 60
    assert written["lines_per_minute"] >= 1_000_000


@pytest.mark.parametrize("form", ["a:{0}@h/d", "h/d?password={0}"])
def test_production_takes_no_password_from_the_environment(form: str) -> None:
    url = f"postgresql://{form.format('geheim-woord')}"
    with pytest.raises(Unavailable) as refused:
        Settings.load(None, {**GIVEN, "DATABASE_URL": url})
    told = "".join(refused.value.facts.values())
    assert "PGPASSFILE" in told
    assert "geheim-woord" not in told
    trial = Settings.load(None, {**GIVEN, "DATABASE_URL": url, "EXCHANGE_MODE": "proef"})
    assert trial.database_url == url
