"""Keeps a recipient's private keys: one file that only its owner reads, the newest key first.

A JWK Set (RFC 7517 section 5), or a single JWK made elsewhere. After a rotation the older keys stay
in it, because messages sealed to them may still wait; ``actiefSinds``, a member of the set, is when
the gateway was first seen to seal to the newest.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.complaint import out_of_service
from adapters.keys.file.durable import create_once, make_folder, replace
from exchange.crypto.canonical import canonical, strict_json
from exchange.crypto.sealing_keys import KeyType, RecipientPrivateKey, generate_recipient_key
from exchange.errors import Invalid

_ROLE = "privésleutel van de ontvanger"
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SINCE = "actiefSinds"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys of one file; messages are opened with any of them, ``current`` is registered."""

    path: Path
    keys: tuple[RecipientPrivateKey, ...]
    active_since: datetime | None = None

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
                create_once(path, _as_set([strict_json(generate_recipient_key())], None))
        except OSError as error:
            raise out_of_service(_ROLE, f"{path} is niet te lezen of te maken.") from error
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> KeyFile:
        """Read the file. Raises ``Unavailable`` as ``load_or_create`` does."""
        try:
            if path.stat().st_mode & _OPEN_TO_OTHERS:
                raise out_of_service(_ROLE, f"Anderen kunnen hierbij: chmod 600 {path}")
            document = _document(path)
            return cls(path, tuple(_parsed(jwk) for jwk in _listed(document)), _since(document))
        except OSError as error:
            raise out_of_service(_ROLE, f"{path} is niet te lezen of te maken.") from error
        except (ValueError, Invalid):  # a cause may quote the key
            raise out_of_service(_ROLE, f"{path} bevat geen private JWK (Set).") from None

    def rotated(self, kind: KeyType | None = None) -> KeyFile:
        """Put a new key before the others, on disk too; registering it is the receiver's.

        It is of the same kind as the current one, unless another is asked for.
        """
        wanted = kind or KeyType(self.current.public_jwk["kty"])
        with _alone(self.path):
            jwks = [strict_json(generate_recipient_key(wanted)), *_listed(_document(self.path))]
            replace(self.path, _as_set(jwks, None))
        return self.load(self.path)

    def noted_active(self, since: datetime) -> KeyFile:
        """Remember since when the gateway seals to the current key; the first moment counts."""
        with _alone(self.path):
            document = _document(self.path)
            jwks = _listed(document)
            if _parsed(jwks[0]) == self.current and _since(document) is None:
                replace(self.path, _as_set(jwks, since))
        return self.load(self.path)

    def without_older(self) -> KeyFile:
        """Keep the current key alone; the others are overwritten, and open nothing ever again."""
        with _alone(self.path):
            document = _document(self.path)
            kept = [jwk for jwk in _listed(document) if _parsed(jwk) == self.current]
            replace(self.path, _as_set(kept, _since(document)))
        return self.load(self.path)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other rotations out: of two at once, one would lose the key that the other registers."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _document(path: Path) -> Mapping[str, Any]:
    document = strict_json(path.read_bytes())
    return document if isinstance(document, dict) else {}


def _listed(document: Mapping[str, Any]) -> list[object]:
    listed = document.get("keys", [document])
    if not isinstance(listed, list) or not listed:
        raise ValueError("no key")
    return listed


def _since(document: Mapping[str, Any]) -> datetime | None:
    since = document.get(_SINCE) if "keys" in document else None
    return datetime.fromisoformat(str(since)) if since is not None else None


def _parsed(jwk: object) -> RecipientPrivateKey:
    return RecipientPrivateKey.parse(canonical(jwk).decode())


def _as_set(jwks: list[object], since: datetime | None) -> bytes:
    told = {_SINCE: since.isoformat()} if since else {}
    return canonical({"keys": jwks, **told}) + b"\n"
