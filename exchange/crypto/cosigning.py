"""Signs as a witness that a log only grew (C2SP tlog-cosignature, ``cosignature/v1``)."""

from __future__ import annotations

import base64

from exchange.crypto.ed25519 import CheckpointKey
from exchange.crypto.keyring import RootSecret
from exchange.crypto.verify_log import WITNESS_KEY, Checkpoint, cosigned_message, key_id


class Cosigner:
    """A witness with its name and its key, which signs nothing else."""

    __slots__ = ("_key", "name")

    def __init__(self, name: str, root: RootSecret) -> None:
        self.name = name
        self._key = CheckpointKey(root)

    @property
    def vkey(self) -> str:
        """Give the verifier key that the operator of the log must trust."""
        public = self._key.public
        return f"{self.name}+{self._key_id.hex()}+{_base64(bytes([WITNESS_KEY]) + public)}"

    def line(self, checkpoint: Checkpoint, signed_at: int) -> str:
        """Give the signature line under ``checkpoint`` at that moment (Unix seconds)."""
        signature = self._key.sign(cosigned_message(checkpoint.text, signed_at))
        blob = self._key_id + signed_at.to_bytes(8, "big") + signature
        return f"\u2014 {self.name} {_base64(blob)}\n"

    @property
    def _key_id(self) -> bytes:
        return key_id(self.name, WITNESS_KEY, self._key.public)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
