"""Keys in a PKCS#11 token (an HSM, or SoftHSM for a trial): for production. Linux only."""

from adapters.keys.pkcs11.provider import TokenKeyProvider

__all__ = ["TokenKeyProvider"]
