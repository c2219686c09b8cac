"""The way to the sign-in provider and back: what is remembered meanwhile, sealed and for once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta

from exchange.crypto.canonical import b64url
from exchange.errors import Code, Refused
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.sessions import CONSOLE_KEY, SECRET_BYTES, read_secret, secret_digest
from exchange.pipeline.sign_in import note_failure, sign_in_as
from exchange.ports import Identity, SignInProvider
from exchange.storage import console
from exchange.telemetry.trace import Trace

TRIP_TERM = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the ``state`` that it keeps and brings back."""

    address: str = field(repr=False)
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """The secret of the new session, and the page that was asked for."""

    secret: str = field(repr=False)
    page: str


async def depart(page: str, provider: SignInProvider, gateway: Gateway) -> Departure:
    """Begin to sign in, on the way to ``page``."""
    secrets = [gateway.ids.random(SECRET_BYTES) for _ in range(3)]
    state, nonce, verifier = map(b64url, secrets)
    address = await provider.authorization_url(state, nonce, verifier)
    digest = secret_digest("login/v1", secrets[0], gateway.keys)
    kept = json.dumps({"nonce": nonce, "verifier": verifier, "page": page}).encode()
    sealed = gateway.keys.seal(CONSOLE_KEY, kept, _context(digest))
    async with gateway.database.transaction() as conn:
        await console.remember_login(conn, digest, sealed, gateway.clock.now() + TRIP_TERM)
    return Departure(address, state)


async def arrive(
    state: str, code: str | None, provider: SignInProvider, trace: Trace, gateway: Gateway
) -> Arrival:
    """Sign in who comes back; a ``state`` serves once, whatever comes of it.

    Without a ``code`` the provider let nobody in. Raises ``geen-recht``, and records why, when
    nothing was proven; no transaction is open while the provider is asked.
    """
    digest = secret_digest("login/v1", read_secret(state), gateway.keys)
    async with gateway.database.transaction() as conn:
        sealed = await console.take_login(conn, digest, gateway.clock.now())
    if sealed is None:
        raise Refused(Code.GEEN_RECHT, rule="aanmelding-voorbij")
    kept = json.loads(gateway.keys.open(CONSOLE_KEY, sealed, _context(digest)))
    try:
        identity = await _identified(code, kept["nonce"], kept["verifier"], provider)
    except Refused as error:
        await note_failure(error, trace, gateway)
        raise
    return Arrival(await sign_in_as(identity, trace, gateway), kept["page"])


async def _identified(
    code: str | None, nonce: str, verifier: str, provider: SignInProvider
) -> Identity:
    if code is None:
        raise Refused(Code.GEEN_RECHT, rule="afgebroken")
    return await provider.identify(code, nonce, verifier)


def _context(digest: bytes) -> bytes:
    """Bind what is kept to its row: it opens nowhere else."""
    return b"console_logins|sealed|" + digest
