"""The public face: one PostgreSQL cluster in one folder, kept running until it is stopped."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self
from urllib.parse import quote

from exchange.errors import Unavailable
from exchange.storage.embedded import postmaster, sockets
from exchange.storage.embedded.binaries import Binaries, usable_binaries
from exchange.storage.embedded.complaint import unavailable
from exchange.storage.embedded.home import Home, find_home
from exchange.storage.embedded.initialise import DATABASE, SUPERUSER, initialise
from exchange.storage.embedded.lock import alone_in
from exchange.storage.embedded.settings import write_settings

_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class EmbeddedPostgres:
    """A PostgreSQL 18 cluster in one folder, reachable only through a socket in a private folder.

    The server outlives this object and the process that made it: whoever opens the same folder
    next adopts it. Every failure is one ``Unavailable`` whose ``reden`` is one line.
    """

    @classmethod
    def open(cls, directory: Path, *, settings: Mapping[str, str] = _NO_SETTINGS) -> Self:
        """Give the cluster of ``directory``/postgres, made if absent, started if not running.

        ``settings`` go over our own and count from the next start; a running server keeps its own.
        """
        with _plain_errors():
            directory.mkdir(parents=True, exist_ok=True)
            cluster = cls(directory.resolve(), find_home(directory.resolve()), settings)
            with alone_in(cluster._home.folder) as lock:
                if not cluster.data_folder.exists():
                    initialise(cluster._home, cluster._binaries(), lock)
                cluster._start_unless_serving()
            return cluster

    def __init__(self, directory: Path, home: Home, settings: Mapping[str, str]) -> None:
        """Wire a cluster that may not run yet; everybody outside uses ``open``."""
        self._directory = directory
        self._home = home
        self._settings = settings

    def __repr__(self) -> str:
        """Name the folder and never the password."""
        return f"EmbeddedPostgres({str(self._directory)!r})"

    @property
    def url(self) -> str:
        """The superuser's address, password included: for a 0600 file, never for a log."""
        host = quote(str(self.socket_folder))
        return f"postgresql://{SUPERUSER}:{self.password}@/{DATABASE}?host={host}"

    @property
    def password(self) -> str:
        """The superuser's password, made at initdb."""
        with _plain_errors():
            return self._home.password_file.read_text("utf-8").strip()

    @property
    def data_folder(self) -> Path:
        """PGDATA with every link followed."""
        return self._home.data

    @property
    def socket_folder(self) -> Path:
        """The short private folder of the socket; the same over restarts as long as it is safe."""
        running = postmaster.running(self._home.data)
        folder = (running and running.socket_folder) or sockets.recorded(self._home)
        if folder is None:
            raise unavailable("niet gestart")
        return folder

    @property
    def postmaster_pid(self) -> int | None:
        """The server's process id, or None if it is not running."""
        running = postmaster.running(self._home.data)
        return running.pid if running else None

    def ensure_running(self) -> bool:
        """Start the server if it is gone or unreachable; True if that was needed.

        Cheap enough for every second: while all is well it reads one file and looks at one process.
        """
        if self._serves():
            return False
        with _plain_errors(), alone_in(self._home.folder):
            return self._start_unless_serving()

    def stop(self) -> None:
        """Shut down fast: sessions are ended, everything committed is kept. Safe to repeat."""
        with _plain_errors(), alone_in(self._home.folder):
            postmaster.stop(self._home.data)
            sockets.clear(self._home)

    def remove(self) -> None:
        """Stop and delete the cluster with all its data, wherever it lives: for tests."""
        if (self._home.data / "postmaster.pid").exists():
            with contextlib.suppress(Unavailable):
                self.ensure_running()  # only the next server frees a killed one's shared memory
        self.stop()
        with _plain_errors():
            shutil.rmtree(self._home.folder)
            (self._directory / "postgres").unlink(missing_ok=True)

    def _start_unless_serving(self) -> bool:
        postmaster.await_settled(self._home.data)
        if self._serves():
            return False
        postmaster.stop(self._home.data)
        write_settings(self._home, sockets.prepare(self._home), self._settings)
        postmaster.start(self._home, self._binaries().postgres)
        return True

    def _binaries(self) -> Binaries:
        return usable_binaries(self._home.folder, self._home.account)

    def _serves(self) -> bool:
        running = postmaster.running(self._home.data)
        return (
            running is not None
            and running.is_ready
            and running.socket_folder is not None
            and sockets.is_live(running.socket_folder, self._home.account)
        )


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn what the system and its programs can throw at us into the one error callers expect."""
    try:
        yield
    except OSError as error:
        reden = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        raise unavailable(reden) from error
    except subprocess.SubprocessError as error:
        raise unavailable(type(error).__name__) from error
