"""What a delivery of registrations is made of: its lines, and which of them must come back."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from exchange.errors import Code
from exchange.sandbox.story.told import Receipt


class Form(StrEnum):
    """How registrations are sent: one by itself, or many, packed or not."""

    JSON = "json"
    NDJSON = "ndjson"
    GZIP = "ndjson, gzip"


_HEADERS = {
    Form.JSON: {"content-type": "application/json"},
    Form.NDJSON: {"content-type": "application/x-ndjson"},
    Form.GZIP: {"content-type": "application/x-ndjson", "content-encoding": "gzip"},
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a supplier, and the code that each bad line must be answered with."""

    key: str
    sender: str
    form: Form
    lines: Sequence[bytes] = field(repr=False)
    refusals: Mapping[int, Code]
    corrections: int = 0
    withdrawals: int = 0

    @property
    def content(self) -> bytes:
        """What is sent, unpacked: the receipt's digest is over this."""
        return b"\n".join(self.lines) + b"\n" * (self.form is not Form.JSON)

    @property
    def packed(self) -> bytes:
        """What goes over the wire, always the same bytes."""
        return gzip.compress(self.content, mtime=0) if self.form is Form.GZIP else self.content

    @property
    def headers(self) -> Mapping[str, str]:
        """What says how it is packed, and under which key it goes."""
        return {**_HEADERS[self.form], "idempotency-key": self.key}

    @property
    def acceptable(self) -> int:
        """How many lines are good."""
        return len(self.lines) - len(self.refusals)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a delivery; ``code`` says why nothing of it was taken."""

    delivery: Delivery
    receipt: Receipt | None
    code: str = ""
    is_new: bool = True

    @property
    def accepted(self) -> int:
        """How many lines were taken."""
        return int(self.receipt["aantalAangenomen"]) if self.receipt else 0

    @property
    def refused(self) -> int:
        """How many came back."""
        return int(self.receipt["aantalGeweigerd"]) if self.receipt else len(self.delivery.lines)

    @property
    def refusals(self) -> Mapping[int, str]:
        """The code of each line that came back, by its number."""
        items = self.receipt["geweigerd"] if self.receipt else ()
        return {item["regel"]: item["fouten"][0]["code"] for item in items}
