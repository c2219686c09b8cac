"""Several processes share one folder: one key each, and one end to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import exchange
from adapters.keys.file.provider import FileKeyProvider
from exchange.messages.identifiers import Schooljaar, Vestigingscode

ROOT = Path(exchange.__file__).parents[1]
SCRIPT = """
import sys
from pathlib import Path
from adapters.keys.file.provider import FileKeyProvider
from exchange.crypto.wrapping import Argon2Cost
from exchange.errors import ExchangeError
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import KeyUse, PseudonymKey, VestigingKey

recipient, year = Oin("00000099000003610000"), Schooljaar(2026)
folder, passphrase = map(Path, sys.argv[1:])
light = Argon2Cost(memory_kib=64, iterations=1, lanes=1)
keys = None
print("ready", flush=True)
for line in sys.stdin:
    try:
        keys = keys or FileKeyProvider.create(folder, passphrase, light)
        match line.split():
            case ["mac", count]:
                made = (
                    VestigingKey(KeyUse.MAILBOX, Vestigingscode("99AA00"), Schooljaar(2000 + n))
                    for n in range(int(count))
                )
                print(*(keys.mac(key, b"m").hex() for key in made), flush=True)
            case ["kid"]:
                print(keys.signing_kid(), flush=True)
            case ["rotate"]:
                print(keys.rotate_signing(), flush=True)
            case ["pseudonym"]:
                print(keys.mac(PseudonymKey(recipient, "p", year), b"m").hex(), flush=True)
            case ["rotate", "pseudonyms"]:
                print(keys.rotate_pseudonyms(recipient, year), flush=True)
            case ["destroy", start]:
                keys.destroy(Vestigingscode("99AA00"), Schooljaar(int(start)))
                print("destroyed", flush=True)
    except ExchangeError as error:
        print(type(error).__name__, flush=True)
"""
Ask = Callable[[str], None]


class Process:
    """A gateway, worker or command that holds the folder open."""

    def __init__(self, folder: Path, passphrase_file: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), str(passphrase_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.hear() == "ready"

    def tell(self, command: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def ask(self, command: str) -> str:
        self.tell(command)
        return self.hear()

    def end(self) -> None:
        self._process.communicate(timeout=10)


@contextmanager
def processes(count: int, folder: Path, passphrase_file: Path) -> Iterator[list[Process]]:
    with ExitStack() as stack:
        running = [Process(folder, passphrase_file) for _ in range(count)]
        for process in running:
            stack.callback(process.end)
        yield running


def all_at_once(running: list[Process], command: str) -> set[str]:
    for process in running:
        process.tell(command)
    return {process.hear() for process in running}


def test_all_take_the_key_that_the_first_one_made(folder: Path, passphrase_file: Path) -> None:
    """From an empty disk: folder, passphrase, master key, thirty roots and a signing key."""
    with processes(6, folder, passphrase_file) as running:
        macs = all_at_once(running, "mac 30")
        assert len(macs) == 1
        assert len(set(macs.pop().split())) == 30
        assert len(all_at_once(running, "kid")) == 1
    assert not list(folder.glob("*.tmp"))
    assert not list(folder.glob(".*"))


def test_a_destroyed_key_ends_in_all_of_them(folder: Path, passphrase_file: Path) -> None:
    with processes(3, folder, passphrase_file) as running:
        all_at_once(running, "mac 1")
        assert running[0].ask("destroy 2000") == "destroyed"
        assert all_at_once(running, "mac 1") == {"KeyDestroyed"}


def test_making_and_destroying_at_once_ends_destroyed(folder: Path, passphrase_file: Path) -> None:
    with processes(4, folder, passphrase_file) as running:
        all_at_once(running, "kid")
        for process in running:
            process.tell("destroy 2000" if process is running[0] else "mac 1")
        for process in running:
            process.hear()
        assert all_at_once(running, "mac 1") == {"KeyDestroyed"}


def test_rotations_at_once_leave_one_current_key(folder: Path, passphrase_file: Path) -> None:
    with processes(4, folder, passphrase_file) as running:
        first = all_at_once(running, "kid").pop()
        rotated = all_at_once(running, "rotate")
        assert first not in rotated
        current = all_at_once(running, "kid")
        assert len(current) == 1
        assert current <= rotated
    keys = FileKeyProvider(folder, passphrase_file)
    assert {first} | rotated <= {jwk["kid"] for jwk in keys.public_keys()}
    keys.destroy(Vestigingscode("99AA00"), Schooljaar(2026))


def test_a_rotation_of_pseudonyms_holds_in_all_of_them_at_once(
    folder: Path, passphrase_file: Path
) -> None:
    with processes(3, folder, passphrase_file) as running:
        seen = [all_at_once(running, "pseudonym")]
        for generation in ("2", "3"):
            assert running[0].ask("rotate pseudonyms") == generation
            seen.append(all_at_once(running, "pseudonym"))
    assert [len(macs) for macs in seen] == [1, 1, 1]
    assert len(set().union(*seen)) == 3


def test_rotations_of_pseudonyms_at_once_leave_one_generation(
    folder: Path, passphrase_file: Path
) -> None:
    with processes(4, folder, passphrase_file) as running:
        all_at_once(running, "pseudonym")
        assert all_at_once(running, "rotate pseudonyms") <= {"2", "3", "4", "5"}
        assert len(all_at_once(running, "pseudonym")) == 1
