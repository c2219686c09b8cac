"""Keeps a recipient's private keys: one file that only its owner reads, the newest key first.

A JWK Set (RFC 7517 section 5), or a single JWK made elsewhere. After a rotation the older keys stay
in it, because messages sealed to them may still wait.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from adapters.complaint import out_of_service
from adapters.keys.file.durable import create_once, make_folder, replace
from exchange.crypto.canonical import canonical, strict_json
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.errors import Invalid

_ROLE = "privésleutel van de ontvanger"
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys of one file; messages are opened with any of them, ``current`` is registered."""

    path: Path
    keys: tuple[RecipientPrivateKey, ...]

    @property
    def current(self) -> RecipientPrivateKey:
        """The key to which new messages are to be sealed."""
        return self.keys[0]

    @classmethod
    def load_or_create(cls, path: Path) -> KeyFile:
        """Read the file, made first with one new key (mode 600) if it is not there.

        Two processes that make it at once get the same key. Raises ``Unavailable``, with what mends
        it, when the file is garbled, or readable by others: then the key counts as known to them.
        """
        try:
            if not path.exists():
                make_folder(path.parent)
                create_once(path, _as_set(strict_json(generate_recipient_key())))
            if path.stat().st_mode & _OPEN_TO_OTHERS:
                raise out_of_service(_ROLE, f"Anderen kunnen hierbij: chmod 600 {path}")
            return cls(path, tuple(_parsed(jwk) for jwk in _listed(path.read_bytes())))
        except OSError as error:
            raise out_of_service(_ROLE, f"{path} is niet te lezen of te maken.") from error
        except (ValueError, Invalid):  # a cause may quote the key
            raise out_of_service(_ROLE, f"{path} bevat geen private JWK (Set).") from None

    def rotated(self) -> KeyFile:
        """Put a new key before the others, on disk too; registering it is the receiver's."""
        jwks = [strict_json(generate_recipient_key()), *_listed(self.path.read_bytes())]
        replace(self.path, _as_set(*jwks))
        return self.load_or_create(self.path)


def _listed(content: bytes) -> list[object]:
    document = strict_json(content)
    listed = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        raise ValueError("no key")
    return listed


def _parsed(jwk: object) -> RecipientPrivateKey:
    return RecipientPrivateKey.parse(canonical(jwk).decode())


def _as_set(*jwks: object) -> bytes:
    return canonical({"keys": list(jwks)}) + b"\n"
