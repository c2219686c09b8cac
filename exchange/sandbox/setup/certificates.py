"""The sandbox's own CA and the certificates of its server and parties, in ``DIR/pki``."""

from __future__ import annotations

from datetime import datetime, timedelta

from exchange.crypto.pki import (
    Credential,
    Validity,
    expires_at,
    make_authority,
    make_client,
    make_server,
)
from exchange.sandbox.layout import Layout
from exchange.sandbox.setup.files import write_private
from exchange.sandbox.world import World

CA = "ca"
SERVER = "server"
CA_NAME = "Verzuim Exchange sandbox"
CA_TERM = timedelta(days=3650)
TERM = timedelta(days=800)  # some clients believe no server certificate for longer than 825 days
_SPARE = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(hours=1)


def make_certificates(layout: Layout, world: World, now: datetime) -> None:
    """Make what is missing or about to expire; a new CA makes every certificate anew."""
    if not stands(layout, CA, now):
        for certificate in layout.pki.glob("*.pem"):
            certificate.unlink()
        _write(layout, CA, make_authority(CA_NAME, validity(now, CA_TERM)))
    authority = Credential(layout.ca.read_bytes(), layout.private_key(CA).read_bytes())
    term = validity(now, TERM)
    if not stands(layout, SERVER, now):
        _write(layout, SERVER, make_server(authority, term))
    for party in world.participants.values():
        if not stands(layout, party.name, now):
            credential = make_client(authority, party.oin, party.organisation, party.name, term)
            _write(layout, party.name, credential)


def validity(now: datetime, term: timedelta) -> Validity:
    """Give a term from now on, a little earlier for clocks that are behind."""
    now = now.replace(microsecond=0)
    return Validity(now - _CLOCKS_DIFFER, now + term)


def stands(layout: Layout, name: str, now: datetime) -> bool:
    """Whether a lasting pair is there: the certificate is written last and removed first."""
    certificate = layout.certificate(name)
    if not certificate.exists() or not layout.private_key(name).exists():
        return False
    return expires_at(certificate.read_bytes()) - now > _SPARE


def _write(layout: Layout, name: str, credential: Credential) -> None:
    layout.certificate(name).unlink(missing_ok=True)
    write_private(layout.private_key(name), credential.key)
    write_private(layout.certificate(name), credential.certificate)
