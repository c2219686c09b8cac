"""A recipient's rotation: both keys open until nothing can be sealed to the older one any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from adapters.http import mtls_client
from adapters.leerplicht.keyfile import KeyFile
from adapters.leerplicht.mailbox import Mailbox
from adapters.leerplicht.receiver import Receiver
from adapters.leerplicht.rotation import OVERLAP, KeyRotation, Obstacle, Removal
from exchange.crypto.sealing_keys import KeyType
from exchange.errors import Refused, Unavailable
from tests.unit.adapters.identity.loopback import OIN, FixedClock
from tests.unit.adapters.leerplicht.conftest import BASE, Office
from tests.unit.adapters.leerplicht.gateway import SimulatedGateway, on, problem

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC))


@pytest.fixture
def rotation(receiver: Receiver, office: Office, clock: FixedClock) -> KeyRotation:
    """The command, beside a receiver that has registered its first key."""
    files = office.settings
    client = mtls_client(BASE, files.ca, files.cert, files.key)
    return KeyRotation(Mailbox(client, OIN), files.private_key, clock)


def keys(office: Office) -> KeyFile:
    return KeyFile.load(office.settings.private_key)


@pytest.mark.parametrize("kind", [None, *KeyType])
def test_the_new_key_is_registered_and_both_open(
    receiver: Receiver,
    rotation: KeyRotation,
    gateway: SimulatedGateway,
    office: Office,
    kind: KeyType | None,
) -> None:
    gateway.put()
    rotated = rotation.start(kind)
    gateway.put()
    assert (rotated.status, rotated.older) == ("actief", 1)
    assert rotated.kid == gateway.registered[-1]["kid"] == keys(office).current.kid
    assert receiver.run_once() == 2


def test_the_older_key_goes_after_the_overlap(
    receiver: Receiver, rotation: KeyRotation, office: Office, clock: FixedClock
) -> None:
    rotation.start()
    clock.moment += OVERLAP - SECOND
    assert rotation.finish() == Removal(Obstacle.OVERLAP, until=clock.moment + SECOND)
    assert len(keys(office).keys) == 2
    clock.moment += SECOND
    assert rotation.finish() == Removal(Obstacle.NONE, 1)
    assert len(keys(office).keys) == 1
    assert rotation.finish() == Removal(Obstacle.NONE, 0)


def test_the_older_key_stays_while_something_that_it_may_open_waits(
    receiver: Receiver,
    rotation: KeyRotation,
    gateway: SimulatedGateway,
    office: Office,
    clock: FixedClock,
) -> None:
    waits = [gateway.put() for _ in range(3)]
    rotation.start()
    clock.moment += OVERLAP
    newest = gateway.put()
    gateway.messages[newest].made_at = clock.moment
    assert rotation.finish() == Removal(Obstacle.STILL_WAITING, len(waits))
    assert receiver.run_once() == 4
    assert rotation.finish() == Removal(Obstacle.NONE, 1)
    gateway.put()
    assert receiver.run_once() == 1


def test_in_production_the_overlap_begins_when_the_key_was_seen_to_be_approved(
    receiver: Receiver,
    rotation: KeyRotation,
    gateway: SimulatedGateway,
    office: Office,
    clock: FixedClock,
) -> None:
    gateway.key_status = "wacht-op-bevestiging"
    assert rotation.start().status == "wacht-op-bevestiging"
    clock.moment += timedelta(days=3)
    assert rotation.finish() == Removal(Obstacle.NOT_APPROVED)
    gateway.key_status = "actief"
    assert rotation.finish().obstacle is Obstacle.OVERLAP
    clock.moment += OVERLAP
    assert rotation.finish() == Removal(Obstacle.NONE, 1)


def test_a_registration_that_failed_loses_no_key_and_is_done_again(
    receiver: Receiver, rotation: KeyRotation, gateway: SimulatedGateway, office: Office
) -> None:
    gateway.fault = on("PUT", "/sleutel", httpx.ConnectError("gone"))
    with pytest.raises(Unavailable):
        rotation.start()
    assert len(keys(office).keys) == 2
    assert rotation.start().older == 2
    gateway.put()
    assert receiver.run_once() == 1


def test_a_recipient_without_a_mailbox_has_nothing_that_waits(
    receiver: Receiver, rotation: KeyRotation, gateway: SimulatedGateway, clock: FixedClock
) -> None:
    gateway.fault = on("GET", "/berichten", problem(403, "geen-recht"))
    rotation.start()
    clock.moment += OVERLAP
    assert rotation.finish() == Removal(Obstacle.NONE, 1)
    gateway.fault = on("GET", "/berichten", problem(403, "geen-mandaat"))
    with pytest.raises(Refused):
        rotation.finish()
