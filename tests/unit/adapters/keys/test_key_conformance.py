"""What every KeyProvider keeps to; a new adapter joins by one more parameter of the fixture."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from adapters.keys.file.provider import FileKeyProvider
from adapters.keys.memory import MemoryKeyProvider
from exchange.crypto.es256 import verify_es256
from exchange.crypto.signatures import Kind, sign_compact, verify_compact
from exchange.errors import Fault, KeyDestroyed
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import (
    GatewayKey,
    KeyFact,
    KeyKind,
    KeyProvider,
    KeyState,
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

    def test_pieces_come_to_what_the_whole_does(self, keys: KeyProvider) -> None:
        whole = b"abc" * 50_000
        for pieces in ([whole], [whole[:1], whole[1:9_999], whole[9_999:]]):
            assert keys.mac_of_pieces(MAILBOX, lambda p=pieces: iter(p)) == keys.mac(MAILBOX, whole)  # type: ignore[misc]

    def test_many_at_once_are_what_each_is_alone(self, keys: KeyProvider) -> None:
        messages = [b"", b"a", b"b" * 63, b"c" * 64, b"d" * 1_000]
        assert keys.macs(MAILBOX, messages) == [keys.mac(MAILBOX, m) for m in messages]
        sealed = keys.seals(MAILBOX, [(message, b"for " + message) for message in messages])
        for message, one in zip(messages, sealed, strict=True):
            assert keys.open(MAILBOX, one, b"for " + message) == message
        assert len({one[1:13] for one in sealed}) == len(sealed), "a nonce is used once"
        assert keys.macs(MAILBOX, []) == keys.seals(MAILBOX, []) == []

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
        assert keys.open(MAILBOX, sealed, b"context") == b"plain"
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

    def test_the_end_of_a_schooljaar_ends_the_keys_of_all_its_vestigingen(
        self, keys: KeyProvider
    ) -> None:
        schools = [VestigingKey(KeyUse.MAILBOX, place, YEAR) for place in (SCHOOL, OTHER_SCHOOL)]
        sealed = [keys.seal(key, b"plain", b"context") for key in schools]
        others = (VestigingKey(KeyUse.MAILBOX, SCHOOL, NEXT_YEAR), LOG, PSEUDONYM)
        before = [keys.mac(key, b"message") for key in others]
        keys.destroy(SCHOOL, YEAR)
        keys.end_schooljaar(YEAR)
        keys.end_schooljaar(YEAR)
        keys.destroy(OTHER_SCHOOL, YEAR)
        for key, kept in zip(schools, sealed, strict=True):
            with pytest.raises(KeyDestroyed):
                keys.open(key, kept, b"context")
        assert [keys.mac(key, b"message") for key in others] == before

    def test_works_from_many_threads(self, keys: KeyProvider) -> None:
        def use(year: int) -> bytes:
            key = VestigingKey(KeyUse.MAILBOX, SCHOOL, Schooljaar(2000 + year % 5))
            return keys.open(key, keys.seal(key, keys.mac(key, b"m"), b"c"), b"c")

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(use, range(200)))) == 5
            assert len(set(pool.map(lambda _: keys.signing_kid(), range(50)))) == 1


class TestRotation:
    def test_signs_with_a_new_key_and_keeps_the_older_public(self, keys: KeyProvider) -> None:
        old = {jwk["kid"]: jwk for jwk in keys.public_keys()}
        signature = keys.sign(b"message")
        kids = [keys.rotate_signing(), keys.rotate_signing()]
        assert keys.signing_kid() == kids[1]
        public = keys.public_keys()
        assert [jwk["kid"] for jwk in public] == [kids[1], kids[0], *old]
        assert public[2] == old[public[2]["kid"]]
        assert verify_es256(public[2], b"message", signature)
        assert verify_es256(public[0], b"message", keys.sign(b"message"))

    def test_rotates_before_anything_was_signed(self, keys: KeyProvider) -> None:
        assert keys.rotate_signing() == keys.public_keys()[0]["kid"]
        assert len(keys.public_keys()) == 2

    def test_signs_while_another_thread_rotates(self, keys: KeyProvider) -> None:
        def sign(number: int) -> tuple[str, bytes, bytes]:
            message = str(number).encode()
            token = sign_compact(message, Kind.MANIFEST, keys)
            return token, message, verify_compact(token, Kind.MANIFEST, keys.public_keys()).payload

        with ThreadPoolExecutor(4) as pool:
            signed = pool.map(sign, range(60))
            rotated = {keys.rotate_signing() for _ in range(5)}
            assert all(message == said for _, message, said in signed)
        assert len(rotated) == 5
        assert len(keys.public_keys()) == 6

    def test_rotated_pseudonyms_are_others_for_every_purpose_of_that_recipient_and_year(
        self, keys: KeyProvider
    ) -> None:
        other_purpose = PseudonymKey(PSEUDONYM.recipient, "anders", YEAR)
        others = (
            PseudonymKey(PSEUDONYM.recipient, "leerplicht", NEXT_YEAR),
            PseudonymKey(Oin("00000099000005990000"), "leerplicht", YEAR),
            VestigingKey(KeyUse.COUNTING, SCHOOL, YEAR),
            LOG,
        )
        seen = [(keys.mac(PSEUDONYM, b"m"), keys.mac(other_purpose, b"m"))]
        before = [keys.mac(key, b"m") for key in others]
        for generation in (2, 3, 4):
            assert keys.rotate_pseudonyms(PSEUDONYM.recipient, YEAR) == generation
            seen.append((keys.mac(PSEUDONYM, b"m"), keys.mac(other_purpose, b"m")))
            assert seen[-1] == (keys.mac(PSEUDONYM, b"m"), keys.mac(other_purpose, b"m"))
        assert len({mac for pair in seen for mac in pair}) == 8
        assert [keys.mac(key, b"m") for key in others] == before

    def test_pseudonyms_rotate_before_there_are_any(self, keys: KeyProvider) -> None:
        assert keys.rotate_pseudonyms(PSEUDONYM.recipient, YEAR) == 2
        assert keys.mac(PSEUDONYM, b"m") == keys.mac(PSEUDONYM, b"m")

    def test_pseudonyms_are_made_while_another_thread_rotates(self, keys: KeyProvider) -> None:
        with ThreadPoolExecutor(4) as pool:
            macs = pool.map(lambda _: keys.mac(PSEUDONYM, b"m"), range(200))
            rotated = [keys.rotate_pseudonyms(PSEUDONYM.recipient, YEAR) for _ in range(5)]
            assert rotated == [2, 3, 4, 5, 6]
            assert len({*macs, keys.mac(PSEUDONYM, b"m")}) <= 6


class TestInventory:
    def test_an_empty_store_has_nothing_and_stays_empty(self, keys: KeyProvider) -> None:
        assert keys.inventory() == ()
        assert keys.inventory() == ()

    def test_says_what_was_made_and_what_was_destroyed(self, keys: KeyProvider) -> None:
        keys.mac(LOG, b"m")
        keys.mac(MAILBOX, b"m")
        keys.mac(VestigingKey(KeyUse.MAILBOX, OTHER_SCHOOL, YEAR), b"m")
        keys.destroy(OTHER_SCHOOL, YEAR)
        keys.checkpoint_key()
        keys.mac(PSEUDONYM, b"m")
        keys.rotate_pseudonyms(PSEUDONYM.recipient, YEAR)
        keys.rotate_pseudonyms(PSEUDONYM.recipient, YEAR)
        kids = (keys.signing_kid(), keys.rotate_signing())

        bare = {replace(fact, since=None) for fact in keys.inventory()}
        used, gone = KeyState.IN_USE, KeyState.DESTROYED
        pseudonym = partial(KeyFact, KeyKind.PSEUDONYM, schooljaar=YEAR)
        vestiging = partial(KeyFact, KeyKind.VESTIGING, 1, schooljaar=YEAR)
        assert bare == {
            KeyFact(KeyKind.GATEWAY, 1, used, use=KeyUse.LOG),
            KeyFact(KeyKind.CHECKPOINT, 1, used),
            KeyFact(KeyKind.SIGNING, 1, KeyState.PUBLIC_ONLY, kid=kids[0]),
            KeyFact(KeyKind.SIGNING, 2, used, kid=kids[1]),
            vestiging(used, vestiging=SCHOOL),
            vestiging(gone, vestiging=OTHER_SCHOOL),
            pseudonym(1, used),
            pseudonym(2, gone, recipient=PSEUDONYM.recipient),
            pseudonym(3, used, recipient=PSEUDONYM.recipient),
        }


@pytest.mark.parametrize("made", [MemoryKeyProvider, FileKeyProvider])
def test_keys_in_reach_of_this_process_are_for_trial_mode_only(
    made: type[MemoryKeyProvider | FileKeyProvider],
) -> None:
    assert made.trial_only
