"""Clusters that are remembered, a look inside them, and a way to be somebody without rights."""

import asyncio
import multiprocessing
import os
import pwd
import shutil
import subprocess
import time
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from exchange.storage.embedded import EmbeddedPostgres
from exchange.storage.embedded.account import Account
from exchange.storage.embedded.binaries import installed_binaries
from tests.programs import leave_out

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class Clusters:
    """Opens clusters and remembers which to remove."""

    def __init__(self) -> None:
        self.opened: list[EmbeddedPostgres] = []

    def open(self, directory: Path, settings: Mapping[str, str] = NO_SETTINGS) -> EmbeddedPostgres:
        cluster = EmbeddedPostgres.open(directory, settings=settings)
        self.opened.append(cluster)
        return cluster


def ask(url: str, *statements: str) -> Any:  # noqa: ANN401 - whatever the column holds
    """Run statements on one connection; give the last one's first value."""

    async def run() -> Any:  # noqa: ANN401
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def eventually(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "still not so"
        time.sleep(0.01)


def as_ordinary_user(work: Callable[[Path], Any], directory: Path) -> Any:  # noqa: ANN401
    """Do this work without root's rights: as we are, or as root in a child that gave them up."""
    if os.geteuid() != 0:
        return work(directory)
    user = pwd.getpwnam("nobody")
    if not installed_binaries().are_usable_by(Account(user.pw_uid, user.pw_gid)):
        leave_out("the user nobody may not run the PostgreSQL of this environment")
    os.chown(directory, user.pw_uid, user.pw_gid)
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_give_up_root, args=(user, work, directory, there))
    child.start()
    there.close()
    result = here.recv()
    child.join()
    if isinstance(result, BaseException):
        raise result
    return result


def _give_up_root(
    user: pwd.struct_passwd, work: Callable[[Path], Any], directory: Path, answer: Connection
) -> None:
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    try:
        answer.send(work(directory))
    except Exception as error:  # noqa: BLE001 - the parent shows it
        error.add_note(traceback.format_exc())
        answer.send(error)


def copy_with_owners(origin: Path, copy: Path) -> None:
    """What an administrator does: cp -a."""
    subprocess.run([shutil.which("cp") or "cp", "-a", origin, copy], check=True)
