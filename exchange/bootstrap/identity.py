"""Opens what callers are known by: trusted CAs, revocation lists, and the TLS of our listener."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Never

from adapters.complaint import out_of_service
from adapters.identity.server_tls import ServerTls
from adapters.identity.trust import Trust
from exchange.config import Settings
from exchange.errors import Code, Unavailable
from exchange.messages.identifiers import Oin
from exchange.policy.necessity import Mode
from exchange.ports import Clock

_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Doorkeepers:
    """Who watches the files by which callers are known; ``tls`` only where we end it ourselves."""

    trust: Trust
    tls: ServerTls | None

    async def keep_current(self) -> Never:
        """Take files that were replaced into use, with or without callers; until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.trust.look()
            if self.tls is not None:
                self.tls.look()


def open_doorkeepers(settings: Settings, clock: Clock) -> Doorkeepers:
    """Open what both listeners need; raises ``Unavailable`` naming the setting that is missing."""
    if settings.client_ca is None:
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden="set EXCHANGE_CLIENT_CA")
    if settings.mode is Mode.PRODUCTION and settings.client_crl is None:
        raise out_of_service(
            "client-crl",
            "Productie eist intrekkingslijsten: zet EXCHANGE_CLIENT_CRL op een PEM-bestand met de"
            " lijst van elke CA in EXCHANGE_CLIENT_CA (docs/identity.md).",
        )
    tls = None
    if settings.listen and settings.tls_certificate and settings.tls_key:
        tls = ServerTls(settings.tls_certificate, settings.tls_key, settings.client_ca)
    return Doorkeepers(Trust(settings.client_ca, settings.client_crl, clock), tls)


def own_oin(settings: Settings) -> Oin:
    """Give the OIN of this gateway; a test party runs no production, and a real one no trial."""
    try:
        oin = Oin(settings.gateway_oin)
    except ValueError:
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden="set EXCHANGE_OIN") from None
    if oin.is_test is not (settings.mode is Mode.TRIAL):
        raise out_of_service(
            "oin",
            "Zet EXCHANGE_OIN: in productie op het eigen OIN, in een proef op een test-OIN"
            " (00000099...).",
        )
    return oin
