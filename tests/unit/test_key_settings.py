"""Which keys settings choose: a token or a trial's folder, and never half of one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from exchange.bootstrap.keys import make_keys, open_keys
from exchange.config import Settings
from exchange.errors import Unavailable

MODULE, TOKEN, PIN = (
    "EXCHANGE_PKCS11_MODULE",
    "EXCHANGE_PKCS11_TOKEN",
    "EXCHANGE_PKCS11_PIN_FILE",
)
TOKEN_SETTINGS = {MODULE: "/no/such/module.so", TOKEN: "poort", PIN: "/no/such/pin"}


def settings(tmp_path: Path, mode: str, given: Mapping[str, str]) -> Settings:
    base = {
        "EXCHANGE_MODE": mode,
        "DATABASE_URL": "postgresql://localhost/exchange",
        "EXCHANGE_KEYS": str(tmp_path / "keys"),
    }
    return Settings.load(None, {**base, **given})


def reason(chosen: Settings) -> str:
    told = set()
    for use in (open_keys, make_keys):
        with pytest.raises(Unavailable) as refusal:
            use(chosen)
        told.add(" ".join(refusal.value.facts.values()))
    assert len(told) == 1
    return told.pop()


@pytest.mark.parametrize("left_out", [MODULE, TOKEN, PIN])
@pytest.mark.parametrize("mode", ["productie", "proef"])
def test_half_a_token_is_refused_with_what_is_missing(
    tmp_path: Path, mode: str, left_out: str
) -> None:
    given = {name: value for name, value in TOKEN_SETTINGS.items() if name != left_out}
    given["EXCHANGE_KEYS_PASSPHRASE_FILE"] = str(tmp_path / "passphrase")
    assert left_out in reason(settings(tmp_path, mode, given))
    assert not (tmp_path / "keys").exists()


def test_production_refuses_the_keys_of_a_trial_and_names_the_way_out(tmp_path: Path) -> None:
    given = {"EXCHANGE_KEYS_PASSPHRASE_FILE": str(tmp_path / "passphrase"), PIN: "/no/such/pin"}
    told = reason(settings(tmp_path, "productie", given))
    assert "refuses the file key provider" in told
    assert MODULE in told
    assert not (tmp_path / "keys").exists()


def test_a_trial_without_a_passphrase_is_told_what_to_set(tmp_path: Path) -> None:
    assert "EXCHANGE_KEYS_PASSPHRASE_FILE" in reason(settings(tmp_path, "proef", {}))


def test_a_trial_may_use_a_token_and_needs_no_passphrase_then(tmp_path: Path) -> None:
    told = reason(settings(tmp_path, "proef", TOKEN_SETTINGS))
    assert "/no/such/module.so" in told
    assert "EXCHANGE_PKCS11_MODULE" in told
