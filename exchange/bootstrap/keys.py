"""Opens the key provider."""

from __future__ import annotations

from adapters.keys.file import FileKeyProvider
from exchange.config import Settings
from exchange.errors import Code, Unavailable
from exchange.policy.necessity import Mode
from exchange.ports import KeyProvider


def open_keys(settings: Settings) -> KeyProvider:
    """Open the key provider; the file provider is for the trial only."""
    if settings.mode is Mode.PRODUCTION:
        raise Unavailable(
            Code.DIENST_ONBESCHIKBAAR,
            reden="production refuses the file key provider, and it is the only one there is yet",
        )
    return FileKeyProvider(settings.keys, settings.passphrase)


def make_keys(settings: Settings) -> None:
    """Make the file key provider's folder, if it is not there yet."""
    FileKeyProvider.create(settings.keys, settings.passphrase)
