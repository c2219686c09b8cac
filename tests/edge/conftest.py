"""One hasty proxy before a stand-in for the gateway, shared by all tests that plant no fault."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.haproxy import HASTY, Proxy, proxied
from tests.edge.parties import Parties, make_parties
from tests.edge.stand_in import StandIn, standing_in


@pytest.fixture(scope="session")
def edge_folder() -> Iterator[Path]:
    """A folder that the proxy's own account may pass through; its name fits in a socket's."""
    with tempfile.TemporaryDirectory(prefix="vx-edge-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def parties(edge_folder: Path) -> Parties:
    """Everybody's certificates."""
    return make_parties(edge_folder / "pki")


@pytest.fixture(scope="session")
def shared_proxy(edge_folder: Path, parties: Parties) -> Iterator[Proxy]:
    """The proxy as it is delivered, with limits that a test can wait for."""
    folder = edge_folder / "shared"
    folder.mkdir()
    with proxied(folder, parties, HASTY) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def shared_stand_in(shared_proxy: Proxy) -> Iterator[StandIn]:
    """What stands behind it."""
    with standing_in(shared_proxy.socket) as stand_in:
        yield stand_in


@pytest.fixture
def proxy(shared_proxy: Proxy) -> Proxy:
    """The shared proxy."""
    return shared_proxy


@pytest.fixture
def stand_in(shared_stand_in: StandIn) -> StandIn:
    """What stands behind the shared proxy, with an empty list."""
    shared_stand_in.forget()
    return shared_stand_in


@pytest.fixture
def folder(edge_folder: Path) -> Iterator[Path]:
    """A folder for a proxy of one test's own."""
    with tempfile.TemporaryDirectory(dir=edge_folder) as own:
        Path(own).chmod(0o755)
        yield Path(own)
