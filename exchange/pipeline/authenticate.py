"""Step 2: from a verified certificate to a known party that may submit at all."""

from __future__ import annotations

from exchange.errors import Code, Refused
from exchange.pipeline.stages import Authenticated, Peer, Received
from exchange.policy.mandates import require_on_behalf, require_school_side
from exchange.policy.necessity import Mode
from exchange.policy.parties import Directory, Party


def authenticate(received: Received, directory: Directory, mode: Mode) -> Authenticated:
    """Name the party behind the connection; 401 for a stranger, 403 for one that never submits.

    With ``namens`` it acts for that school alone: 403 where that one gave it no mandate.
    """
    party, peer = identify(received.peer, directory, mode)
    require_school_side(party)
    acting = require_on_behalf(party, received.namens, directory, received.today)
    return Authenticated(received, acting, peer)


def identify(peer: Peer | None, directory: Directory, mode: Mode) -> tuple[Party, Peer]:
    """Give the registered party of a verified certificate.

    No certificate, an OIN that nobody registered, and a test party in production (or the reverse)
    are all ``niet-aangemeld``.
    """
    if peer is None or peer.oin.is_test is not (mode is Mode.TRIAL):
        raise Refused(Code.NIET_AANGEMELD)
    party = directory.parties.get(peer.oin)
    if party is None:
        raise Refused(Code.NIET_AANGEMELD)
    return party, peer
