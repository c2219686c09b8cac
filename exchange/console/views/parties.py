"""What a party is called by whoever reads the console."""

from __future__ import annotations

from exchange.messages.identifiers import Oin
from exchange.policy.parties import Directory

GATEWAY = "Verzuim Exchange"


def called(oin: str | None, directory: Directory) -> str:
    """Give the name of a party that takes part; of one that left its OIN; nobody is the gateway."""
    if not oin:
        return GATEWAY
    try:
        party = directory.parties.get(Oin(oin))
    except ValueError:
        return oin
    return party.name if party else oin


def called_in_full(oin: str | None, directory: Directory) -> str:
    """Give the name with the OIN."""
    name = called(oin, directory)
    return f"{name} ({oin})" if oin and name != oin else name
