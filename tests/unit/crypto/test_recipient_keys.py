"""Only a sound public key is accepted, and a refusal names members, never their values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from exchange.crypto.canonical import b64url, unb64url
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.crypto.sealing_keys import (
    RecipientPrivateKey,
    RecipientPublicKey,
    generate_recipient_key,
)
from exchange.errors import Code, Fault, Invalid

EC: dict[str, Any] = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}

SHIFTED = unb64url(EC["x"])[-1:]
"""The same 64 bytes cut at another place would be the same point, under another thumbprint."""


@pytest.fixture(scope="module")
def rsa() -> dict[str, Any]:
    return dict(RSAKey.generate_key(3072).as_dict(private=True))


@pytest.fixture(scope="module")
def rsa_public(rsa: dict[str, Any]) -> dict[str, Any]:
    return {m: rsa[m] for m in ("kty", "n", "e")}


def refusal(jwk: dict[str, Any]) -> set[tuple[str, Code]]:
    with pytest.raises(Invalid) as refused:
        accept_public_jwk(jwk)
    for violation in refused.value.violations:
        for value in jwk.values():
            assert not (isinstance(value, str) and len(value) > 20 and value in violation.detail)
    return {(v.pointer, v.code) for v in refused.value.violations}


def test_accepts_an_ec_key_and_keeps_what_makes_it() -> None:
    described = {**EC, "kid": "own name", "use": "enc", "alg": "ECDH-ES+A256KW", "ext": True}
    kid, text = accept_public_jwk({**described, "key_ops": ["deriveKey"], "x5c": ["MII"]})
    assert json.loads(text) == EC
    assert kid == ECKey.import_key({**EC}).thumbprint()
    assert accept_public_jwk(json.loads(text)) == (kid, text)


def test_accepts_an_rsa_key(rsa_public: dict[str, Any]) -> None:
    kid, text = accept_public_jwk({**rsa_public, "use": "enc", "alg": "RSA-OAEP-256"})
    assert json.loads(text) == rsa_public
    assert kid == RSAKey.import_key({**rsa_public}).thumbprint()


def test_accepts_the_empty_key_ops_that_browsers_export() -> None:
    accept_public_jwk({**EC, "key_ops": []})


def test_refuses_every_private_member(rsa: dict[str, Any]) -> None:
    assert refusal({**EC, "d": "AAAA"}) == {("/d", Code.SLEUTEL_ONGELDIG)}
    assert {pointer for pointer, _ in refusal(rsa)} == {"/d", "/p", "/q", "/dp", "/dq", "/qi"}


def test_refuses_other_kinds_of_key() -> None:
    others: list[Any] = [
        OKPKey.generate_key("X25519").as_dict(private=False),
        ECKey.generate_key("P-384").as_dict(private=False),
        ECKey.generate_key("secp256k1").as_dict(private=False),
        {"kty": "ec"},
        {"kty": ["EC"]},
        {},
    ]
    for jwk in others:
        assert {code for _, code in refusal(dict(jwk))} == {Code.SLEUTEL_ONGELDIG}
    secret = OctKey.generate_key(256).as_dict()
    assert refusal(dict(secret)) == {
        ("/k", Code.SLEUTEL_ONGELDIG),
        ("/kty", Code.SLEUTEL_ONGELDIG),
    }


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"y": EC["x"]}, "/x"),
        ({"x": b64url(bytes(32)), "y": b64url(bytes(32))}, "/x"),
        ({"x": EC["x"][:-4]}, "/x"),
        ({"x": b64url(b"\x00" + unb64url(EC["x"]))}, "/x"),
        ({"x": EC["x"] + "="}, "/x"),
        ({"x": b64url(unb64url(EC["x"])[:-1]), "y": b64url(SHIFTED + unb64url(EC["y"]))}, "/x"),
        ({"x": b64url(b"\xff" * 32)}, "/x"),
        ({"x": 5}, "/x"),
        ({"y": None}, "/y"),
        ({"crv": "P-521"}, "/x"),
        ({"use": "sig"}, "/use"),
        ({"use": None}, "/use"),
        ({"alg": "ES256"}, "/alg"),
        ({"alg": "RSA-OAEP-256"}, "/alg"),
        ({"alg": "ECDH-ES"}, "/alg"),
        ({"kid": {}}, "/kid"),
        ({"kid": 5}, "/kid"),
        ({"key_ops": ["sign"]}, "/key_ops"),
        ({"key_ops": ["deriveKey", "verify"]}, "/key_ops"),
        ({"key_ops": [["deriveKey"]]}, "/key_ops"),
        ({"key_ops": "deriveKey"}, "/key_ops"),
    ],
)
def test_refuses_an_unsound_ec_key(change: dict[str, Any], pointer: str) -> None:
    assert refusal({**EC, **change}) == {(pointer, Code.SLEUTEL_ONGELDIG)}


def test_refuses_an_unsound_rsa_key(rsa_public: dict[str, Any]) -> None:
    modulus = int.from_bytes(unb64url(rsa_public["n"]))

    def with_modulus(n: int) -> dict[str, Any]:
        return {**rsa_public, "n": b64url(n.to_bytes((n.bit_length() + 7) // 8))}

    unsound = [
        with_modulus(modulus >> 1 | 1),  # 3071 bits
        with_modulus(modulus << 8192 | 1),
        with_modulus(modulus - modulus % 751),
        with_modulus(modulus ^ 1),  # even
        {**rsa_public, "n": b64url(b"\x00" + unb64url(rsa_public["n"]))},
        {**rsa_public, "n": ""},
        {**rsa_public, "n": "+/=="},
    ]
    for jwk in unsound:
        assert refusal(jwk) == {("/n", Code.SLEUTEL_ONGELDIG)}
    for exponent in (1, 3, 65536, 65535, 2**32 + 1):
        size = (exponent.bit_length() + 7) // 8
        jwk = {**rsa_public, "e": b64url(exponent.to_bytes(size))}
        assert refusal(jwk) == {("/e", Code.SLEUTEL_ONGELDIG)}


def test_names_everything_that_is_wrong_at_once() -> None:
    assert refusal({"kty": "EC", "crv": "P-256", "use": "sig", "extra": 1, "9991": 1}) == {
        ("/extra", Code.ONBEKEND_VELD),
        ("", Code.ONBEKEND_VELD),
        ("/use", Code.SLEUTEL_ONGELDIG),
        ("/x", Code.SLEUTEL_ONGELDIG),
        ("/y", Code.SLEUTEL_ONGELDIG),
    }


def test_a_made_key_is_private_and_acceptable() -> None:
    text = generate_recipient_key()
    private = RecipientPrivateKey.parse(text)
    kid, public = accept_public_jwk(private.public_jwk)
    assert kid == private.kid == RecipientPublicKey.parse(public).kid == json.loads(text)["kid"]
    assert "d" not in private.public_jwk
    assert json.loads(text)["d"] not in repr(private)
    assert generate_recipient_key() != text


def test_reads_a_private_rsa_key(rsa: dict[str, Any]) -> None:
    key = RecipientPrivateKey.parse(json.dumps({**rsa, "key_ops": ["decrypt"], "use": "enc"}))
    assert key.alg == "RSA-OAEP-256"


def test_refuses_a_private_key_whose_halves_differ() -> None:
    one, other = (json.loads(generate_recipient_key()) for _ in range(2))
    for text in (
        json.dumps({**one, "d": other["d"]}),
        json.dumps({k: v for k, v in one.items() if k != "d"}),
        json.dumps({**one, "d": b64url(bytes(32))}),
        "[]",
        "{",
        "",
    ):
        with pytest.raises(Invalid) as refused:
            RecipientPrivateKey.parse(text)
        assert one["d"] not in str(refused.value.violations)


@pytest.mark.parametrize("text", ["", "[]", '{"kty":"EC"}', '{"kty":"oct","k":"AAAA"}'])
def test_a_stored_key_that_is_no_key_is_our_fault(text: str) -> None:
    with pytest.raises(Fault):
        RecipientPublicKey.parse(text)
