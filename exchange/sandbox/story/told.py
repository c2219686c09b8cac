"""What became of a planned message: what was sent, and what the gateway answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from exchange.policy.parties import Role
from exchange.policy.status import Status
from exchange.sandbox.story.plan import Fate, Planned

Receipt = Mapping[str, Any]
"""An ontvangstbewijs as it came back."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message that was sent: accepted (``receipt``) or refused (``problem``).

    ``withdrawal`` is the receipt of its intrekking. ``is_new`` is False when the gateway gave an
    earlier answer again.
    """

    planned: Planned
    sent: bytes = field(repr=False)
    status: int
    receipt: Receipt | None = None
    problem: Mapping[str, Any] | None = None
    withdrawal: Receipt | None = None
    is_new: bool = True

    @property
    def bericht_id(self) -> str:
        """The id of an accepted message; empty for a refused one."""
        return str(self.receipt["berichtId"]) if self.receipt else ""

    @property
    def must_arrive(self) -> bool:
        """Whether the recipient must get to read it: accepted, and not withdrawn right away."""
        return self.receipt is not None and self.planned.fate is not Fate.METEEN_INGETROKKEN

    @property
    def may_arrive(self) -> bool:
        """Whether the recipient may have read it: unless an intrekking was certainly first."""
        return self.receipt is not None and not self.was_stopped

    @property
    def was_stopped(self) -> bool:
        """Whether an intrekking came before the download: then nobody ever saw the message."""
        return self.withdrawal is not None and not self.withdrawal_must_arrive

    @property
    def withdrawal_must_arrive(self) -> bool:
        """Whether a sealed intrekking follows the message to its recipient."""
        if self.withdrawal is None:
            return False
        status: str = stream(self.withdrawal, Role.LEERPLICHT)["status"]
        return status != Status.INGETROKKEN.value


def stream(receipt: Receipt, role: Role) -> Mapping[str, Any]:
    """Give what a receipt says about one role."""
    found: Mapping[str, Any] = next(s for s in receipt["stromen"] if s["rol"] == role.value)
    return found
