"""What every KeyProvider keeps to; a new adapter joins by one more parameter of the fixture."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.keys.file.provider import FileKeyProvider
from adapters.keys.memory import MemoryKeyProvider
from exchange.crypto.es256 import verify_es256
from exchange.errors import Fault, KeyDestroyed
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import (
    GatewayKey,
    KeyProvider,
    KeyUse,
    PseudonymKey,
    SymmetricKey,
    VestigingKey,
)

SCHOOL, OTHER_SCHOOL = Vestigingscode("99AA00"), Vestigingscode("99BB00")
YEAR, NEXT_YEAR = Schooljaar(2026), Schooljaar(2027)
MAILBOX = VestigingKey(KeyUse.MAILBOX, SCHOOL, YEAR)
LOG = GatewayKey(KeyUse.LOG)
PSEUDONYM = PseudonymKey(Oin("00000099000003610000"), "leerplicht", YEAR)


@pytest.fixture(params=["memory", "file"])
def keys(request: pytest.FixtureRequest, open_folder: Callable[[], FileKeyProvider]) -> KeyProvider:
    return MemoryKeyProvider() if request.param == "memory" else open_folder()


class TestKeyProviderConformance:
    @pytest.mark.parametrize("key", [MAILBOX, LOG, PSEUDONYM])
    def test_a_mac_is_stable_and_has_32_bytes(self, keys: KeyProvider, key: SymmetricKey) -> None:
        mac = keys.mac(key, b"message")
        assert len(mac) == 32
        assert mac == keys.mac(key, b"message")
        assert mac != keys.mac(key, b"massage")

    def test_a_mac_is_keyed(self, keys: KeyProvider) -> None:
        macs = {
            keys.mac(key, b"")
            for key in (
                MAILBOX,
                LOG,
                PSEUDONYM,
                GatewayKey(KeyUse.IDEMPOTENCY),
                VestigingKey(KeyUse.COLUMN, SCHOOL, YEAR),
                VestigingKey(KeyUse.MAILBOX, OTHER_SCHOOL, YEAR),
                VestigingKey(KeyUse.MAILBOX, SCHOOL, NEXT_YEAR),
                PseudonymKey(PSEUDONYM.recipient, "anders", YEAR),
                PseudonymKey(PSEUDONYM.recipient, "leerplicht", NEXT_YEAR),
                PseudonymKey(Oin("00000099000005990000"), "leerplicht", YEAR),
            )
        }
        assert len(macs) == 10
        assert hashlib.sha256(b"").digest() not in macs
        assert hmac.digest(b"", b"", "sha256") not in macs

    @pytest.mark.parametrize("plaintext", [b"", b"x", b"\x00" * 100_000])
    def test_opens_what_it_sealed(self, keys: KeyProvider, plaintext: bytes) -> None:
        sealed = keys.seal(MAILBOX, plaintext, b"context")
        assert keys.open(MAILBOX, sealed, b"context") == plaintext
        assert sealed[0] == 1, "a version byte"
        assert sealed != keys.seal(MAILBOX, plaintext, b"context")
        assert len(plaintext) < 16 or plaintext not in sealed

    def test_opens_nothing_else(self, keys: KeyProvider) -> None:
        sealed = keys.seal(MAILBOX, b"plain", b"context")
        other_keys = (LOG, VestigingKey(KeyUse.COLUMN, SCHOOL, YEAR))
        for key in other_keys:
            keys.mac(key, b"exists")
            with pytest.raises(Fault):
                keys.open(key, sealed, b"context")
        for spoiled in (b"", sealed[:-1], sealed + b"x", b"\x02" + sealed[1:]):
            with pytest.raises(Fault):
                keys.open(MAILBOX, spoiled, b"context")
        with pytest.raises(Fault):
            keys.open(MAILBOX, sealed, b"contexts")

    def test_opening_makes_no_key(self, keys: KeyProvider) -> None:
        with pytest.raises(Fault):
            keys.open(MAILBOX, bytes(29), b"context")

    def test_signs_with_the_key_that_it_names(self, keys: KeyProvider) -> None:
        signature = keys.sign(b"message")
        named = [jwk for jwk in keys.public_keys() if jwk["kid"] == keys.signing_kid()]
        assert len(named) == 1
        assert len(signature) == 64
        assert verify_es256(named[0], b"message", signature)
        assert not verify_es256(named[0], b"massage", signature)

    def test_public_keys_are_public_and_say_what_they_are_for(self, keys: KeyProvider) -> None:
        for jwk in keys.public_keys():
            assert jwk.keys() == {"kty", "crv", "x", "y", "use", "alg", "kid"}
            assert (jwk["kty"], jwk["use"], jwk["alg"]) == ("EC", "sig", "ES256")

    def test_what_it_gives_away_is_not_its_own(self, keys: KeyProvider) -> None:
        keys.public_keys()[0]["x"] = "spoiled"
        assert keys.public_keys()[0]["x"] != "spoiled"

    def test_destroying_ends_every_use_of_one_vestiging_and_schooljaar(
        self, keys: KeyProvider
    ) -> None:
        sealed = keys.seal(MAILBOX, b"plain", b"context")
        others = (
            VestigingKey(KeyUse.MAILBOX, SCHOOL, NEXT_YEAR),
            VestigingKey(KeyUse.MAILBOX, OTHER_SCHOOL, YEAR),
            LOG,
            PSEUDONYM,
        )
        before = [keys.mac(key, b"message") for key in others]
        keys.destroy(SCHOOL, YEAR)
        keys.destroy(SCHOOL, YEAR)
        with pytest.raises(KeyDestroyed):
            keys.open(MAILBOX, sealed, b"context")
        for use in KeyUse:
            with pytest.raises(KeyDestroyed):
                keys.mac(VestigingKey(use, SCHOOL, YEAR), b"message")
        with pytest.raises(KeyDestroyed):
            keys.seal(MAILBOX, b"plain", b"context")
        assert [keys.mac(key, b"message") for key in others] == before

    def test_a_key_can_be_destroyed_before_it_exists(self, keys: KeyProvider) -> None:
        keys.destroy(SCHOOL, YEAR)
        with pytest.raises(KeyDestroyed):
            keys.mac(MAILBOX, b"message")

    def test_works_from_many_threads(self, keys: KeyProvider) -> None:
        def use(year: int) -> bytes:
            key = VestigingKey(KeyUse.MAILBOX, SCHOOL, Schooljaar(2000 + year % 5))
            return keys.open(key, keys.seal(key, keys.mac(key, b"m"), b"c"), b"c")

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(use, range(200)))) == 5
            assert len(set(pool.map(lambda _: keys.signing_kid(), range(50)))) == 1


class TestRotation:
    """Rotating is the operator's, not the port's: both of ours do it alike."""

    @pytest.fixture(params=["memory", "file"])
    def rotating(
        self, request: pytest.FixtureRequest, open_folder: Callable[[], FileKeyProvider]
    ) -> MemoryKeyProvider | FileKeyProvider:
        return MemoryKeyProvider() if request.param == "memory" else open_folder()

    def test_signs_with_a_new_key_and_keeps_the_older_public(
        self, rotating: MemoryKeyProvider | FileKeyProvider
    ) -> None:
        old = {jwk["kid"]: jwk for jwk in rotating.public_keys()}
        signature = rotating.sign(b"message")
        kids = [rotating.rotate_signing(), rotating.rotate_signing()]
        assert rotating.signing_kid() == kids[1]
        public = rotating.public_keys()
        assert [jwk["kid"] for jwk in public] == [kids[1], kids[0], *old]
        assert public[2] == old[public[2]["kid"]]
        assert verify_es256(public[2], b"message", signature)
        assert verify_es256(public[0], b"message", rotating.sign(b"message"))

    def test_rotates_before_anything_was_signed(
        self, rotating: MemoryKeyProvider | FileKeyProvider
    ) -> None:
        assert rotating.rotate_signing() == rotating.public_keys()[0]["kid"]
        assert len(rotating.public_keys()) == 2

    def test_is_for_trial_mode_only(self, rotating: MemoryKeyProvider | FileKeyProvider) -> None:
        assert rotating.trial_only
