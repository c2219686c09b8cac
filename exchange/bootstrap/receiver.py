"""Builds the reference receiver of one party."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.http import mtls_client
from adapters.leerplicht.keyfile import KeyFile
from adapters.leerplicht.mailbox import Mailbox
from adapters.leerplicht.receiver import Receiver, ReceiverSettings
from adapters.leerplicht.rotation import KeyRotation, Obstacle, Removal, Rotated
from adapters.system import SystemClock
from exchange.crypto.certificates import read_certificate
from exchange.errors import Code, ExchangeError, Unavailable
from exchange.messages.identifiers import Oin

__all__ = [
    "Membership",
    "Obstacle",
    "Reception",
    "Removal",
    "Rotated",
    "open_receiver",
    "open_rotation",
    "recipient_public_key",
]


@dataclass(frozen=True, slots=True)
class Membership:
    """How a recipient reaches the gateway, and where its own private keys lie."""

    base_url: str
    ca: Path
    cert: Path
    key: Path
    private_key: Path


@dataclass(frozen=True, slots=True)
class Reception:
    """Where a recipient receives from and writes to; ``ca``, ``cert`` and ``key`` are PEM files."""

    base_url: str
    ca: Path
    cert: Path
    key: Path
    private_key: Path
    journal: Path
    poll_seconds: float
    idle_seconds: float


def open_receiver(reception: Reception, on_event: Callable[..., None]) -> Receiver:
    """Build the reference receiver of the party that the certificate names."""
    settings = ReceiverSettings(
        base_url=reception.base_url,
        oin=_oin_in(reception.cert),
        ca=reception.ca,
        cert=reception.cert,
        key=reception.key,
        private_key=reception.private_key,
        journal=reception.journal,
        poll_seconds=reception.poll_seconds,
        idle_seconds=reception.idle_seconds,
    )
    return Receiver(settings, on_event)


def recipient_public_key(private_key: Path) -> Mapping[str, str]:
    """Give the public half of a recipient's current key; its file is made if it is not there."""
    return KeyFile.load_or_create(private_key).current.public_jwk


@contextmanager
def open_rotation(member: Membership) -> Iterator[KeyRotation]:
    """Build what rotates the keys of the party that the certificate names."""
    client = mtls_client(member.base_url, member.ca, member.cert, member.key)
    try:
        mailbox = Mailbox(client, _oin_in(member.cert))
        yield KeyRotation(mailbox, member.private_key, SystemClock())
    finally:
        client.close()


def _oin_in(cert: Path) -> Oin:
    try:
        return read_certificate(ssl.PEM_cert_to_DER_cert(cert.read_text("ascii"))).oin
    except (OSError, ValueError, ExchangeError):
        reden = f"{cert} is no client certificate with an OIN, or cannot be read"
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden) from None
