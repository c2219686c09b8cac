"""A signature proves one kind of statement by one key, and nothing looser passes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from adapters.keys.memory import MemoryKeyProvider
from exchange.crypto.canonical import b64url, canonical, unb64url
from exchange.crypto.receipts import sign_detached, verify_detached
from exchange.crypto.signatures import Kind, SignatureBroken, sign_compact, verify_compact

PAYLOAD = b'{"a":1}'


def test_signs_and_verifies(keys: MemoryKeyProvider) -> None:
    token = sign_compact(PAYLOAD, Kind.SEALED, keys, rcp="one", rid="two")
    signed = verify_compact(token, Kind.SEALED, keys.public_keys(), "rcp", "rid")
    assert signed.payload == PAYLOAD
    assert signed.kid == keys.signing_kid()
    assert signed.members == {"rcp": "one", "rid": "two"}
    assert "payload" not in repr(signed)


def test_a_standard_library_verifies_it_too(keys: MemoryKeyProvider) -> None:
    token = sign_compact(PAYLOAD, Kind.MANIFEST, keys)
    public = ECKey.import_key({**keys.public_keys()[0]})
    assert jws.deserialize_compact(token, public, algorithms=["ES256"]).payload == PAYLOAD


def test_a_signature_of_one_kind_does_not_pass_for_another(keys: MemoryKeyProvider) -> None:
    token = sign_compact(PAYLOAD, Kind.MANIFEST, keys)
    for kind in set(Kind) - {Kind.MANIFEST}:
        with pytest.raises(SignatureBroken):
            verify_compact(token, kind, keys.public_keys())


def test_every_character_counts(keys: MemoryKeyProvider) -> None:
    token = sign_compact(PAYLOAD, Kind.MANIFEST, keys)
    for position, character in enumerate(token):
        for other in {"A", "B", ".", "=", " "} - {character}:
            broken = token[:position] + other + token[position + 1 :]
            with pytest.raises(SignatureBroken):
                verify_compact(broken, Kind.MANIFEST, keys.public_keys())


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"alg": None},
        {"typ": "JWT"},
        {"crit": ["b64"], "b64": False},
        {"b64": True},
        {"jwk": {"kty": "EC"}},
        {"x5u": "https://attacker.example"},
        {"kid": "other"},
        {"kid": 1},
        {"typ": ["manifest+jws"]},
    ],
)
def test_nothing_but_the_exact_header_verifies(
    keys: MemoryKeyProvider, change: dict[str, object]
) -> None:
    """The forger here even has the gateway's key: the header alone must be enough to refuse."""
    header = {"alg": "ES256", "kid": keys.signing_kid(), "typ": Kind.MANIFEST.value, **change}
    signed = f"{b64url(json.dumps(header).encode())}.{b64url(PAYLOAD)}"
    token = f"{signed}.{b64url(keys.sign(signed.encode()))}"
    with pytest.raises(SignatureBroken):
        verify_compact(token, Kind.MANIFEST, keys.public_keys())


def test_the_public_key_is_no_secret_to_sign_with(keys: MemoryKeyProvider) -> None:
    """The classic confusion: HS256 keyed with the public key, and none."""
    public = canonical(keys.public_keys()[0])
    header = {"alg": "HS256", "kid": keys.signing_kid(), "typ": Kind.MANIFEST.value}
    forged = jws.serialize_compact(header, PAYLOAD, OctKey.import_key(public), ["HS256"])
    unsigned = f"{forged.rpartition('.')[0]}."
    for token in (forged, unsigned):
        with pytest.raises(SignatureBroken):
            verify_compact(token, Kind.MANIFEST, keys.public_keys())


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "a.b.c.d", "e30.e30.e30", "é.é.é"])
def test_refuses_what_is_no_jws(keys: MemoryKeyProvider, text: str) -> None:
    with pytest.raises(SignatureBroken):
        verify_compact(text, Kind.MANIFEST, keys.public_keys())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda jwk: {**jwk, "use": "enc"},
        lambda jwk: {**jwk, "alg": "ES384"},
        lambda jwk: {**jwk, "crv": "P-384"},
        lambda jwk: {**jwk, "kty": "OKP"},
        lambda jwk: {**jwk, "x": jwk["y"]},
        lambda jwk: {**jwk, "x": 1},
        lambda jwk: {**jwk, "x": "é"},
        lambda jwk: {"kid": jwk["kid"]},
    ],
)
def test_verifies_with_an_es256_key_only(
    keys: MemoryKeyProvider, spoil: Callable[[dict[str, str]], dict[str, object]]
) -> None:
    token = sign_compact(PAYLOAD, Kind.MANIFEST, keys)
    with pytest.raises(SignatureBroken):
        verify_compact(token, Kind.MANIFEST, [spoil(keys.public_keys()[0])])


def test_finds_its_key_among_others(keys: MemoryKeyProvider) -> None:
    token = sign_compact(PAYLOAD, Kind.MANIFEST, keys)
    checkpoint = {"kty": "OKP", "crv": "Ed25519", "use": "checkpoint", "kid": keys.signing_kid()}
    verify_compact(token, Kind.MANIFEST, [checkpoint, *keys.public_keys()])


def test_an_older_signature_verifies_after_rotation(keys: MemoryKeyProvider) -> None:
    old = sign_compact(PAYLOAD, Kind.MANIFEST, keys)
    keys.rotate_signing()
    new = sign_compact(PAYLOAD, Kind.MANIFEST, keys)
    kids = {verify_compact(t, Kind.MANIFEST, keys.public_keys()).kid for t in (old, new)}
    assert len(kids) == 2


def test_a_rotation_between_name_and_signature_makes_no_false_name() -> None:
    class Rotating(MemoryKeyProvider):
        """Rotates once, at the worst moment."""

        rotated = False

        def sign_named(self, compose: Callable[[str], bytes]) -> tuple[str, bytes]:
            def rotated_meanwhile(kid: str) -> bytes:
                if not self.rotated:
                    self.rotated = True
                    self.rotate_signing()
                return compose(kid)

            return super().sign_named(rotated_meanwhile)

    keys = Rotating()
    first = keys.signing_kid()
    token = sign_compact(PAYLOAD, Kind.MANIFEST, keys)
    assert keys.signing_kid() != first
    assert verify_compact(token, Kind.MANIFEST, keys.public_keys()).kid in {
        first,
        keys.signing_kid(),
    }


RECEIPT: dict[str, object] = {"berichtId": "1", "stromen": [{"rol": "swv", "ontvanger": None}]}


def test_a_receipt_is_signed_beside_itself(keys: MemoryKeyProvider) -> None:
    signature = sign_detached(RECEIPT, keys)
    header, body, value = signature.split(".")
    assert body == ""
    assert json.loads(unb64url(header)) == {
        "alg": "ES256",
        "kid": keys.signing_kid(),
        "typ": "ontvangstbewijs+jws",
    }
    assert len(unb64url(value)) == 64
    verify_detached(RECEIPT, signature, keys.public_keys())
    verify_detached({**RECEIPT, "handtekening": signature}, signature, keys.public_keys())


def test_a_receipt_in_another_order_of_members_is_the_same(keys: MemoryKeyProvider) -> None:
    reordered = dict(reversed(RECEIPT.items()))
    verify_detached(reordered, sign_detached(RECEIPT, keys), keys.public_keys())


def test_a_changed_receipt_does_not_verify(keys: MemoryKeyProvider) -> None:
    signature = sign_detached(RECEIPT, keys)
    for changed in ({**RECEIPT, "berichtId": "2"}, {**RECEIPT, "extra": 1}, {}):
        with pytest.raises(SignatureBroken):
            verify_detached(changed, signature, keys.public_keys())


def test_a_receipt_carries_no_body_and_no_other_signature(keys: MemoryKeyProvider) -> None:
    header, _, value = sign_detached(RECEIPT, keys).split(".")
    body = b64url(canonical(RECEIPT))
    for signature in (f"{header}.{body}.{value}", f"{header}.{value}", f"{header}..", "", "..."):
        with pytest.raises(SignatureBroken):
            verify_detached(RECEIPT, signature, keys.public_keys())


def test_another_gateway_does_not_sign_for_this_one(keys: MemoryKeyProvider) -> None:
    signature = sign_detached(RECEIPT, MemoryKeyProvider())
    with pytest.raises(SignatureBroken):
        verify_detached(RECEIPT, signature, keys.public_keys())
