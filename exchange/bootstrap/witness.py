"""Builds a witness."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.system import SystemClock
from adapters.witness.gateway import LogGateway
from adapters.witness.memory import Memory
from adapters.witness.watch import Contradiction, Seen, Watch
from exchange.crypto.canonical import strict_json
from exchange.crypto.verify_log import NotProven, read_vkey

__all__ = ["Contradiction", "Seen", "WitnessSettings", "open_watch"]


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """Which log to watch, and where the memory lies; ``vkey`` only counts at the first start."""

    url: str
    state: Path
    ca: Path | None = None
    vkey: str | None = None
    name: str | None = None


@contextmanager
def open_watch(settings: WitnessSettings) -> Iterator[Watch]:
    """Open the memory and the way to the log.

    Without a key from elsewhere the log's own word is taken for it, once: it then stays that one.
    Raises ``NotProven`` when there is no such key, or another one than before.
    """
    memory, gateway = Memory(settings.state), LogGateway(settings.url, settings.ca)
    try:
        cosigner = memory.cosigner(settings.name)
        known = memory.log_key()
        vkey = known or settings.vkey or _published(gateway.keys())
        key = read_vkey(vkey)
        if settings.vkey is not None and read_vkey(settings.vkey) != key:
            raise NotProven("deze getuige volgt al een logboek met een andere sleutel")
        if known is None:
            memory.trust_log(vkey)
        yield Watch(gateway, memory, cosigner, key, SystemClock())
    finally:
        gateway.close()
        memory.close()


def _published(answer: bytes) -> str:
    try:
        document = strict_json(answer)
        keys = document["keys"] if isinstance(document, dict) else []
        return str(next(key["vkey"] for key in keys if key.get("use") == "checkpoint"))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        raise NotProven("de gateway noemt geen sleutel van zijn logboek") from None
