"""Every key differs from every other, and a secret has no form in which it could leak."""

from __future__ import annotations

import copy
import itertools
import pickle

import pytest

from exchange.crypto.es256 import SigningKey
from exchange.crypto.keyring import RootSecret, WorkingKey, root_name, signing_root, vestiging_root
from exchange.crypto.wrapping import Argon2Cost, KeyEncryptionKey
from exchange.errors import Fault
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import GatewayKey, KeyUse, PseudonymKey, SymmetricKey, VestigingKey

ALKMAAR, ROTTERDAM = Oin("00000099000003610000"), Oin("00000099000005990000")
KEYS: list[SymmetricKey] = [
    *(
        VestigingKey(use, Vestigingscode(code), Schooljaar(year))
        for use in KeyUse
        for code in ("99AA00", "99BB00")
        for year in (2025, 2026)
    ),
    *(
        PseudonymKey(recipient, purpose, Schooljaar(year))
        for recipient in (ALKMAAR, ROTTERDAM)
        for purpose in ("leerplicht", "leerplicht2")
        for year in (2025, 2026)
    ),
    *(GatewayKey(use) for use in KeyUse),
]


def test_no_two_keys_of_one_root_are_equal() -> None:
    root = RootSecret(b"r" * 32)
    macs = {WorkingKey(root, key).mac(b"message") for key in KEYS}
    assert len(macs) == len(KEYS)


def test_no_key_opens_what_another_sealed() -> None:
    root = RootSecret(b"r" * 32)
    working = [WorkingKey(root, key) for key in KEYS[:6]]
    for one, other in itertools.permutations(working, 2):
        with pytest.raises(Fault):
            other.open(one.seal(b"plain", b"context"), b"context")


def test_a_key_depends_on_its_root() -> None:
    one, other = (WorkingKey(RootSecret(byte * 32), KEYS[0]) for byte in (b"a", b"b"))
    assert one.mac(b"message") != other.mac(b"message")


def test_roots_are_shared_by_what_is_destroyed_together() -> None:
    code, year = Vestigingscode("99AA00"), Schooljaar(2026)
    names = {root_name(VestigingKey(use, code, year)) for use in KeyUse}
    assert names == {vestiging_root(code, year)} == {"vestiging.99AA00.2026-2027"}
    assert root_name(PseudonymKey(ALKMAAR, "leerplicht", year)) == "pseudonym.2026-2027"
    assert root_name(GatewayKey(KeyUse.LOG)) == "gateway.log"
    assert signing_root(7) == "signing.0007"


def test_every_byte_of_a_sealed_value_counts() -> None:
    key = WorkingKey(RootSecret.fresh(), KEYS[0])
    sealed = key.seal(b"plain", b"context")
    assert sealed[0] == 1
    assert len(sealed) == 1 + 12 + len(b"plain") + 16
    for position in range(len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(Fault):
            key.open(bytes(broken), b"context")
    for cut in range(len(sealed)):
        with pytest.raises(Fault):
            key.open(sealed[:cut], b"context")


def test_a_sealed_value_opens_in_its_own_context_only() -> None:
    key = WorkingKey(RootSecret.fresh(), KEYS[0])
    sealed = key.seal(b"plain", b"outbox|payload|1")
    assert key.open(sealed, b"outbox|payload|1") == b"plain"
    for context in (b"outbox|payload|2", b"", b"outbox|payload|1 "):
        with pytest.raises(Fault) as refusal:
            key.open(sealed, context)
        assert "plain" not in repr(refusal.value)


def test_sealing_twice_gives_two_values() -> None:
    key = WorkingKey(RootSecret.fresh(), KEYS[0])
    nonces = {key.seal(b"same", b"context")[1:13] for _ in range(1000)}
    assert len(nonces) == 1000


def test_secrets_have_no_printable_or_portable_form() -> None:
    root = RootSecret(b"0123456789abcdef0123456789abcdef")
    for secret in (root, WorkingKey(root, KEYS[0]), KeyEncryptionKey(root), SigningKey(root)):
        assert "0123456789abcdef" not in f"{secret!r}{secret!s}"
        assert not hasattr(secret, "__dict__")
        with pytest.raises(TypeError):
            pickle.dumps(secret)
        with pytest.raises(TypeError):
            copy.copy(secret)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_root_secret_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        RootSecret(bytes(size))


LIGHT = Argon2Cost(memory_kib=64, iterations=1, lanes=1)


def test_the_master_key_opens_with_its_passphrase_only() -> None:
    kek = KeyEncryptionKey.fresh()
    locked = kek.lock(b"correct horse", LIGHT)
    wrapped = kek.wrap(b"root", "gateway.log")
    assert KeyEncryptionKey.unlock(locked, b"correct horse").unwrap(wrapped, "gateway.log") == (
        b"root"
    )
    with pytest.raises(Fault):
        KeyEncryptionKey.unlock(locked, b"correct horsf")


def test_every_byte_of_a_locked_master_key_counts() -> None:
    locked = KeyEncryptionKey.fresh().lock(b"correct horse", LIGHT)
    for position in range(len(locked)):
        broken = bytearray(locked)
        broken[position] ^= 1
        with pytest.raises(Fault):
            KeyEncryptionKey.unlock(bytes(broken), b"correct horse")
    for cut in range(len(locked)):
        with pytest.raises(Fault):
            KeyEncryptionKey.unlock(locked[:cut], b"correct horse")


def test_a_wrapped_root_does_not_open_under_another_name() -> None:
    kek = KeyEncryptionKey.fresh()
    wrapped = kek.wrap(b"root", "vestiging.99AA00.2025-2026")
    with pytest.raises(Fault):
        kek.unwrap(wrapped, "vestiging.99AA00.2026-2027")


@pytest.mark.parametrize("cost", [(2**31, 1, 1), (64, 65, 1), (64, 1, 255), (7, 1, 1), (64, 0, 1)])
def test_refuses_a_cost_that_no_machine_should_pay(cost: tuple[int, int, int]) -> None:
    with pytest.raises(Fault):
        Argon2Cost(*cost)
