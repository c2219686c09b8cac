"""The certificates of the tests at the edge: of a server, of parties, of who must be refused."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exchange.crypto.pki import (
    Credential,
    Validity,
    make_authority,
    make_client,
    make_crl,
    make_server,
)
from tests.integration.api.world import OINS

_NOW = datetime.now(UTC).replace(microsecond=0)
VALID = Validity(_NOW - timedelta(hours=1), _NOW + timedelta(days=1))
_PAST = Validity(_NOW - timedelta(days=9), _NOW - timedelta(days=2))


@dataclass(frozen=True)
class Parties:
    """The files of one authority in ``folder``."""

    folder: Path
    authority: Credential

    @property
    def ca(self) -> Path:
        """The clients' authority, and the server's."""
        return self.folder / "ca.pem"

    @property
    def crl(self) -> Path:
        """Its list of revoked certificates."""
        return self.folder / "crl.pem"

    @property
    def server(self) -> Path:
        """Certificate and key in one file, as HAProxy wants them."""
        return self.folder / "edge.pem"

    def revoke(self, *names: str, number: int = 1) -> None:
        """Write the list anew."""
        revoked = [(self.folder / f"{name}.pem").read_bytes() for name in names]
        draft = self.folder / "crl.draft"
        draft.write_bytes(make_crl(self.authority, revoked, VALID, number))
        draft.replace(self.crl)

    def stale_crl(self) -> bytes:
        """Give a list whose successor should have come days ago."""
        return make_crl(self.authority, [], _PAST)

    def renew_server(self) -> None:
        """Give the server another certificate and key."""
        made = make_server(self.authority, VALID)
        draft = self.folder / "edge.draft"
        draft.write_bytes(made.certificate + made.key)
        draft.replace(self.server)
        (self.folder / "server.pem").write_bytes(made.certificate)
        (self.folder / "server.key").write_bytes(made.key)

    def context(self, name: str | None = None) -> ssl.SSLContext:
        """Give the TLS settings of a party; without a name of who shows no certificate."""
        context = ssl.create_default_context(cafile=self.ca)
        if name:
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def der(self, name: str) -> bytes:
        """Give a party's certificate."""
        return ssl.PEM_cert_to_DER_cert((self.folder / f"{name}.pem").read_text())


def make_parties(folder: Path) -> Parties:
    """Make them all: the parties of the API tests' world, and the ones to refuse."""
    folder.mkdir(exist_ok=True)
    authority, foreign = make_authority("Edge", VALID), make_authority("Elders", VALID)
    some = OINS["las-noord"]
    made = {
        "ca": authority,
        "expired": make_client(authority, some, "Verlopen", "expired", _PAST),
        "foreign": make_client(foreign, some, "Elders", "foreign", VALID),
        "revoked": make_client(authority, some, "Ingetrokken", "revoked", VALID),
        "misused": make_server(authority, VALID),
        **{name: make_client(authority, oin, name, name, VALID) for name, oin in OINS.items()},
    }
    for name, credential in made.items():
        (folder / f"{name}.pem").write_bytes(credential.certificate)
        (folder / f"{name}.key").write_bytes(credential.key)
    parties = Parties(folder, authority)
    parties.renew_server()
    parties.revoke("revoked")
    return parties
