"""Puts a new CA in the place of a sandbox's own while everything runs, in two steps.

| File | Before | After the first step | After the second |
|---|---|---|---|
| `ca.pem`, what everybody trusts | old | old and new | new |
| `ca.key` | old | old | new |
| `ca-next.pem`, `ca-next.key` | | new | |
| server and parties | by the old | by the new | by the new |

Each file is replaced at once, and each step can be done again after a crash.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from exchange.crypto.pki import Credential, make_authority, make_client, make_server
from exchange.sandbox.layout import Layout
from exchange.sandbox.setup.certificates import CA, CA_NAME, CA_TERM, SERVER, TERM, stands, validity
from exchange.sandbox.setup.files import write_private
from exchange.sandbox.setup.folder import trouble
from exchange.sandbox.world import World

NEXT = "ca-next"


def begin(layout: Layout, world: World, now: datetime, settle: Callable[[], None]) -> int:
    """Trust a new CA beside the old one, then give everybody a certificate of it; give how many.

    ``settle`` waits until all who trust the old CA have read the new one too. Raises
    ``Unavailable`` when the sandbox has no CA yet.
    """
    if not stands(layout, CA, now):
        raise trouble(f"{layout.ca} is er niet of verloopt: start eerst de sandbox")
    if not stands(layout, NEXT, now):
        name = f"{CA_NAME} {now:%Y-%m-%d %H:%M:%S}"
        _write(layout, NEXT, make_authority(name, validity(now, CA_TERM)))
    authority = _read(layout, NEXT)
    trusted = layout.ca.read_bytes()
    if authority.certificate not in trusted:
        write_private(layout.ca, trusted + authority.certificate)
    settle()
    term = validity(now, TERM)
    _write(layout, SERVER, make_server(authority, term))
    for party in world.participants.values():
        made = make_client(authority, party.oin, party.organisation, party.name, term)
        _write(layout, party.name, made)
    return len(world.participants)


def finish(layout: Layout, now: datetime) -> None:
    """Trust the new CA alone. Raises ``Unavailable`` when there is none."""
    if not stands(layout, NEXT, now):
        raise trouble("er is geen nieuwe CA: begin met exchange keys rotate ca")
    authority = _read(layout, NEXT)
    write_private(layout.private_key(CA), authority.key)
    write_private(layout.ca, authority.certificate)
    layout.certificate(NEXT).unlink()
    layout.private_key(NEXT).unlink()


def _read(layout: Layout, name: str) -> Credential:
    return Credential(layout.certificate(name).read_bytes(), layout.private_key(name).read_bytes())


def _write(layout: Layout, name: str, credential: Credential) -> None:
    """Replace a pair that is in use: whoever reads in between finds two that do not fit."""
    write_private(layout.private_key(name), credential.key)
    write_private(layout.certificate(name), credential.certificate)
