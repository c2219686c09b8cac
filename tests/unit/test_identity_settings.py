"""A gateway does not start on half an identity: CAs, revocation lists, an OIN of its own kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.bootstrap.identity import open_doorkeepers, own_oin
from exchange.config import Listen, Settings
from exchange.crypto.pki import make_crl
from exchange.errors import Unavailable
from exchange.policy.necessity import Mode
from tests.unit.adapters.identity.loopback import VALID, FixedClock, Pki

TEST_OIN, REAL_OIN = "00000099000000001000", "00000001123456789000"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def settings(folder: Path, mode: Mode = Mode.PRODUCTION, **changes: object) -> Settings:
    given = {
        "database_url": "postgresql:///verzuim",
        "keys": folder / "keys",
        "passphrase": folder / "passphrase",
    }
    return Settings.model_validate({**given, "mode": mode, **changes})


def crl_of(pki: Pki, folder: Path) -> Path:
    path = folder / "crl.pem"
    path.write_bytes(make_crl(pki.authority, [], VALID))
    return path


def test_production_wants_revocation_lists_and_says_how(pki: Pki, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        open_doorkeepers(settings(tmp_path, client_ca=pki.ca), FixedClock())
    assert refused.value.facts["onderdeel"] == "client-crl"
    assert "EXCHANGE_CLIENT_CRL" in refused.value.facts["herstel"]
    given = settings(tmp_path, client_ca=pki.ca, client_crl=crl_of(pki, tmp_path))
    open_doorkeepers(given, FixedClock()).trust.require_usable()


def test_a_trial_may_do_without_lists_and_nobody_without_cas(pki: Pki, tmp_path: Path) -> None:
    trial = settings(tmp_path, Mode.TRIAL, client_ca=pki.ca)
    open_doorkeepers(trial, FixedClock()).trust.require_usable()
    for mode in Mode:
        given = settings(tmp_path, mode, client_crl=crl_of(pki, tmp_path))
        with pytest.raises(Unavailable) as refused:
            open_doorkeepers(given, FixedClock())
        assert "EXCHANGE_CLIENT_CA" in refused.value.facts["reden"]


def test_tls_is_ended_here_only_where_it_was_asked_for(pki: Pki, tmp_path: Path) -> None:
    behind = settings(tmp_path, Mode.TRIAL, client_ca=pki.ca, proxy_socket=tmp_path / "socket")
    assert open_doorkeepers(behind, FixedClock()).tls is None
    own = behind.model_copy(
        update={
            "listen": Listen(host="127.0.0.1", port=0),
            "tls_certificate": pki.server.cert,
            "tls_key": pki.server.key,
        }
    )
    assert open_doorkeepers(own, FixedClock()).tls is not None


@pytest.mark.parametrize(
    ("mode", "oin", "allowed"),
    [
        (Mode.TRIAL, TEST_OIN, True),
        (Mode.TRIAL, REAL_OIN, False),
        (Mode.PRODUCTION, REAL_OIN, True),
        (Mode.PRODUCTION, TEST_OIN, False),
        (Mode.PRODUCTION, "0000009902QZ00000000", False),
        (Mode.PRODUCTION, "no oin", False),
    ],
)
def test_a_gateway_has_an_oin_of_its_own_kind(
    tmp_path: Path, mode: Mode, oin: str, allowed: bool
) -> None:
    given = settings(tmp_path, mode, gateway_oin=oin)
    if allowed:
        assert str(own_oin(given)) == oin
    else:
        with pytest.raises(Unavailable) as refused:
            own_oin(given)
        assert "EXCHANGE_OIN" in " ".join(refused.value.facts.values())


def test_the_oin_that_is_there_by_default_is_for_trials_alone(tmp_path: Path) -> None:
    own_oin(settings(tmp_path, Mode.TRIAL))
    with pytest.raises(Unavailable):
        own_oin(settings(tmp_path))
