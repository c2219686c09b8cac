"""Builds the reference sender of one delivery."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.school_systems.kinds import Kind
from adapters.school_systems.report import Report
from adapters.school_systems.sender import REFUSALS, Sender, SenderSettings
from adapters.school_systems.ways import RECEIPTS
from adapters.system import SystemClock
from exchange.bootstrap.law import open_law
from exchange.crypto.certificates import read_certificate
from exchange.errors import Code, ExchangeError, Unavailable
from exchange.messages.identifiers import Oin

__all__ = ["RECEIPTS", "REFUSALS", "Kind", "Report", "Sender", "Sending", "open_sender"]


@dataclass(frozen=True, slots=True)
class Sending:
    """What a school or its supplier sends, where, and as whom; the last three are PEM files."""

    file: Path
    kind: Kind
    out: Path
    ignored: Sequence[str]
    rehearsal: bool
    packed: bool
    base_url: str
    ca: Path
    cert: Path
    key: Path


def open_sender(sending: Sending, stop: threading.Event) -> Sender:
    """Build the sender of the party that the certificate names; ``stop`` ends it in order."""
    settings = SenderSettings(
        base_url=sending.base_url,
        oin=_oin_in(sending.cert),
        ca=sending.ca,
        cert=sending.cert,
        key=sending.key,
        file=sending.file,
        kind=sending.kind,
        out=sending.out,
        ignored=frozenset(sending.ignored),
        rehearsal=sending.rehearsal,
        packed=sending.packed,
    )
    return Sender(settings, open_law(), stop)


def _oin_in(cert: Path) -> Oin:
    try:
        found = read_certificate(ssl.PEM_cert_to_DER_cert(cert.read_text("ascii")))
    except (OSError, ValueError, ExchangeError):
        raise _unusable(f"{cert} is geen clientcertificaat met een OIN, of niet te lezen") from None
    if found.not_after < SystemClock().now():
        raise _unusable(f"{cert} is verlopen")
    return found.oin


def _unusable(reden: str) -> Unavailable:
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden)
