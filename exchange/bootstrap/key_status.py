"""Gathers where every key stands: in the key store, in the directory and in the PEM files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from exchange.accountability.checkpoint import checkpoint_vkey, origin_of
from exchange.bootstrap.administration import Administration, administer
from exchange.bootstrap.keys import open_keys
from exchange.config import Settings
from exchange.crypto.certificate_facts import (
    CertificateFact,
    RevocationFact,
    certificates_in,
    revocations_in,
)
from exchange.errors import Code, Unavailable
from exchange.messages.identifiers import Oin
from exchange.ports import KeyFact, KeyKind
from exchange.storage.directory import list_keys
from exchange.storage.rows import RecipientKeyRow

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """All there is to say; ``recipients`` is None when the database does not answer."""

    store: tuple[KeyFact, ...]
    checkpoint: str | None
    recipients: Sequence[RecipientKeyRow] | None
    certificates: tuple[tuple[str, CertificateFact], ...]
    revocations: tuple[RevocationFact, ...]


def key_status(settings: Settings) -> KeyStatus:
    """Look everywhere and change nothing. Raises ``Unavailable`` for a store or file gone bad."""
    keys = open_keys(settings)
    store = keys.inventory()
    has_checkpoint = any(fact.kind is KeyKind.CHECKPOINT for fact in store)
    origin = origin_of(Oin(settings.gateway_oin))
    return KeyStatus(
        store=store,
        checkpoint=checkpoint_vkey(origin, keys) if has_checkpoint else None,
        recipients=_recipients(settings),
        certificates=tuple(_certificates(settings)),
        revocations=_read(settings.client_crl, revocations_in) if settings.client_crl else (),
    )


def _recipients(settings: Settings) -> Sequence[RecipientKeyRow] | None:
    async def work(admin: Administration) -> Sequence[RecipientKeyRow]:
        async with admin.database.transaction() as conn:
            return await list_keys(conn)

    try:
        return administer(settings, work)
    except Unavailable:
        return None


def _certificates(settings: Settings) -> Iterator[tuple[str, CertificateFact]]:
    for what, path in (("server", settings.tls_certificate), ("client-ca", settings.client_ca)):
        if path is not None:
            yield from ((what, fact) for fact in _read(path, certificates_in))


def _read(path: Path, reader: Callable[[bytes], Read]) -> Read:
    try:
        return reader(path.read_bytes())
    except (OSError, ValueError):
        reden = f"{path} is niet te lezen of is geen PEM-bestand van die soort"
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden) from None
