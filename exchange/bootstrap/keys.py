"""Opens the key provider: a token where settings name one, the folder of a trial otherwise."""

from __future__ import annotations

from pathlib import Path

from adapters.keys.file import FileKeyProvider
from exchange.config import Settings
from exchange.errors import Code, Unavailable
from exchange.policy.necessity import Mode
from exchange.ports import KeyProvider


def open_keys(settings: Settings) -> KeyProvider:
    """Open the keys; production takes those of a token only.

    Raises ``Unavailable`` when settings are half a choice, or when what they name does not open.
    """
    if _names_a_token(settings):
        return _token_keys(settings, make=False)
    return FileKeyProvider(settings.keys, _passphrase(settings))


def make_keys(settings: Settings) -> None:
    """Make the folder and the first keys, if they are not there yet; safe to repeat."""
    if _names_a_token(settings):
        _token_keys(settings, make=True)
    else:
        FileKeyProvider.create(settings.keys, _passphrase(settings))


def _names_a_token(settings: Settings) -> bool:
    return settings.pkcs11_module is not None or settings.pkcs11_token is not None


def _token_keys(settings: Settings, *, make: bool) -> KeyProvider:
    """Open a token; its library is loaded only here, for it is there on Linux only."""
    module, token, pin = settings.pkcs11_module, settings.pkcs11_token, settings.pkcs11_pin
    if module is None or token is None or pin is None:
        raise _refused(
            "set EXCHANGE_PKCS11_MODULE, EXCHANGE_PKCS11_TOKEN and EXCHANGE_PKCS11_PIN_FILE, all"
            " three, or neither of the first two"
        )
    try:
        from adapters.keys.pkcs11 import TokenKeyProvider  # noqa: PLC0415
    except ImportError as error:
        raise _refused("python-pkcs11 is not installed: a token needs it (Linux)") from error
    opened = TokenKeyProvider.create if make else TokenKeyProvider
    return opened(settings.keys, module, token, pin)


def _passphrase(settings: Settings) -> Path:
    if settings.mode is Mode.PRODUCTION:
        raise _refused(
            "production refuses the file key provider: set EXCHANGE_PKCS11_MODULE,"
            " EXCHANGE_PKCS11_TOKEN and EXCHANGE_PKCS11_PIN_FILE"
        )
    if settings.passphrase is None:
        raise _refused("set EXCHANGE_KEYS_PASSPHRASE_FILE")
    return settings.passphrase


def _refused(reden: str) -> Unavailable:
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden)
