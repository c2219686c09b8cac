"""What an installation is made of: certificates, logins, keys, settings, parties and mandates.

The data are those of the API tests' world; the ways are those of a production site.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.keys.file import FileKeyProvider
from exchange.bootstrap.database import open_database
from exchange.config import SETTINGS_FILE, Listen, Settings
from exchange.crypto.pki import (
    Credential,
    Validity,
    make_authority,
    make_client,
    make_crl,
    make_server,
)
from exchange.crypto.wrapping import Argon2Cost
from exchange.messages.identifiers import Oin
from exchange.policy.necessity import Mode
from exchange.storage.embedded import EmbeddedPostgres
from exchange.storage.logins import LOGINS, create_logins, login_url, write_passfile
from exchange.storage.schema import migrate
from tests.integration.api.world import OINS
from tests.integration.api.world import enrol as enrol_world

_POLL_SECONDS = 0.1


def make_certificates(pki: Path, parties: Mapping[str, Oin]) -> None:
    """Make a CA, its revocation list, the server's certificate and one for every party."""
    now = datetime.now(UTC).replace(microsecond=0)
    validity = Validity(now - timedelta(hours=1), now + timedelta(days=1))
    authority = make_authority("Verzuim Exchange crash tests", validity)
    made: dict[str, Credential] = {"ca": authority, "server": make_server(authority, validity)}
    for name, oin in parties.items():
        made[name] = make_client(authority, oin, name, name, validity)
    for name, credential in made.items():
        (pki / f"{name}.pem").write_bytes(credential.certificate)
        (pki / f"{name}.key").write_bytes(credential.key)
    (pki / "crl.pem").write_bytes(make_crl(authority, [], validity))


async def prepare(
    folder: Path, postgres: EmbeddedPostgres, listen: Listen, operator_listen: Listen
) -> Settings:
    """Migrate, make logins and keys, and write the settings."""
    passwords = {login: secrets.token_urlsafe(24) for login in LOGINS}
    write_passfile(folder / "passfile", passwords)
    await migrate(postgres.url)
    await create_logins(postgres.url, passwords)
    cheap = Argon2Cost(memory_kib=1024, iterations=1, lanes=1)
    FileKeyProvider.create(folder / "keys", folder / "passphrase", cheap)
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=login_url(postgres.url, "exchange_gateway"),
        passfile=folder / "passfile",
        keys=folder / "keys",
        passphrase=folder / "passphrase",
        listen=listen,
        tls_certificate=folder / "pki" / "server.pem",
        tls_key=folder / "pki" / "server.key",
        client_ca=folder / "pki" / "ca.pem",
        client_crl=folder / "pki" / "crl.pem",
        operator_listen=operator_listen,
        allow_private_push=True,
        push_ca=folder / "pki" / "ca.pem",
    )
    (folder / SETTINGS_FILE).write_text(settings.model_dump_json())
    return settings


async def enrol(settings: Settings, push_urls: Mapping[str, str]) -> None:
    """Enter the API tests' world as the operator would."""
    async with open_database(settings, "exchange_operator") as database:
        await enrol_world(database, datetime.now(UTC), push_urls)


def receiver_plan(folder: Path, base_url: str, recipient: str) -> dict[str, object]:
    """Give the settings of a recipient's reference receiver, as JSON."""
    return {
        "base_url": base_url,
        "oin": OINS[recipient].reveal(),
        "ca": str(folder / "pki" / "ca.pem"),
        "cert": str(folder / "pki" / f"{recipient}.pem"),
        "key": str(folder / "pki" / f"{recipient}.key"),
        "private_key": str(folder / "receivers" / f"{recipient}.keys"),
        "journal": str(journal_of(folder, recipient)),
        "poll_seconds": _POLL_SECONDS,
        "idle_seconds": _POLL_SECONDS,
    }


def journal_of(folder: Path, recipient: str) -> Path:
    """Give the journal of a recipient."""
    return folder / "receivers" / f"{recipient}.ndjson"
