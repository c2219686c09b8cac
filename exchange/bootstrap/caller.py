"""Builds a client that calls a gateway as one party."""

from __future__ import annotations

from pathlib import Path

from adapters.party import PartyClient


def party_client(base_url: str, ca: Path, cert: Path, key: Path) -> PartyClient:
    """Connect to a gateway as one party; ``ca``, ``cert`` and ``key`` are PEM files."""
    return PartyClient(base_url, ca, cert, key)
