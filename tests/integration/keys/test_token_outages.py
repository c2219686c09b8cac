"""A token that is away, full or shut is said to be so, and is back by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from adapters.keys.pkcs11 import TokenKeyProvider
from exchange.errors import Fault, Unavailable
from exchange.ports import KeyUse, VestigingKey
from tests.integration.keys.softhsm import Hsm
from tests.unit.adapters.keys.test_file_keys import complaint
from tests.unit.adapters.keys.test_key_conformance import LOG, MAILBOX, PSEUDONYM

ROOT = Path(__file__).parents[3]
Open = Callable[[], TokenKeyProvider]
A_PAUSE = 1.1  # seconds: a token that is away is not asked for more often than once a second


def told(call: Callable[[], object], hsm: Hsm) -> tuple[str, str]:
    """Give the complaint, whose every word and cause is free of the PIN."""
    with pytest.raises(Unavailable) as refusal:
        call()
    pin = hsm.pin_file.read_text().strip() or "\0"
    error: BaseException | None = refusal.value
    while error is not None:
        assert pin not in f"{error!r} {error} {getattr(error, '__notes__', '')}"
        error = error.__cause__
    return refusal.value.facts["onderdeel"], refusal.value.facts["herstel"]


def test_a_wrong_pin_is_tried_once_until_its_file_changes(open_token: Open, hsm: Hsm) -> None:
    """Each attempt brings a real token nearer to locking itself."""
    keys = open_token()
    mac = keys.mac(LOG, b"m")
    good = hsm.pin_file.read_text()
    keys._token._leave()
    hsm.pin_file.write_text("een verkeerde\n")
    for _ in range(2):
        role, remedy = told(lambda: keys.mac(LOG, b"m"), hsm)
        assert role == "pincode"
        assert str(hsm.pin_file) in remedy
        time.sleep(A_PAUSE)
    assert keys._token._refused_pin is not None
    hsm.pin_file.write_text(good)
    assert keys.mac(LOG, b"m") == mac


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_a_pin_that_others_can_read_is_refused(open_token: Open, hsm: Hsm, mode: int) -> None:
    hsm.pin_file.chmod(mode)
    if os.getuid() == 0:
        os.chown(hsm.pin_file, 1, 1)
    role, remedy = told(lambda: TokenKeyProvider(*hsm.settings), hsm)
    assert (role, remedy) == (
        "pincodebestand",
        f"Anderen kunnen hierbij: chmod 600 {hsm.pin_file}",
    )


def test_a_pin_that_is_missing_or_empty_is_named(open_token: Open, hsm: Hsm) -> None:
    hsm.pin_file.write_text("\n")
    assert told(open_token, hsm)[0] == "pincodebestand"
    kept = hsm.pin_file.rename(hsm.pin_file.with_name("kept"))
    role, remedy = complaint(open_token)
    assert (role, str(hsm.pin_file) in remedy) == ("pincodebestand", True)
    kept.rename(hsm.pin_file)


def test_a_token_that_is_not_there_is_named(hsm: Hsm) -> None:
    other = replace(hsm, label="er-is-geen-zo-een")
    for opened in (TokenKeyProvider, TokenKeyProvider.create):
        role, remedy = told(partial(opened, *other.settings), hsm)
        assert (role, "er-is-geen-zo-een" in remedy) == ("token", True)


def test_a_module_that_is_none_is_named(hsm: Hsm, tmp_path: Path) -> None:
    (tmp_path / "no.so").write_text("no module")
    for module in (tmp_path / "no.so", tmp_path / "missing.so"):
        other = replace(hsm, module=module)
        role, remedy = told(partial(TokenKeyProvider, *other.settings), hsm)
        assert role == "PKCS#11-module"
        assert "EXCHANGE_PKCS11_MODULE" in remedy


def test_a_token_that_went_away_comes_back_by_itself(open_token: Open, hsm: Hsm) -> None:
    keys = open_token()
    sealed = keys.seal(MAILBOX, b"plain", b"c")
    away = hsm.tokens.rename(hsm.tokens.with_name("away"))
    assert told(lambda: keys.mac(PSEUDONYM, b"m"), hsm)[0] == "token"
    for use in (keys.public_keys, keys.signing_kid, lambda: keys.open(MAILBOX, sealed, b"c")):
        assert told(use, hsm)[0] == "token"
    away.rename(hsm.tokens)
    time.sleep(A_PAUSE)
    assert keys.open(MAILBOX, sealed, b"c") == b"plain"
    assert keys.mac(PSEUDONYM, b"m") == keys.mac(PSEUDONYM, b"m")


def test_a_module_that_lost_its_sessions_is_no_reason_to_fail(open_token: Open) -> None:
    """The daemon of a network token was restarted, or another part of this process ended them."""
    one, other = open_token(), open_token()
    sealed = one.seal(MAILBOX, b"plain", b"c")
    kid = other.signing_kid()
    library = one._token._library
    assert library is not None
    for _ in range(3):
        library.begin_anew()
        assert other.open(MAILBOX, sealed, b"c") == b"plain"
        assert one.open(MAILBOX, sealed, b"c") == b"plain"
        assert one.signing_kid() == other.signing_kid() == kid
        with pytest.raises(Fault):
            one.open(MAILBOX, sealed, b"another context")


def test_two_that_use_one_token_do_not_end_each_others_sessions(open_token: Open) -> None:
    one, other = open_token(), open_token()
    for keys in (one, other) * 3:
        keys.mac(LOG, b"m")
    assert (one._token.logins, other._token.logins) == (1, 1)


def test_a_broken_value_costs_no_new_session(open_token: Open) -> None:
    """Anybody with the database could otherwise make the gateway look for its token all day."""
    keys = open_token()
    sealed = keys.seal(MAILBOX, b"plain", b"c")
    with pytest.raises(Fault):
        keys.open(MAILBOX, sealed[:-1] + bytes([sealed[-1] ^ 1]), b"c")
    assert keys._token.logins == 1


_FORKED = """
import os, sys
from pathlib import Path
from adapters.keys.pkcs11 import TokenKeyProvider
from exchange.ports import GatewayKey, KeyUse

folder, module, label, pin = sys.argv[1:]
keys = TokenKeyProvider.create(Path(folder), Path(module), label, Path(pin))
mac = keys.mac(GatewayKey(KeyUse.LOG), b"m")
child = os.fork()
same = keys.mac(GatewayKey(KeyUse.LOG), b"m") == mac
if child == 0:
    os._exit(0 if same else 1)
assert same
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_logs_in_for_itself(hsm: Hsm) -> None:
    folder, module, label, pin = map(str, hsm.settings)
    command = [sys.executable, "-W", "ignore", "-c", _FORKED, folder, module, label, pin]
    subprocess.run(command, env={**hsm.environment, "PYTHONPATH": str(ROOT)}, check=True)


_FULL = """
import resource, sys
from pathlib import Path
from adapters.keys.pkcs11 import TokenKeyProvider
from exchange.errors import Unavailable
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.ports import KeyUse, VestigingKey

folder, module, label, pin = sys.argv[1:]
keys = TokenKeyProvider.create(Path(folder), Path(module), label, Path(pin))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
key = VestigingKey(KeyUse.INZAGE, Vestigingscode("99AA00"), Schooljaar(2026))
try:
    keys.mac(key, b"m")
except Unavailable as error:
    print(error.facts["onderdeel"])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
import time
time.sleep(1.1)
print(len(keys.mac(key, b"m")))
"""


def test_a_token_that_takes_no_more_is_said_to_be_so_and_used_when_it_does(hsm: Hsm) -> None:
    folder, module, label, pin = map(str, hsm.settings)
    command = [sys.executable, "-c", _FULL, folder, module, label, pin]
    environment = {**hsm.environment, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    role, size = ran.stdout.split()
    assert role == "token"
    assert size == "32"


def test_what_is_in_the_token_at_once_is_bounded(
    open_token: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = open_token()
    monkeypatch.setattr("adapters.keys.pkcs11.working._MOST_KEYS", 3)
    school, year = MAILBOX.vestiging, MAILBOX.schooljaar
    made = [VestigingKey(use, school, year) for use in KeyUse]
    macs = [keys.mac(key, b"m") for key in made]
    assert [keys.mac(key, b"m") for key in made] == macs
    assert len(keys._keys._unwrapped) == 3
