"""One installation for all crash tests: what one crash left must hold after every later one."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.flow.installation import Installation, Supervisor, free_port, installed
from tests.flow.push_receiver import PushReceiver, listening


@pytest.fixture(scope="session")
def crash_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own account may pass through."""
    with tempfile.TemporaryDirectory(prefix="vx-crash-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def supervisor(crash_folder: Path) -> Iterator[Supervisor]:
    """The process that makes and replaces all others."""
    made = Supervisor(crash_folder / "supervisor.log")
    yield made
    made.close()


@pytest.fixture(scope="session")
def push_receiver() -> PushReceiver:
    """The push endpoint of Rotterdam's leerplicht."""
    return PushReceiver()


@pytest.fixture(scope="session")
async def shared_installation(
    crash_folder: Path, supervisor: Supervisor, push_receiver: PushReceiver
) -> AsyncIterator[Installation]:
    """Everything running, with the notices coming here."""
    folder, port = crash_folder / "installation", free_port()
    folder.mkdir()
    url = f"https://localhost:{port}/melding"
    async with (
        installed(folder, supervisor, url) as installation,
        listening(push_receiver, folder / "pki", port),
    ):
        yield installation


@pytest.fixture
async def installation(shared_installation: Installation) -> AsyncIterator[Installation]:
    """The installation, with every part running and nobody ordered to die."""
    yield shared_installation
    await shared_installation.calm_down()
