"""Does all there is to do with keys in processes that die one write further each time.

A process of its own, because it forks: each child begins from the same memory, goes on from what
the one before it left, and is killed right after its first change to the folder, until one has
nothing left to do. After each, another child holds what is there against what must be true. Run by
the tests; exits 0 when all of it held.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from adapters.keys.pkcs11 import TokenKeyProvider
from exchange.crypto.es256 import verify_es256
from exchange.errors import KeyDestroyed
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import GatewayKey, KeyState, KeyUse, VestigingKey

OWNER = Oin("00000099000003610000")
SCHOOL, OTHER = Vestigingscode("99AA00"), Vestigingscode("99BB00")
YEAR, NEXT_YEAR = Schooljaar(2026), Schooljaar(2027)
LOG = GatewayKey(KeyUse.LOG)
GONE, KEPT = (
    VestigingKey(KeyUse.MAILBOX, SCHOOL, YEAR),
    VestigingKey(KeyUse.MAILBOX, OTHER, NEXT_YEAR),
)
_WRITES = ("link", "replace", "rename", "mkdir", "rmdir")

MADE: dict[str, Callable[[TokenKeyProvider], bytes]] = {
    "log": lambda keys: keys.mac(LOG, b"m"),
    "kept": lambda keys: keys.mac(KEPT, b"m"),
    "checkpoint": lambda keys: keys.checkpoint_key(),
    "signing": lambda keys: keys.sign(b"m")[:0],
}
Open = Callable[[], TokenKeyProvider]


def everything(opened: Open, notes: Path) -> None:
    """Make, use, rotate and end keys of every kind; what must outlive a kill is noted."""
    keys = opened()
    for name, use in MADE.items():
        remember(notes / name, use(keys))
    with suppress(KeyDestroyed):
        keys.mac(GONE, b"m")
    if len(keys.public_keys()) == 1:
        keys.rotate_signing()
    if not any(fact.recipient for fact in keys.inventory()):
        keys.rotate_pseudonyms(OWNER, YEAR)
    keys.destroy(SCHOOL, YEAR)
    keys.end_schooljaar(YEAR)


def judge(opened: Open, notes: Path) -> None:
    """Hold what a dead process left against what must be true; make nothing that was not there."""
    keys = opened()
    for name, use in MADE.items():
        if (notes / name).exists():
            remember(notes / name, use(keys))
    if any(fact.kid for fact in keys.inventory()):
        current = keys.public_keys()[0]
        assert current["kid"] == keys.signing_kid()
        assert verify_es256(current, b"m", keys.sign(b"m"))


def judge_end(opened: Open) -> None:
    """Hold the end of it all, too."""
    keys = opened()
    for key in (GONE, VestigingKey(KeyUse.INZAGE, GONE.vestiging, GONE.schooljaar)):
        try:
            keys.mac(key, b"m")
        except KeyDestroyed:
            continue
        raise AssertionError("a destroyed key was made again")
    keys.rotate_signing()  # finishes the one that was cut short
    states = [fact.state for fact in keys.inventory() if fact.kid]
    assert states == [KeyState.PUBLIC_ONLY] * (len(states) - 1) + [KeyState.IN_USE], states


def remember(note: Path, value: bytes) -> None:
    """Note a value the first time; from then on it is that one."""
    if note.exists():
        assert note.read_bytes() == value, note.name
    else:
        descriptor = os.open(note, os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, value)
        os.close(descriptor)


def in_a_child(work: Callable[[], None], *, dies: bool = False) -> bool:
    """Do ``work`` in a fork of us that may be killed after its first change; say if it lived."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if dies:
                mortal()
            work()
            status = 0
        finally:
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return False
    assert os.waitstatus_to_exitcode(status) == 0
    return True


def mortal() -> None:
    """Let the process die right after its first change to the folder."""

    def deadly(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            real(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("unreachable")

        return call

    for name in _WRITES:
        setattr(os, name, deadly(getattr(os, name)))


def main(folder: str, module: str, label: str, pin: str, notes: str) -> None:
    """Kill one process later than the other; print how many died."""
    made = Path(folder), Path(module), label, Path(pin)

    def opened() -> TokenKeyProvider:
        return TokenKeyProvider.create(*made)

    died = 0
    while not in_a_child(lambda: everything(opened, Path(notes)), dies=True):
        died += 1
        assert in_a_child(lambda: judge(opened, Path(notes)))
    assert in_a_child(lambda: judge_end(opened))
    sys.stdout.write(f"{died}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
