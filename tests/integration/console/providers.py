"""Sign-in providers: a real one in a process of its own, and one that we let lie."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import respx
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from adapters.identity.oidc import OidcProvider, OidcSettings
from exchange.console.navigation import RETURN
from exchange.ports import Clock

CLIENT_ID = "verzuim-exchange"
_START_SECONDS = 30


@contextmanager
def provider_process() -> Iterator[str]:
    """Run an OpenID provider on this machine; give its issuer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "-n", "true")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{port}"
    try:
        _await(issuer, process)
        yield issuer
    finally:
        process.terminate()
        process.wait()


def provider_at(issuer: str, clock: Clock, url: str, **settings: Any) -> OidcProvider:  # noqa: ANN401
    """Give the console's side of it."""
    chosen = OidcSettings(issuer, CLIENT_ID, url + RETURN, allow_plain=True, **settings)
    return OidcProvider(chosen, clock)


def approve(address: str, subject: str) -> str:
    """Sign in at the real provider as its form does, and give where it sends the browser."""
    answer = httpx.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def query_of(address: str) -> dict[str, str]:
    """Give the query of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def _await(issuer: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "the provider did not start"
        try:
            if httpx.get(f"{issuer}/.well-known/openid-configuration").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(issuer)


ISSUER = "https://aanmelden.example"


@dataclass
class Liar:
    """A provider whose every word we choose; what is not changed is as it should be.

    ``claims`` and ``header`` change the token (None leaves one out), ``metadata`` the description,
    ``key`` signs. It knows what it was asked (``asked``), and checks the verifier as a real one.
    """

    now: datetime
    subject: str = "persoon-1"
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    key: RSAKey | ECKey | OctKey | None = None
    status: int = 200
    answer: bytes | None = None
    own: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    published: list[Mapping[str, Any]] | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Answer in the place of ``ISSUER``."""
        with respx.mock(assert_all_called=False) as router:
            router.get(f"{ISSUER}/.well-known/openid-configuration").mock(side_effect=self._about)
            router.get(f"{ISSUER}/sleutels").mock(side_effect=self._keys)
            router.post(f"{ISSUER}/token").mock(side_effect=self._token)
            yield

    def approve(self, address: str) -> str:
        """Let somebody in who comes with ``address``; give where the browser goes."""
        asked = query_of(address)
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{urlsplit(asked['redirect_uri']).path}?code={code}&state={asked['state']}"

    def _about(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        told = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/sleutels",
        }
        return httpx.Response(200, json=_changed(told, self.metadata))

    def _keys(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        keys = self.published
        return httpx.Response(200, json={"keys": [self.own.as_dict()] if keys is None else keys})

    def _token(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or not _is_preimage(form["code_verifier"], asked["code_challenge"]):
            return httpx.Response(400, json={"error": "invalid_grant"})
        if self.answer is not None:
            return httpx.Response(self.status, content=self.answer)
        token = {"access_token": "toegang", "token_type": "Bearer", "id_token": self._word(asked)}
        return httpx.Response(self.status, json=token)

    def _word(self, asked: Mapping[str, str]) -> str:
        now = int(self.now.timestamp())
        claims = {
            "iss": ISSUER,
            "sub": self.subject,
            "aud": asked["client_id"],
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
        }
        header = _changed({"alg": "RS256", "kid": "1", "typ": "JWT"}, self.header)
        payload = json.dumps(_changed(claims, self.claims)).encode()
        if header["alg"] == "none":
            return ".".join(map(_b64, (json.dumps(header).encode(), payload, b"")))
        return jws.serialize_compact(
            header, payload, self.key or self.own, algorithms=[header["alg"]]
        )


def _changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def _is_preimage(verifier: str, challenge: str) -> bool:
    return _b64(hashlib.sha256(verifier.encode()).digest()) == challenge


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
