"""What each stage hands to the next: skipping one is a type error, not a review comment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from exchange.errors import Refused, Violation
from exchange.messages.contracts import Contract, Values
from exchange.messages.identifiers import Oin, Periode, Schooljaar, Vestigingscode
from exchange.messages.soort import Soort
from exchange.pipeline.body import Body, Packed
from exchange.pipeline.concerned import Concerned
from exchange.policy.facts import EarlierMessage, Facts
from exchange.policy.necessity import Clause, Decided
from exchange.policy.parties import Party, Role
from exchange.policy.verzuimmelding import Telling
from exchange.telemetry.trace import Trace
from exchange.values import Value, field


class Limits(Value, frozen=True):
    """Bounds on what one request may hold, unpacked."""

    json_bytes: int = 1024 * 1024
    ndjson_bytes: int = 32 * 1024 * 1024
    ndjson_lines: int = 100_000


class Peer(Value, frozen=True):
    """Who stands at the other end of the connection: a verified certificate's OIN and x5t#S256."""

    oin: Oin
    thumbprint: str


class RawRequest(Value, frozen=True):
    """Bytes and headers as they came in; header names are lower case.

    Of a large delivery ``packed`` is the body, and ``body`` is empty; so it is further on.
    """

    soort: Soort
    path: str
    headers: Mapping[str, str]
    body: bytes
    peer: Peer | None
    trace: Trace
    about: UUID | None = None
    rehearsal: bool = False
    namens: Oin | None = None
    concerned: Concerned = field(default_factory=Concerned)
    packed: Packed | None = None

    @property
    def content(self) -> Body:
        """Give the body, however it is kept."""
        return self.packed or self.body


class Received(Value, frozen=True):
    """A request of an acceptable size and type, with its idempotency key.

    ``body`` is unpacked; ``many`` says that it is NDJSON, a message on every line; ``lines`` is
    how many there are, blank ones included.
    """

    contract: Contract
    path: str
    body: bytes
    many: bool
    lines: int
    idempotency_key: str
    peer: Peer | None
    trace: Trace
    about: UUID | None
    received_at: datetime
    today: date
    namens: Oin | None = None
    concerned: Concerned = field(default_factory=Concerned)
    packed: Packed | None = None

    @property
    def content(self) -> Body:
        """Give the body, however it is kept."""
        return self.packed or self.body


class Authenticated(Value, frozen=True):
    """A request from a known party on the school's side."""

    received: Received
    party: Party
    peer: Peer


class Validated(Value, frozen=True):
    """A message by a party that may send it; ``faults`` are what is still wrong with its form.

    Only ``classify`` can go on from here, and it refuses any fault: it first adds what the rules
    find, so that a sender learns everything at once.
    """

    caller: Authenticated
    values: Values
    wire: Mapping[str, Any]
    faults: tuple[Violation, ...]
    vestigingscode: Vestigingscode
    event_day: date
    counts_on: date
    earlier: EarlierMessage | None


class Stream(Value, frozen=True):
    """One role's part in a message: its clause, and the party that holds the role here."""

    clause: Clause
    recipient: Party | None


class Classified(Value, frozen=True):
    """A lawful message: no fault left, a ground for it in force, its recipients known.

    ``telling`` is there when the message restarts a count.
    """

    valid: Validated
    facts: Facts
    streams: tuple[Stream, ...]
    beleid: date
    schooljaar: Schooljaar
    periode: Periode
    telling: Telling | None


class Pseudonymised(Value, frozen=True):
    """A message with its pseudonyms: one per sealed stream, and keyed digests for ourselves.

    ``pupil`` is the counting pseudonym, where the message restarts a count.
    """

    classified: Classified
    zaakreferenties: Mapping[Role, str]
    blind_index: bytes | None
    same_again: bytes | None
    pupil: bytes | None


class Account(Value, frozen=True):
    """What became of every member for one role: the lists on the receipt and in the log."""

    role: Role
    recipient: Oin | None
    clause: Clause
    decided: Decided

    @property
    def members(self) -> tuple[str, ...]:
        """Give every member that the message had: each is decided about once."""
        return self.decided.members

    @property
    def doorgegeven(self) -> tuple[str, ...]:
        """Give the members that the role may read."""
        return self.decided.doorgegeven

    @property
    def gegeneraliseerd(self) -> tuple[str, ...]:
        """Give the members that it gets less precisely."""
        return self.decided.gegeneraliseerd

    @property
    def afgeleid(self) -> tuple[str, ...]:
        """Give the members from which its figures are made."""
        return self.decided.afgeleid

    @property
    def route(self) -> tuple[str, ...]:
        """Give the members that only find the recipient."""
        return self.decided.route

    @property
    def ingehouden(self) -> tuple[tuple[str, str], ...]:
        """Give the members that are withheld, each with the ground."""
        return self.decided.ingehouden


class View(Value, frozen=True):
    """Exactly what one recipient may read, in clear, for the moment between here and encrypt."""

    account: Account
    recipient: Party
    content: Mapping[str, Any]


class Minimised(Value, frozen=True):
    """A message cut to what each role needs."""

    pseudonymised: Pseudonymised
    bericht_id: UUID
    accounts: tuple[Account, ...]
    views: tuple[View, ...]


class Parcel(Value, frozen=True):
    """One recipient's view, sealed to its key and wrapped under the vestiging's key."""

    account: Account
    recipient: Oin
    kid: str
    payload: bytes
    push: bool


class Header(Value, frozen=True):
    """The part of a message that may be kept in clear: no pupil, no member the school wrote."""

    bericht_id: UUID
    soort: Soort
    sender: Oin
    thumbprint: str
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    periode: Periode
    event_day: date
    beleid: date
    received_at: datetime
    today: date
    trace: Trace
    withdraws: UUID | None
    replaces: bool


class Encrypted(Value, frozen=True):
    """What may be stored: sealed parcels, keyed digests, and names of members; no plaintext.

    Of a melding also the days that restart a count, under the counting pseudonym.
    """

    header: Header
    accounts: tuple[Account, ...]
    parcels: tuple[Parcel, ...]
    zout: bytes
    inhoudshash: bytes
    key_digest: bytes
    body_digest: bytes
    blind_index: bytes | None
    same_again: bytes | None
    pupil: bytes | None
    telling: Telling | None


class Stored(Value, frozen=True):
    """The answer: a receipt whose message is on disk and in the log."""

    receipt: bytes
    replayed: bool = False
    status: int = 202


class Overtaken(Refused):
    """A twin of this request was first: its answer is the answer; if it has none, this refusal."""


class Outdated(Exception):
    """Another melding about the pupil came or went since the rules looked: they must look again."""
