"""A gateway, a recipient and a message to seal."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from adapters.keys.memory import MemoryKeyProvider
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.crypto.sealing import SealContext
from exchange.crypto.sealing_keys import (
    RecipientPrivateKey,
    RecipientPublicKey,
    generate_recipient_key,
)
from exchange.messages.identifiers import Oin


@pytest.fixture
def keys() -> MemoryKeyProvider:
    return MemoryKeyProvider()


@pytest.fixture
def oin() -> Oin:
    return Oin("00000099000003610000")


@pytest.fixture
def private_key() -> RecipientPrivateKey:
    return RecipientPrivateKey.parse(generate_recipient_key())


@pytest.fixture
def public_key(private_key: RecipientPrivateKey) -> RecipientPublicKey:
    return RecipientPublicKey.parse(accept_public_jwk(private_key.public_jwk)[1])


@pytest.fixture
def context(oin: Oin) -> SealContext:
    rid = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    return SealContext(oin, rid, "signaal-leerplicht", datetime(2026, 11, 20, 8, 30, tzinfo=UTC))


@pytest.fixture
def content() -> dict[str, object]:
    return {
        "berichtId": "01890a5d-ac96-774b-bcce-b302099a8057",
        "soort": "signaal",
        "pgn": "999990019",
        "actiesSchool": ["GESPREK_OUDERS"],
    }
