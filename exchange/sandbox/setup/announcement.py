"""``DIR/sandbox.json``: where everything is, for whoever works with a sandbox that is ready."""

from __future__ import annotations

from dataclasses import dataclass, field

from exchange.sandbox.layout import Layout
from exchange.sandbox.setup.files import write_private_json
from exchange.sandbox.setup.settings import HOST
from exchange.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Secrets:
    """What makes the file private: the superuser's password, and a link that signs the FG in."""

    database_url: str = field(repr=False)
    console_link: str = field(repr=False)


def base_url(port: int) -> str:
    """Give the address of the API."""
    return f"https://localhost:{port}"


def operator_url(port: int) -> str:
    """Give the address of the operator's port."""
    return f"http://{HOST}:{port + 1}"


def announce(
    layout: Layout, world: World, port: int, secrets: Secrets, receivers: tuple[str, ...]
) -> None:
    """Write the file at once."""
    document = {
        "baseUrl": base_url(port),
        "operatorUrl": operator_url(port),
        "databaseUrl": secrets.database_url,
        "ca": layout.relative(layout.ca),
        "consoleSignIn": f"{base_url(port)}{secrets.console_link}",
        "parties": {
            party.name: {
                "oin": str(party.oin),
                "cert": layout.relative(layout.certificate(party.name)),
                "key": layout.relative(layout.private_key(party.name)),
            }
            for party in world.participants.values()
        },
        "journals": {name: layout.relative(layout.journal(name)) for name in receivers},
    }
    write_private_json(layout.announcement, document)


def withdraw_announcement(layout: Layout) -> None:
    """Take the file of an earlier start away: nobody must think that this one is ready."""
    layout.announcement.unlink(missing_ok=True)
