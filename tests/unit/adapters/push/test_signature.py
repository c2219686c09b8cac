"""A recipient accepts a notice exactly as the gateway signed it, and nothing that differs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from http_message_signatures import HTTPMessageSigner

from adapters.keys.memory import MemoryKeyProvider
from adapters.push.signature import COVERED, TAG, VALID_FOR, Es256, sign_push
from adapters.push.verification import verify_push
from exchange.crypto.signatures import SignatureBroken

BERICHT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
OTHER = "01890a5d-ac96-774b-bcce-b302099a8058"
URL = "https://las.example.nl/push?bron=poort"
Spoil = Callable[[httpx.Request], httpx.Request | None]


@pytest.fixture(scope="module")
def keys() -> MemoryKeyProvider:
    return MemoryKeyProvider()


def notice(body: bytes | None = None) -> httpx.Request:
    headers = {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": str(BERICHT),
        "ce-source": "urn:nld:oin:00000099000000010000:systeem:verzuim-exchange",
        "ce-type": "nl.verzuim-exchange.bericht-beschikbaar",
        "ce-time": "2026-11-20T08:30:00.000Z",
    }
    content = body if body is not None else b'{"berichtId": "%s"}' % str(BERICHT).encode()
    return httpx.Request("POST", URL, headers=headers, content=content)


def signed(
    keys: MemoryKeyProvider, age: timedelta = timedelta(0), body: bytes | None = None
) -> httpx.Request:
    request = notice(body)
    sign_push(request, keys, datetime.now(UTC) - age)
    return request


def with_parts(request: httpx.Request, **parts: Any) -> httpx.Request:  # noqa: ANN401  parts differ
    given = {
        "method": request.method,
        "url": request.url,
        "headers": request.headers.raw,
        "content": request.content,
    }
    return httpx.Request(**{**given, **parts})


def digest_of(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def with_header(name: str, value: str) -> Spoil:
    def spoil(request: httpx.Request) -> None:
        request.headers[name] = value

    return spoil


def without_header(name: str) -> Spoil:
    def spoil(request: httpx.Request) -> None:
        del request.headers[name]

    return spoil


def with_second(name: str) -> Spoil:
    def spoil(request: httpx.Request) -> httpx.Request:
        raw = [*request.headers.raw, (name.encode(), request.headers[name].encode())]
        return with_parts(request, headers=raw)

    return spoil


def with_other_body(request: httpx.Request) -> httpx.Request:
    return with_parts(request, content=b'{"berichtId": "%s"}' % OTHER.encode())


def with_other_body_and_digest(request: httpx.Request) -> httpx.Request:
    changed = with_other_body(request)
    changed.headers["content-digest"] = digest_of(changed.content)
    return changed


def edited(header: str, old: str, new: str) -> Spoil:
    def spoil(request: httpx.Request) -> None:
        assert old in request.headers[header]
        request.headers[header] = request.headers[header].replace(old, new)

    return spoil


def with_flipped_bit(request: httpx.Request) -> None:
    label, _, rest = request.headers["signature"].partition("=:")
    raw = bytearray(base64.b64decode(rest[:-1]))
    raw[40] ^= 1
    request.headers["signature"] = f"{label}=:{base64.b64encode(raw).decode()}:"


def test_a_notice_verifies_and_gives_its_id(keys: MemoryKeyProvider) -> None:
    assert verify_push(signed(keys), keys.public_keys()) == BERICHT


def test_it_verifies_when_built_again_from_its_parts(keys: MemoryKeyProvider) -> None:
    assert verify_push(with_parts(signed(keys)), keys.public_keys()) == BERICHT


def test_what_is_signed_is_stated_in_the_header(keys: MemoryKeyProvider) -> None:
    stated = signed(keys).headers["signature-input"]
    assert all(f'"{component}"' in stated for component in COVERED)
    created = int(datetime.now(UTC).timestamp())
    assert f";created={created}" in stated
    assert f";expires={created + int(VALID_FOR.total_seconds())}" in stated
    assert f';keyid="{keys.signing_kid()}"' in stated
    assert f';tag="{TAG}"' in stated


def test_the_digest_is_that_of_the_body(keys: MemoryKeyProvider) -> None:
    request = signed(keys)
    assert request.headers["content-digest"] == digest_of(request.content)


@pytest.mark.parametrize(
    "spoil",
    [
        *(with_header(name, "x") for name in COVERED if not name.startswith("@")),
        *(without_header(name) for name in COVERED if not name.startswith("@")),
        *(with_second(name) for name in COVERED if not name.startswith("@")),
        without_header("signature"),
        without_header("signature-input"),
        with_second("signature"),
        with_second("signature-input"),
        with_header("signature", "poort=:AAAA:"),
        with_header("signature", "nonsense"),
        with_header("signature-input", "poort=();created=1"),
        with_header("signature-input", 'poort=("x" "x'),
        with_header("content-digest", "md5=:AAAA:"),
        with_other_body,
        with_other_body_and_digest,
        with_flipped_bit,
        lambda request: with_parts(request, url=URL.replace("las", "ander")),
        lambda request: with_parts(request, url=URL + "&meer=1"),
        lambda request: with_parts(request, method="PUT"),
        lambda request: with_parts(request, content=b""),
        lambda request: with_parts(request, content=request.content + b" "),
        lambda request: with_parts(request, content=b" " * 5000),
        edited("signature-input", TAG, "iets-anders"),
        edited("signature-input", ";created=1", ";created=2"),
        edited("signature-input", ";expires=1", ";expires=2"),
        edited("signature-input", '"@method" ', ""),
        edited("signature-input", "ecdsa-p256-sha256", "hmac-sha256"),
        edited("signature-input", ";created=", ";iets=1;created="),
    ],
)
def test_anything_that_was_touched_is_refused(keys: MemoryKeyProvider, spoil: Spoil) -> None:
    request = signed(keys)
    changed = spoil(request) or request
    with pytest.raises(SignatureBroken) as refused:
        verify_push(changed, keys.public_keys())
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(days=1), timedelta(minutes=-2)])
def test_an_old_or_future_notice_is_refused(keys: MemoryKeyProvider, age: timedelta) -> None:
    with pytest.raises(SignatureBroken):
        verify_push(signed(keys, age), keys.public_keys())


def test_a_notice_of_another_gateway_is_refused(keys: MemoryKeyProvider) -> None:
    with pytest.raises(SignatureBroken):
        verify_push(signed(MemoryKeyProvider()), keys.public_keys())


@pytest.mark.parametrize("jwks", [[], [{"kid": "x"}]])
def test_without_the_key_nothing_verifies(keys: MemoryKeyProvider, jwks: list[Any]) -> None:
    with pytest.raises(SignatureBroken):
        verify_push(signed(keys), jwks)


@pytest.mark.parametrize("change", [{"use": "checkpoint"}, {"crv": "P-384"}, {"x": "AAAA"}])
def test_a_key_for_another_use_or_malformed_verifies_nothing(
    keys: MemoryKeyProvider, change: dict[str, str]
) -> None:
    jwks = [{**jwk, **change} for jwk in keys.public_keys()]
    with pytest.raises(SignatureBroken):
        verify_push(signed(keys), jwks)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"berichtId": "%s"}' % OTHER.encode(),
        b'{"berichtId": "%s", "pgn": "x"}' % str(BERICHT).encode(),
        b'{"berichtId": "%s", "berichtId": "%s"}' % (OTHER.encode(), str(BERICHT).encode()),
        b'{"nummer": 17}',
    ],
)
def test_a_signed_notice_with_another_body_is_refused(keys: MemoryKeyProvider, body: bytes) -> None:
    with pytest.raises(SignatureBroken):
        verify_push(signed(keys, body=body), keys.public_keys())


@pytest.mark.parametrize("left_out", [*COVERED, "expires", "tag"])
def test_the_gateway_itself_cannot_sign_for_less(keys: MemoryKeyProvider, left_out: str) -> None:
    request, now = notice(), datetime.now(UTC)
    request.headers["content-digest"] = digest_of(request.content)
    signer = HTTPMessageSigner(signature_algorithm=Es256)
    prepared = signer.prepare(
        request,
        key_id=keys.signing_kid(),
        created=now,
        expires=None if left_out == "expires" else now + VALID_FOR,
        tag=None if left_out == "tag" else TAG,
        covered_component_ids=[part for part in COVERED if part != left_out],
        use_existing_digest=True,
    )
    signer.apply(request, prepared, keys.sign(prepared.signature_base))
    with pytest.raises(SignatureBroken):
        verify_push(request, keys.public_keys())


def test_a_longer_validity_than_agreed_is_not_granted(
    keys: MemoryKeyProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.push.signature.VALID_FOR", timedelta(days=1))
    assert verify_push(signed(keys), keys.public_keys()) == BERICHT
    with pytest.raises(SignatureBroken):
        verify_push(signed(keys, timedelta(minutes=6)), keys.public_keys())


def test_a_key_rotated_while_signing_is_asked_again(keys: MemoryKeyProvider) -> None:
    class Rotating(MemoryKeyProvider):
        names = iter(["old", "new", "new", "new"])

        def signing_kid(self) -> str:
            return next(self.names)

    request = notice()
    sign_push(request, Rotating(), datetime.now(UTC))
    assert 'keyid="new"' in request.headers["signature-input"]


def test_what_is_signed_is_what_the_library_would_sign(keys: MemoryKeyProvider) -> None:
    class Recording(MemoryKeyProvider):
        signed = b""

        def sign(self, message: bytes) -> bytes:
            self.signed = message
            return super().sign(message)

    recording, request, now = Recording(), notice(), datetime.now(UTC)
    sign_push(request, recording, now)
    stated = request.headers["signature-input"]
    prepared = HTTPMessageSigner(signature_algorithm=Es256).prepare(
        request,
        key_id=recording.signing_kid(),
        created=now,
        expires=now + VALID_FOR,
        label="poort",
        tag=TAG,
        covered_component_ids=COVERED,
        body=request.content,
        use_existing_digest=True,
    )
    assert recording.signed == prepared.signature_base
    assert stated.removeprefix("poort=") in prepared.signature_base.decode()
