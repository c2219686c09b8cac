"""A gateway, worker or command that holds the token: it does what a line on its input says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.integration.keys.softhsm import Hsm

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
from pathlib import Path
from adapters.keys.pkcs11 import TokenKeyProvider
from exchange.errors import ExchangeError
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import GatewayKey, KeyUse, PseudonymKey, VestigingKey

folder, module, label, pin = sys.argv[1:]
YEAR, SCHOOL = Schooljaar(2026), Vestigingscode("99AA00")
OWNER = Oin("00000099000003610000")
keys = None
print("ready", flush=True)
for line in sys.stdin:
    try:
        if keys is None:
            made = Path(folder), Path(module), label, Path(pin)
            keys = TokenKeyProvider.create(*made)
        match line.split():
            case ["mac", count]:
                made = (VestigingKey(KeyUse.MAILBOX, SCHOOL, Schooljaar(2020 + n))
                        for n in range(int(count)))
                print(*(keys.mac(key, b"m").hex() for key in made), flush=True)
            case ["log"]:
                print(keys.mac(GatewayKey(KeyUse.LOG), b"m").hex(), flush=True)
            case ["pseudonym"]:
                print(keys.mac(PseudonymKey(OWNER, "doel", YEAR), b"m").hex(), flush=True)
            case ["kid"]:
                print(keys.signing_kid(), flush=True)
            case ["sign"]:
                print(keys.sign(b"m").hex(), flush=True)
            case ["checkpoint"]:
                print(keys.checkpoint_key().hex(), flush=True)
            case ["rotate"]:
                print(keys.rotate_signing(), flush=True)
            case ["rotate-pseudonyms"]:
                print(keys.rotate_pseudonyms(OWNER, YEAR), flush=True)
            case ["destroy", year]:
                keys.destroy(SCHOOL, Schooljaar(int(year)))
                print("destroyed", flush=True)
            case ["end", year]:
                keys.end_schooljaar(Schooljaar(int(year)))
                print("ended", flush=True)
    except ExchangeError as error:
        print(type(error).__name__, flush=True)
"""


class Process:
    """One such process."""

    def __init__(self, hsm: Hsm) -> None:
        arguments = map(str, hsm.settings)
        self._process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**hsm.environment, "PYTHONPATH": str(ROOT)},
        )
        assert self.hear() == "ready"

    def tell(self, command: str) -> None:
        """Give it a line."""
        assert self._process.stdin
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """Give its answer; nothing when it died."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def ask(self, command: str) -> str:
        """Do both."""
        self.tell(command)
        return self.hear()

    def end(self) -> None:
        """Let it go."""
        self._process.communicate(timeout=30)


@contextmanager
def processes(count: int, hsm: Hsm) -> Iterator[list[Process]]:
    """Run a few at the same time."""
    with ExitStack() as stack:
        running = []
        for _ in range(count):
            running.append(Process(hsm))
            stack.callback(running[-1].end)
        yield running


def all_at_once(running: list[Process], command: str) -> set[str]:
    """Give the same command to all before any is heard."""
    for process in running:
        process.tell(command)
    return {process.hear() for process in running}
