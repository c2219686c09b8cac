"""A site as deploy/README.md has an operator make one: settings, secrets as files, keys."""

from __future__ import annotations

import os
import shutil
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.keys.file import FileKeyProvider
from exchange.crypto.pki import Validity, make_authority, make_crl, make_server
from exchange.crypto.wrapping import Argon2Cost
from tests.deploy.database import MIGRATOR, ProductionDatabase
from tests.flow.installation import free_port
from tests.integration.keys.softhsm import new_hsm

LOGINS_OF = {
    "gateway": ("exchange_gateway",),
    "workers": ("exchange_worker", "exchange_purge", "exchange_sealer"),
    "reader": ("exchange_reader",),
    "operator": ("exchange_operator", "exchange_reader"),
    "migrate": (MIGRATOR,),
}
"""Which passwords each part is given."""

REAL = "00000001123456789000"
"""Production refuses a test OIN; this one has the form of an OIN and is nobody's."""


@dataclass
class Site:
    """The files of one installation under ``folder``, as they stand in /etc and /var/lib."""

    folder: Path
    port: int = field(default_factory=free_port)
    operator_port: int = field(default_factory=free_port)

    @property
    def etc(self) -> Path:
        """What becomes /etc/verzuim-exchange."""
        return self.folder / "etc"

    @property
    def keys(self) -> Path:
        """What becomes the key folder."""
        return self.folder / "keys"

    def prepare(self, database: ProductionDatabase, socket: str, keys: str) -> dict[str, str]:
        """Lay everything down, and give the settings that are no secret."""
        secrets = self.etc / "secrets"
        secrets.mkdir(parents=True, mode=0o700)
        tls_key = self._certificates()
        for part, logins in LOGINS_OF.items():
            (secrets / part).mkdir(mode=0o700)
            database.passfile(secrets / part / "passfile", *logins)
        (secrets / "gateway" / "tls-key").write_bytes(tls_key)
        (secrets / "gateway" / "tls-key").chmod(0o600)
        return {
            "EXCHANGE_MODE": "proef",
            "DATABASE_URL": database.url(MIGRATOR),
            "EXCHANGE_KEYS": keys,
            "EXCHANGE_LISTEN": f"127.0.0.1:{self.port}",
            "EXCHANGE_TLS_CERTIFICATE": "/etc/verzuim-exchange/server.pem",
            "EXCHANGE_CLIENT_CA": "/etc/verzuim-exchange/client-ca.pem",
            "EXCHANGE_PROXY_SOCKET": socket,
            "EXCHANGE_OPERATOR_LISTEN": f"127.0.0.1:{self.operator_port}",
        }

    def try_out(self) -> None:
        """Make it a trial: keys in a folder, behind a passphrase that three parts are given."""
        cheap = Argon2Cost(memory_kib=1024, iterations=1, lanes=1)
        FileKeyProvider.create(self.keys, self.folder / "passphrase", cheap)
        for part in ("gateway", "workers", "reader", "operator"):
            shutil.copy(self.folder / "passphrase", self.etc / "secrets" / part / "passphrase")

    def harden(self, settings: dict[str, str], state: str) -> dict[str, str]:
        """Make it production: keys in a token, a list of revoked certificates, no passphrase.

        The token is SoftHSM2's, without keys yet; its files go to ``state``.
        """
        hsm = new_hsm(self.folder)
        (self.etc / "softhsm2.conf").write_text(
            f"directories.tokendir = {state}/tokens\nobjectstore.backend = file\n"
        )
        for part in ("gateway", "workers", "reader", "operator"):
            shutil.copy(hsm.pin_file, self.etc / "secrets" / part / "pkcs11-pin")
        return {
            **settings,
            "EXCHANGE_MODE": "productie",
            "EXCHANGE_OIN": REAL,
            "EXCHANGE_PKCS11_MODULE": str(hsm.module),
            "EXCHANGE_PKCS11_TOKEN": hsm.label,
            "EXCHANGE_CLIENT_CRL": "/etc/verzuim-exchange/client-crl.pem",
            "SOFTHSM2_CONF": "/etc/verzuim-exchange/softhsm2.conf",
        }

    def secrets(self) -> dict[str, bytes]:
        """Give every secret that lies there, each by its file: whole lines and their passwords."""
        found = {}
        for path in sorted((self.etc / "secrets").rglob("*")):
            if not path.is_file():
                continue
            for number, line in enumerate(path.read_bytes().splitlines()):
                text = line.rpartition(b":")[2] if path.name == "passfile" else line
                if text and not text.startswith(b"-----"):
                    found[f"{path.parent.name}/{path.name}:{number}"] = text
        return found

    def give_token_to(self, uid: int, gid: int) -> Path:
        """Hand the token's files to the account of the parts, and give their folder."""
        tokens = self.folder / "tokens"
        for path in (tokens, *tokens.rglob("*")):
            os.chown(path, uid, gid)
        return tokens

    def ask(self, path: str) -> tuple[int, str]:
        """Ask the public listener, without a certificate."""
        context = ssl.create_default_context(cafile=self.etc / "client-ca.pem")
        return _fetch(f"https://localhost:{self.port}{path}", context)

    def operator(self, path: str) -> tuple[int, str]:
        """Ask the operator's port."""
        return _fetch(f"http://127.0.0.1:{self.operator_port}{path}", None)

    def is_ready(self) -> bool:
        """Whether the operator's port says so."""
        try:
            return self.operator("/readyz")[0] == 200
        except OSError:
            return False

    def _certificates(self) -> bytes:
        now = datetime.now(UTC).replace(microsecond=0)
        validity = Validity(now - timedelta(hours=1), now + timedelta(days=1))
        authority = make_authority("Verzuim Exchange deploy tests", validity)
        server = make_server(authority, validity)
        (self.etc / "client-ca.pem").write_bytes(authority.certificate)
        (self.etc / "server.pem").write_bytes(server.certificate)
        (self.etc / "client-crl.pem").write_bytes(make_crl(authority, [], validity))
        return server.key


def _fetch(url: str, context: ssl.SSLContext | None) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10, context=context) as answer:  # noqa: S310  ours
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
