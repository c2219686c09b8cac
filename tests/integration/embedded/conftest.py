"""Throw-away folders, the clusters in them, and other processes that use these too."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.embedded.clusters import Clusters

REPOSITORY = Path(__file__).parents[3]
OPEN_AND_TELL = """
import sys
from pathlib import Path
from exchange.storage.embedded import EmbeddedPostgres
print(EmbeddedPostgres.open(Path(sys.argv[1])).postmaster_pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that anybody may enter but only we may write in, with a name that needs care."""
    with tempfile.TemporaryDirectory(prefix="vx test's ", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def clusters(place: Path) -> Iterator[Clusters]:
    """The clusters of one test; afterwards no server and no folder of them is left."""
    clusters = Clusters()
    yield clusters
    for cluster in clusters.opened:
        if cluster.data_folder.parent.exists():
            cluster.remove()


@pytest.fixture
def another_python() -> Iterator[Callable[[Path], "subprocess.Popen[str]"]]:
    """Start other Pythons that open a cluster, tell its pid, and wait until they are killed."""
    started: list[subprocess.Popen[str]] = []
    path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])

    def start(directory: Path) -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", OPEN_AND_TELL, str(directory)],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
