"""A recipient's private keys: made once, for the owner alone, and never lost by a rotation."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.leerplicht.keyfile import KeyFile
from exchange.crypto.sealing_keys import KeyType, generate_recipient_key
from exchange.errors import Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sleutels" / "leerplicht.jwks"


def test_makes_a_key_for_its_owner_alone(path: Path) -> None:
    key = KeyFile.load_or_create(path).current
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert key.public_jwk["crv"] == "P-256"
    assert "d" not in key.public_jwk


def test_gives_the_same_key_ever_after(path: Path) -> None:
    assert KeyFile.load_or_create(path) == KeyFile.load_or_create(path)


def test_two_that_make_it_at_once_get_the_same_key(path: Path) -> None:
    kids: list[str] = []
    threads = [
        threading.Thread(target=lambda: kids.append(KeyFile.load_or_create(path).current.kid))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kids) == 8
    assert len(set(kids)) == 1


def test_a_rotation_puts_a_new_key_first_and_keeps_the_old(path: Path) -> None:
    first = KeyFile.load_or_create(path)
    third = first.rotated().rotated()
    assert len(third.keys) == 3
    assert third.keys[-1] == first.current
    assert KeyFile.load_or_create(path) == third
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_single_jwk_made_elsewhere_will_do(tmp_path: Path) -> None:
    path = tmp_path / "sleutel.jwk"
    path.write_text(generate_recipient_key())
    path.chmod(0o600)
    one = KeyFile.load_or_create(path)
    assert len(one.rotated().keys) == 2


def test_rotations_at_once_lose_no_key(path: Path) -> None:
    first = KeyFile.load_or_create(path)
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.append(first.rotated().current.kid)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [key.kid for key in KeyFile.load(path).keys]
    assert len(kept) == len(set(kept)) == 7
    assert set(made) <= set(kept)


def test_a_new_key_is_of_the_same_kind_unless_another_is_asked_for(path: Path) -> None:
    keys = KeyFile.load_or_create(path).rotated(KeyType.RSA)
    assert keys.current.alg == "RSA-OAEP-256"
    assert keys.rotated().current.public_jwk["kty"] == "RSA"
    assert keys.rotated(KeyType.EC).current.public_jwk["kty"] == "EC"


def test_the_first_moment_at_which_a_key_counted_is_kept_until_the_next_rotation(
    path: Path,
) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    keys = KeyFile.load_or_create(path)
    assert keys.active_since is None
    assert keys.noted_active(now).active_since == now
    assert keys.noted_active(now + timedelta(days=1)).active_since == now
    assert keys.rotated().active_since is None
    assert keys.noted_active(now).active_since is None, "that key is not the current one any more"


def test_older_keys_go_when_told_and_nothing_of_them_stays(path: Path) -> None:
    old = KeyFile.load_or_create(path)
    secret = json.loads(path.read_bytes())["keys"][0]["d"]
    kept = old.rotated().without_older()
    assert len(kept.keys) == 1
    assert kept.current != old.current
    assert secret not in path.read_text()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    KeyFile.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(Unavailable) as refused:
        KeyFile.load_or_create(path)
    assert "chmod 600" in refused.value.facts["herstel"]


@pytest.mark.parametrize(
    "content", ["", "onzin", "[]", "{}", '{"keys": []}', '{"keys": {}}', '{"keys": [1]}']
)
def test_a_garbled_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sleutel.jwk"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(Unavailable):
        KeyFile.load_or_create(path)


def test_no_complaint_and_no_print_shows_the_key(path: Path) -> None:
    loaded = KeyFile.load_or_create(path)
    secret = json.loads(path.read_bytes())["keys"][0]["d"]
    assert secret not in repr(loaded)
    path.write_text(path.read_text().replace(secret, secret[:-4]))
    with pytest.raises(Unavailable) as refused:
        KeyFile.load_or_create(path)
    assert secret[:20] not in f"{refused.value!r}{refused.value.facts}{refused.value.__cause__!r}"


def test_a_place_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bestand").write_text("")
    with pytest.raises(Unavailable):
        KeyFile.load_or_create(tmp_path / "bestand" / "sleutel")
