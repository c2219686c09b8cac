"""A sealed message opens for its recipient alone, unchanged, and for no other reading of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from adapters.keys.memory import MemoryKeyProvider
from exchange.crypto.canonical import b64url, canonical, unb64url
from exchange.crypto.opening import OpenedMessage, SealBroken, open_message
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.crypto.sealing import SealContext, seal_message
from exchange.crypto.sealing_keys import (
    RecipientPrivateKey,
    RecipientPublicKey,
    generate_recipient_key,
)
from exchange.crypto.signatures import Kind, sign_compact
from exchange.errors import Fault
from exchange.messages.identifiers import Oin
from exchange.values import replace

OTHER = Oin("00000099000005990000")


class _Anything(jwe.JWERegistry):
    """What a sender who does not keep to the profile may do."""

    def check_header(self, header: dict[str, Any], check_more: bool = False) -> None:
        """Allow everything."""

    def _check_algorithm(self, name: str, registry: dict[str, Any]) -> None:
        """Allow everything."""


@dataclasses.dataclass
class Forger:
    """Seals whatever it likes to the recipient's public key, which is public."""

    keys: MemoryKeyProvider
    private_key: RecipientPrivateKey
    oin: Oin

    def inner(self, content: bytes = b"{}", **members: str) -> str:
        named = {"rcp": str(self.oin), "rid": "1", **members}
        return sign_compact(content, Kind.SEALED, self.keys, **named)

    def outer(self, inner: str, change: Mapping[str, Any]) -> str:
        header = {
            "alg": "ECDH-ES+A256KW",
            "enc": "A256GCM",
            "typ": "JWE",
            "cty": "JOSE",
            "kid": self.private_key.kid,
            "rcp": str(self.oin),
            "rid": "1",
            "pur": "x",
            "iat": 1,
            **change,
        }
        header = {member: value for member, value in header.items() if value is not None}
        return jwe.encrypt_compact(header, inner, self.private_key.key, registry=_Anything())

    def open(self, token: str) -> OpenedMessage:
        return open_message(token, self.oin, [self.private_key], self.keys.public_keys())


@pytest.fixture
def forger(keys: MemoryKeyProvider, private_key: RecipientPrivateKey, oin: Oin) -> Forger:
    return Forger(keys, private_key, oin)


@pytest.fixture
def token(
    content: dict[str, object],
    context: SealContext,
    public_key: RecipientPublicKey,
    keys: MemoryKeyProvider,
) -> str:
    return seal_message(content, context, public_key, keys)


def broken_at(step: str, forger: Forger, token: str) -> None:
    with pytest.raises(SealBroken) as refusal:
        forger.open(token)
    assert refusal.value.facts["step"] == step
    assert "999990019" not in repr(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None or refusal.value.__suppress_context__


def header_of(token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(unb64url(token.partition(".")[0]))
    return header


def test_the_recipient_reads_what_was_sealed(
    token: str, forger: Forger, content: dict[str, object], context: SealContext
) -> None:
    opened = forger.open(token)
    assert opened.content == content
    assert opened.rid == str(context.rid)
    assert opened.recipient == context.recipient
    assert opened.purpose == context.purpose
    assert opened.issued_at == context.issued_at
    assert opened.kid == forger.private_key.kid
    assert opened.signed_by == forger.keys.signing_kid()
    assert "999990019" not in repr(opened)


def test_the_header_is_the_one_in_the_contract(
    token: str, context: SealContext, private_key: RecipientPrivateKey
) -> None:
    header = header_of(token)
    epk = header.pop("epk")
    assert epk.keys() == {"kty", "crv", "x", "y"}
    assert header == {
        "alg": "ECDH-ES+A256KW",
        "enc": "A256GCM",
        "kid": private_key.kid,
        "typ": "JWE",
        "cty": "JOSE",
        "rcp": "00000099000003610000",
        "rid": "01890a5d-ac96-774b-bcce-b302099a8057",
        "pur": "signaal-leerplicht",
        "iat": int(context.issued_at.timestamp()),
    }


def test_another_library_reads_it_too(token: str, forger: Forger) -> None:
    """What a municipality does: plain JOSE, and JSON that may end in spaces."""
    allowed = ["ECDH-ES+A256KW", "A256GCM"]
    registry = jwe.JWERegistry(algorithms=allowed, strict_check_header=False)
    inner = jwe.decrypt_compact(token, forger.private_key.key, registry=registry).plaintext
    assert inner is not None
    jws_registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    public = ECKey.import_key({**forger.keys.public_keys()[0]})
    signed = jws.deserialize_compact(inner, public, registry=jws_registry)
    assert signed.protected == {
        "alg": "ES256",
        "kid": forger.keys.signing_kid(),
        "typ": "verzegeld+jws",
        "rcp": "00000099000003610000",
        "rid": "01890a5d-ac96-774b-bcce-b302099a8057",
    }
    assert len(signed.payload) == 1024
    assert json.loads(signed.payload)["pgn"] == "999990019"


def test_the_length_does_not_tell_small_messages_apart(
    context: SealContext, public_key: RecipientPublicKey, keys: MemoryKeyProvider
) -> None:
    lengths = {
        len(seal_message({"soort": "x" * size}, context, public_key, keys))
        for size in (0, 1, 9, 300, 1012)
    }
    assert len(lengths) == 1
    larger = seal_message({"soort": "x" * 1013}, context, public_key, keys)
    assert len(larger) > lengths.pop()


def test_sealing_twice_gives_nothing_in_common(
    content: dict[str, object],
    context: SealContext,
    public_key: RecipientPublicKey,
    keys: MemoryKeyProvider,
) -> None:
    one, other = (seal_message(content, context, public_key, keys).split(".") for _ in range(2))
    assert all(a != b for a, b in zip(one, other, strict=True))


def test_an_rsa_key_works_too(
    content: dict[str, object], context: SealContext, keys: MemoryKeyProvider, oin: Oin
) -> None:
    private = RecipientPrivateKey.parse(
        canonical(RSAKey.generate_key(3072).as_dict(private=True)).decode()
    )
    public = RecipientPublicKey.parse(accept_public_jwk(private.public_jwk)[1])
    token = seal_message(content, context, public, keys)
    assert header_of(token)["alg"] == "RSA-OAEP-256"
    assert "epk" not in header_of(token)
    forger = Forger(keys, private, oin)
    assert forger.open(token).content == content
    header, encrypted_key, *rest = token.split(".")
    flipped = bytearray(unb64url(encrypted_key))
    flipped[-1] ^= 1
    broken_at("decryption", forger, ".".join([header, b64url(bytes(flipped)), *rest]))
    weaker = forger.outer(forger.inner(), {"alg": "RSA-OAEP"})
    broken_at("key", forger, weaker)


def test_a_levering_of_many_megabytes_fits(
    context: SealContext, public_key: RecipientPublicKey, keys: MemoryKeyProvider, forger: Forger
) -> None:
    levering = replace(context, rid="17")
    token = seal_message({"rijen": ["x" * 1000] * 8000}, levering, public_key, keys)
    assert forger.open(token).rid == "17"


def test_every_part_of_a_message_counts(token: str, forger: Forger) -> None:
    parts = token.split(".")
    for index, part in enumerate(parts):
        for position in {0, 1, len(part) // 2, len(part) - 2, len(part) - 1}:
            for other in {"A", "x", "="} - {part[position]}:
                spoiled = part[:position] + other + part[position + 1 :]
                with pytest.raises(SealBroken):
                    forger.open(".".join([*parts[:index], spoiled, *parts[index + 1 :]]))
        for spoiled in ("", part[:-4], part + "AAAA"):
            with pytest.raises(SealBroken):
                forger.open(".".join([*parts[:index], spoiled, *parts[index + 1 :]]))


@pytest.mark.parametrize(
    "text",
    ["", ".", "....", "a.b.c.d.e", "é....", "e30....", "W10....", "bnVsbA....", "A" * 10_000],
)
def test_refuses_what_is_no_jwe(forger: Forger, text: str) -> None:
    broken_at("header", forger, text)


def test_a_header_or_content_of_another_message_does_not_fit(
    token: str,
    forger: Forger,
    context: SealContext,
    content: dict[str, object],
    public_key: RecipientPublicKey,
) -> None:
    later = replace(context, purpose="anders", issued_at=datetime.now(UTC))
    other = seal_message(content, later, public_key, forger.keys).split(".")
    mine = token.split(".")
    for index in range(5):
        mixed = [*mine[:index], other[index], *mine[index + 1 :]]
        broken_at("decryption", forger, ".".join(mixed))


def test_who_does_not_hold_the_key_reads_nothing(
    token: str, forger: Forger, private_key: RecipientPrivateKey
) -> None:
    other = RecipientPrivateKey.parse(generate_recipient_key())
    broken_at("key", dataclasses.replace(forger, private_key=other), token)
    renamed = dataclasses.replace(other, kid=private_key.kid)
    broken_at("decryption", dataclasses.replace(forger, private_key=renamed), token)


def test_opens_with_whichever_key_it_was_sealed_to(token: str, forger: Forger) -> None:
    newer = RecipientPrivateKey.parse(generate_recipient_key())
    both = [newer, forger.private_key]
    opened = open_message(token, forger.oin, both, forger.keys.public_keys())
    assert opened.kid == forger.private_key.kid


def test_a_forger_that_keeps_to_the_profile_is_understood(forger: Forger) -> None:
    """Shows that the refusals below come from what they change, not from the forger."""
    assert forger.open(forger.outer(forger.inner(), {})).content == {}


@pytest.mark.parametrize(
    "change",
    [
        {"zip": "DEF"},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"apu": "QQ"},
        {"apv": "QQ"},
        {"p2c": 1000},
        {"b64": False},
        {"jwk": {"kty": "EC"}},
        {"x5u": "https://attacker.example"},
        {"exp": 1},
        {"typ": "JOSE"},
        {"typ": None},
        {"cty": "JWT"},
        {"cty": None},
        {"kid": None},
        {"kid": ["a"]},
        {"rcp": None},
        {"rid": None},
        {"rid": 1},
        {"pur": None},
        {"pur": {}},
        {"iat": None},
        {"iat": "1"},
        {"iat": True},
        {"iat": -1},
        {"iat": 1.5},
        {"iat": 10**30},
        {"enc": "A128GCM"},
        {"enc": "A256CBC-HS512"},
    ],
)
def test_refuses_a_header_outside_the_profile(forger: Forger, change: dict[str, Any]) -> None:
    broken_at("header", forger, forger.outer(forger.inner(), change))


@pytest.mark.parametrize("alg", ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW"])
def test_refuses_other_key_agreements(forger: Forger, alg: str) -> None:
    broken_at("header", forger, forger.outer(forger.inner(), {"alg": alg}))


def test_refuses_algorithms_of_another_family(forger: Forger) -> None:
    """RSA1_5, a shared secret, a password: the kid is right, the key must not be tried."""
    rsa = RecipientPrivateKey(forger.private_key.kid, "RSA-OAEP-256", {}, RSAKey.generate_key(2048))
    secret = OctKey.generate_key(256)
    with pytest.warns(Warning, match="deprecated"):
        old = dataclasses.replace(forger, private_key=rsa).outer(forger.inner(), {"alg": "RSA1_5"})
    broken_at("key", dataclasses.replace(forger, private_key=rsa), old)
    for alg in ("dir", "A256KW"):
        shared = RecipientPrivateKey(forger.private_key.kid, alg, {}, secret)  # type: ignore[arg-type]  # what a forger might hold
        token = dataclasses.replace(forger, private_key=shared).outer("x", {"alg": alg})
        broken_at("key", forger, token)
    for alg in ("none", "PBES2-HS256+A128KW", "RSA1_5"):
        _, *rest = old.split(".")
        renamed = b64url(json.dumps({**header_of(old), "alg": alg}).encode())
        broken_at("key", forger, ".".join([renamed, *rest]))


def test_refuses_a_header_that_says_a_thing_twice(forger: Forger) -> None:
    header, *rest = forger.outer(forger.inner(), {}).split(".")
    text = unb64url(header)[:-1] + b',"enc":"A256GCM"}'
    broken_at("header", forger, ".".join([b64url(text), *rest]))


@pytest.mark.parametrize(
    "epk",
    [
        {},
        {"kty": "EC"},
        "x",
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "EC", "crv": "P-256", "x": b64url(bytes(32)), "y": b64url(bytes(32))},
        {"kty": "EC", "crv": "P-256", "x": "", "y": ""},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": None},
        {"kty": "EC", "crv": "none", "x": "AAAA", "y": "AAAA"},
        {"kty": "EC", "crv": ["P-256"], "x": "AAAA", "y": "AAAA"},
        ECKey.generate_key("P-384").as_dict(private=False),
        {"kty": "oct", "k": "AAAA"},
        {"kty": "OKP", "crv": "X25519", "x": b64url(bytes(32))},
        {**ECKey.generate_key().as_dict(private=False), "key_ops": ["sign"]},
        {**ECKey.generate_key().as_dict(private=False), "d": "AAAA"},
    ],
)
def test_refuses_an_ephemeral_key_that_is_none(forger: Forger, epk: object) -> None:
    header, *rest = forger.outer(forger.inner(), {}).split(".")
    changed = b64url(json.dumps({**json.loads(unb64url(header)), "epk": epk}).encode())
    broken_at("header", forger, ".".join([changed, *rest]))


def test_refuses_what_was_signed_for_another_recipient(
    forger: Forger, content: dict[str, object], context: SealContext, keys: MemoryKeyProvider
) -> None:
    """Rotterdam got a message and seals its inside again, to Alkmaar: a signed lie about whom."""
    inner = forger.inner(rcp=str(OTHER))
    broken_at("agreement", forger, forger.outer(inner, {}))
    broken_at("recipient", forger, forger.outer(inner, {"rcp": str(OTHER)}))


def test_refuses_what_was_signed_as_another_message(forger: Forger) -> None:
    broken_at("agreement", forger, forger.outer(forger.inner(rid="2"), {}))
    broken_at("agreement", forger, forger.outer(forger.inner(), {"rid": "2"}))


def test_refuses_what_the_gateway_did_not_sign(forger: Forger) -> None:
    stranger = dataclasses.replace(forger, keys=MemoryKeyProvider())
    broken_at("signature", forger, forger.outer(stranger.inner(), {}))
    header, payload, _ = forger.inner().split(".")
    for inner in (f"{header}.{payload}.", f"{header}.{payload}", "{}", "", "é"):
        with pytest.raises(SealBroken):
            forger.open(forger.outer(inner, {}))


def test_a_receipt_does_not_pass_for_a_message(forger: Forger) -> None:
    for kind in set(Kind) - {Kind.SEALED}:
        inner = sign_compact(b"{}", kind, forger.keys, rcp=str(forger.oin), rid="1")
        broken_at("signature", forger, forger.outer(inner, {}))
    headless = sign_compact(b"{}", Kind.SEALED, forger.keys)
    broken_at("signature", forger, forger.outer(headless, {}))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"a":1,"a":2}', b"\xff", b'{"a":NaN}'])
def test_refuses_content_that_is_no_object(forger: Forger, content: bytes) -> None:
    broken_at("content", forger, forger.outer(forger.inner(content), {}))


@pytest.mark.parametrize("value", [float("nan"), object(), "\ud800 999990019", b"999990019"])
def test_seals_only_what_json_knows(
    context: SealContext, public_key: RecipientPublicKey, keys: MemoryKeyProvider, value: object
) -> None:
    with pytest.raises(Fault) as refusal:
        seal_message({"pgn": value}, context, public_key, keys)
    assert "999990019" not in repr(refusal.value)
    assert refusal.value.__suppress_context__


def test_a_naive_time_is_our_fault(context: SealContext) -> None:
    with pytest.raises(Fault):
        replace(context, issued_at=context.issued_at.replace(tzinfo=None))
