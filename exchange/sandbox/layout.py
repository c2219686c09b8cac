"""Where everything lies in a sandbox folder; the names that others rely on are in the contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exchange.config import SETTINGS_FILE


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one sandbox; ``root`` is absolute."""

    root: Path

    @property
    def settings(self) -> Path:
        """What each part of the installation is started with."""
        return self.root / SETTINGS_FILE

    @property
    def announcement(self) -> Path:
        """What others read to find their way: addresses, certificates, journals."""
        return self.root / "sandbox.json"

    @property
    def memory(self) -> Path:
        """What a later start must know of an earlier one."""
        return self.root / "story.json"

    @property
    def keys(self) -> Path:
        """The key provider's folder."""
        return self.root / "keys"

    @property
    def passphrase(self) -> Path:
        """What opens the keys."""
        return self.root / "keys.passphrase"

    @property
    def passfile(self) -> Path:
        """The database passwords (libpq passfile)."""
        return self.root / "postgres.passwords"

    @property
    def logs(self) -> Path:
        """What the parts say."""
        return self.root / "logs"

    @property
    def pki(self) -> Path:
        """The sandbox's own CA, and certificates made by it."""
        return self.root / "pki"

    @property
    def ca(self) -> Path:
        """The certificate that everybody trusts here."""
        return self.certificate("ca")

    def certificate(self, name: str) -> Path:
        """Give the certificate of the CA, the server or a party."""
        return self.pki / f"{name}.pem"

    def private_key(self, name: str) -> Path:
        """Give the private key that belongs to it."""
        return self.pki / f"{name}.key"

    @property
    def logboek(self) -> Path:
        """The tree over the log as static files: its newest head, and the hashes under it."""
        return self.root / "logboek"

    @property
    def receivers(self) -> Path:
        """What the reference receivers keep."""
        return self.root / "receivers"

    def journal(self, party: str) -> Path:
        """Give the file in which a receiver writes what it opened."""
        return self.receivers / f"{party}.ndjson"

    def receiver_key(self, party: str) -> Path:
        """Give the file of a receiver's own private keys (JWK Set)."""
        return self.receivers / f"{party}.jwks"

    @property
    def leveringen(self) -> Path:
        """The pages of the last release, as each recipient collected them."""
        return self.root / "leveringen"

    def relative(self, path: Path) -> str:
        """Give a path as it stands in ``sandbox.json``."""
        return path.relative_to(self.root).as_posix()
