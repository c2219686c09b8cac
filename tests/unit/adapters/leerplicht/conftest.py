"""A receiver with certificates in files, and a simulated gateway in place of the network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import respx

from adapters.leerplicht.events import ReceiverEvent
from adapters.leerplicht.receiver import Receiver, ReceiverSettings
from tests.unit.adapters.identity.loopback import OIN, Pki
from tests.unit.adapters.leerplicht.gateway import SimulatedGateway

BASE = "https://poort.example"


@dataclass
class Office:
    """The municipality's side: a folder, the receivers started in it, and what they told."""

    folder: Path
    settings: ReceiverSettings
    told: list[tuple[ReceiverEvent, dict[str, Any]]] = field(default_factory=list)
    started: list[Receiver] = field(default_factory=list)

    def start(self) -> Receiver:
        """Start a receiver; the one before is gone, as after a crash."""
        self.crash()
        self.started.append(Receiver(self.settings, lambda e, **f: self.told.append((e, f))))
        return self.started[-1]

    def crash(self) -> None:
        """End the last receiver without a word."""
        for one in self.started:
            one.close()

    def lines(self) -> list[dict[str, Any]]:
        """Read the journal as it is on disk."""
        path = self.settings.journal
        return (
            [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        )

    def ids(self) -> list[str]:
        """Give the ids in the journal, in its order."""
        return [line["berichtId"] for line in self.lines()]

    def rules(self) -> list[str]:
        """Give why messages were left."""
        return [f["rule"] for event, f in self.told if event is ReceiverEvent.MESSAGE_LEFT]


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def gateway(respx_mock: respx.MockRouter) -> SimulatedGateway:
    gateway = SimulatedGateway()
    respx_mock.route().mock(side_effect=gateway.handle)
    return gateway


@pytest.fixture
def office(pki: Pki, tmp_path: Path) -> Iterator[Office]:
    office = Office(
        tmp_path,
        ReceiverSettings(
            base_url=BASE,
            oin=OIN,
            ca=pki.ca,
            cert=pki.client.cert,
            key=pki.client.key,
            private_key=tmp_path / "sleutels" / "leerplicht.jwks",
            journal=tmp_path / "journaal" / "leerplicht.ndjson",
            poll_seconds=0.001,
            idle_seconds=0.01,
        ),
    )
    yield office
    office.crash()


@pytest.fixture
def receiver(office: Office, gateway: SimulatedGateway) -> Receiver:
    """A receiver that has registered its key already."""
    receiver = office.start()
    assert receiver.run_once() == 0
    return receiver
