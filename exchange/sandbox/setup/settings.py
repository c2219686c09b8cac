"""``DIR/settings.json``: what every part of the installation is started with."""

from __future__ import annotations

from exchange.config import Listen, Settings
from exchange.policy.necessity import Mode
from exchange.sandbox.layout import Layout
from exchange.sandbox.setup.certificates import SERVER
from exchange.sandbox.setup.files import write_private
from exchange.storage.embedded.initialise import SUPERUSER
from exchange.storage.logins import login_url

HOST = "127.0.0.1"
_REQUESTS_PER_MINUTE = 120_000
_LINES_PER_MINUTE = 2_000_000


def write_settings(layout: Layout, database_url: str, port: int) -> Settings:
    """Write the settings of a sandbox on ``port``; no secret stands in them, only where it is.

    Each part takes its own login in place of the superuser's.
    """
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=login_url(database_url, SUPERUSER),
        passfile=layout.passfile,
        keys=layout.keys,
        passphrase=layout.passphrase,
        listen=Listen(host=HOST, port=port),
        tls_certificate=layout.certificate(SERVER),
        tls_key=layout.private_key(SERVER),
        client_ca=layout.ca,
        operator_listen=Listen(host=HOST, port=port + 1),
        allow_private_push=True,  # whoever listens for notices is on this machine
        push_ca=layout.ca,
        log_files=layout.logboek,
        requests_per_minute=_REQUESTS_PER_MINUTE,
        lines_per_minute=_LINES_PER_MINUTE,
        console_url=f"https://localhost:{port}",
    )
    write_private(layout.settings, settings.model_dump_json(indent=2).encode() + b"\n")
    return settings
