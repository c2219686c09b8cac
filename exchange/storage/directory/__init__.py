"""Who takes part: read as a whole, changed one decision at a time.

Every change announces itself on ``CHANNEL``, so that each gateway reloads as soon as it is
committed.
"""

from exchange.storage.directory.enrolling import (
    add_mandate,
    add_party,
    grant,
    revoke_mandate,
    revoke_party,
)
from exchange.storage.directory.keys import approve_key, list_keys, register_key
from exchange.storage.directory.loading import fingerprint, list_parties, load_directory
from exchange.storage.directory.notice import CHANNEL
from exchange.storage.directory.registers import put_gemeenten, put_vestigingen

__all__ = [
    "CHANNEL",
    "add_mandate",
    "add_party",
    "approve_key",
    "fingerprint",
    "grant",
    "list_keys",
    "list_parties",
    "load_directory",
    "put_gemeenten",
    "put_vestigingen",
    "register_key",
    "revoke_mandate",
    "revoke_party",
]
