"""The sandbox's database: a running cluster, the newest schema, and a login for every part."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from exchange.sandbox.layout import Layout
from exchange.storage.embedded import EmbeddedPostgres
from exchange.storage.embedded.initialise import SUPERUSER
from exchange.storage.logins import LOGINS, create_logins, write_passfile
from exchange.storage.schema import migrate


@contextmanager
def running_database(layout: Layout) -> Iterator[EmbeddedPostgres]:
    """Give the cluster, ready for the parts, and stop it at the end of the block.

    Every start gives the parts new passwords. The superuser's stands in the passfile too, so that
    ``exchange migrate --dir`` works here.
    """
    cluster = EmbeddedPostgres.open(layout.root)
    try:
        passwords = {login: secrets.token_urlsafe(32) for login in LOGINS}
        asyncio.run(_prepare(cluster.url, passwords))
        write_passfile(layout.passfile, {**passwords, SUPERUSER: cluster.password})
        yield cluster
    finally:
        cluster.stop()


async def _prepare(url: str, passwords: dict[str, str]) -> None:
    await migrate(url)
    await create_logins(url, passwords)
