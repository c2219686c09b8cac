"""What the tests of an installation share: the installed wheel and a database of production."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.container import Container, contained
from tests.deploy.database import ProductionDatabase, production_database
from tests.deploy.prefix import INSTALLED, build_wheel, install
from tests.flow.sandboxes import wait_until


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder that every account may pass through."""
    with tempfile.TemporaryDirectory(prefix="vx-deploy-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def wheel(place: Path) -> Path:
    """The wheel of this tree."""
    (place / "dist").mkdir()
    return build_wheel(place / "dist")


@pytest.fixture(scope="session")
def prefix(place: Path, wheel: Path) -> Path:
    """The wheel in an environment of its own."""
    made = place / "prefix"
    install(wheel, made)
    return made


@pytest.fixture(scope="session")
def database(place: Path) -> Iterator[ProductionDatabase]:
    """A server set up by the files of deploy/postgres, not migrated yet."""
    folder = place / "database"
    folder.mkdir()
    with production_database(folder) as made:
        yield made


@pytest.fixture(scope="session")
def container(place: Path, prefix: Path) -> Iterator[Container]:
    """The gateway and the workers, contained, on a database and a log of their own."""
    folder = place / "container-database"
    folder.mkdir()
    with production_database(folder) as database:
        yield from _running(contained(place / "container", prefix, database))


def _running(made: Container) -> Iterator[Container]:
    exchange = str(INSTALLED / "bin" / "exchange")
    try:
        done = made.run("migrate", exchange, "migrate")
        assert done.returncode == 0, done.stderr
        gateway = made.start("gateway", exchange, "serve")
        made.start("workers", exchange, "work")
        wait_until(lambda: made.site.is_ready() or gateway.poll() is not None, 60)
        assert made.site.is_ready(), made.said("gateway")
        yield made
    finally:
        made.stop()
