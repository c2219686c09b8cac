"""A school with certificates in files, and a simulated gateway in place of the network."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import respx

from adapters.school_systems.kinds import Kind
from adapters.school_systems.report import Report
from adapters.school_systems.sender import Sender, SenderSettings
from exchange.bootstrap.law import open_law
from exchange.messages.identifiers import Oin
from tests.unit.adapters.identity.loopback import Pki
from tests.unit.adapters.school_systems.gateway import SimulatedGateway

BASE = "https://poort.example"


@dataclass
class School:
    """The school's side: a file, a folder for receipts, and how long its senders waited."""

    settings: SenderSettings
    waits: list[float] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def write(self, text: str | bytes) -> None:
        """Write the input file."""
        self.settings.file.write_bytes(text.encode() if isinstance(text, str) else text)

    def send(self, **changes: Any) -> Report:  # noqa: ANN401  members of the settings differ
        """Run a sender from start to end."""
        sender = Sender(replace(self.settings, **changes), open_law(), self.stop, self._pause)
        try:
            return sender.run(lambda report: self.told.append(report.done))
        finally:
            sender.close()

    def lines(self, name: str) -> list[dict[str, Any]]:
        """Read a file of the folder."""
        return [json.loads(line) for line in (self.settings.out / name).read_bytes().splitlines()]

    def _pause(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self.stop.is_set()


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def gateway(respx_mock: respx.MockRouter) -> SimulatedGateway:
    gateway = SimulatedGateway()
    respx_mock.route().mock(side_effect=gateway.handle)
    return gateway


@pytest.fixture
def school(pki: Pki, tmp_path: Path) -> School:
    return School(
        SenderSettings(
            base_url=BASE,
            oin=Oin("00000099000000010000"),
            ca=pki.ca,
            cert=pki.client.cert,
            key=pki.client.key,
            file=tmp_path / "week.csv",
            kind=Kind.VERZUIMREGISTRATIES,
            out=tmp_path / "ontvangst",
        )
    )


Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file to read."""

    def written(content: str | bytes) -> Path:
        path = tmp_path / "invoer"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written
