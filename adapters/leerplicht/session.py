"""What a receiver works with once the gateway has answered: keys of both sides, and its journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.leerplicht.events import ReceiverEvent
from adapters.leerplicht.journal import Journal
from adapters.leerplicht.keyfile import KeyFile
from adapters.leerplicht.mailbox import Mailbox
from exchange.crypto.opening import OpenedMessage, SealBroken, open_message
from exchange.messages.identifiers import Oin


@dataclass(slots=True)
class Session:
    """One receiver's mailbox, keys and open journal."""

    mailbox: Mailbox
    keys: KeyFile
    journal: Journal
    gateway_keys: tuple[Mapping[str, object], ...]

    def open(self, token: str, recipient: Oin) -> OpenedMessage:
        """Open a message; a key that we do not know, ours or the gateway's, may have come since."""
        learned: set[str] = set()
        while True:
            try:
                return open_message(token, recipient, self.keys.keys, self.gateway_keys)
            except SealBroken as broken:
                step = broken.facts["step"]
                if step in learned or not self._learns(step):
                    raise
                learned.add(step)

    def _learns(self, step: str) -> bool:
        """Look for the key that this step of opening lacked; say whether there is any news."""
        if step == "key":
            known, self.keys = self.keys.keys, KeyFile.load(self.keys.path)
            return known != self.keys.keys
        if step == "signature":
            published, self.gateway_keys = self.gateway_keys, self.mailbox.gateway_keys()
            return published != self.gateway_keys
        return False


def begin(
    mailbox: Mailbox, private_key: Path, journal: Path, on_event: Callable[..., None]
) -> Session:
    """Register our key, which changes nothing if it is registered; learn the gateway's; open up."""
    keys = KeyFile.load_or_create(private_key)
    status = mailbox.register(keys.current.public_jwk)
    on_event(ReceiverEvent.KEY_REGISTERED, kid=keys.current.kid, status=status)
    gateway_keys = mailbox.gateway_keys()
    opened = Journal(journal)
    if opened.removed_bytes or opened.unreadable_lines:
        on_event(
            ReceiverEvent.JOURNAL_MENDED,
            removed_bytes=opened.removed_bytes,
            unreadable_lines=opened.unreadable_lines,
        )
    return Session(mailbox, keys, opened, gateway_keys)
