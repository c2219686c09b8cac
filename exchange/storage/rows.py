"""What goes into the tables and what comes out, as values; column names are field names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from exchange.messages.identifiers import Oin, Periode, Schooljaar, Vestigingscode
from exchange.policy.parties import KeyStatus
from exchange.policy.status import Status
from exchange.values import Value, asdict

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list; ``next_cursor`` is None on the last."""

    items: Sequence[Item]
    next_cursor: str | None


def values_of(row: Value | DataclassInstance) -> dict[str, Any]:
    """Give a row's fields by column name, ready to insert."""
    if isinstance(row, Value):
        return asdict(row)
    return {field.name: getattr(row, field.name) for field in fields(row)}


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party as an operator sees it, also after it was revoked."""

    oin: Oin
    name: str
    push_url: str | None
    added_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecipientKeyRow:
    """A recipient's key that counts or waits: ``since`` it was approved, or else registered."""

    oin: Oin
    party: str
    kid: str
    status: KeyStatus
    since: datetime


# --- acceptance ---


class IdempotencyRow(Value, frozen=True):
    """An idempotency key that was answered with 2xx; both digests are keyed."""

    key_digest: bytes
    body_digest: bytes
    bericht_id: UUID
    status: int
    created_at: datetime


class MessageRow(Value, frozen=True):
    """A message without its content; ``betreft`` is the one that it withdraws or replaces."""

    bericht_id: UUID
    soort: str
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    periode: Periode
    event_day: date
    sender: Oin
    received_at: datetime
    betreft: UUID | None
    digest: bytes
    policy_date: date
    entry: UUID
    receipt: bytes


class ParcelRow(Value, frozen=True):
    """One recipient's sealed view; ``push`` says whether a notice must go out too."""

    bericht_id: UUID
    rol: str
    recipient: Oin
    soort: str
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    purpose: str
    kid: str
    payload: bytes
    created_at: datetime
    push: bool


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A receipt as it lies in its sealed column, with what names the key that opens it."""

    bericht_id: UUID
    soort: str
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    receipt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an idempotency key was answered with."""

    body_digest: bytes = field(repr=False)
    status: int
    receipt: StoredReceipt


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """A message that a new one may withdraw or replace; recipient and status are leerplicht's."""

    soort: str
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    periode: Periode
    event_day: date
    withdrawn_at: datetime | None
    withdrawn_by: UUID | None
    recipient: Oin | None
    recipient_status: Status | None
    blind_index: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class WithdrawnParcel:
    """A parcel that was taken back, and where it stood until then."""

    rol: str
    recipient: Oin
    status: Status
    was_fetched: bool


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawal found; whoever fetched its parcel still has to be told."""

    parcels: tuple[WithdrawnParcel, ...]

    @property
    def was_fetched(self) -> bool:
        """Whether any recipient downloaded the message before it was withdrawn."""
        return any(parcel.was_fetched for parcel in self.parcels)


# --- counting ---


@dataclass(frozen=True, slots=True)
class TelstandRow:
    """What restarts the count of one pupil; ``pupil`` is the counting pseudonym."""

    bericht_id: UUID
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    pupil: bytes = field(repr=False)
    verzuimsoort: str
    begin: date
    eind: date


@dataclass(frozen=True, slots=True)
class CountedRow:
    """A registration that counts; ``bericht_id`` is the delivery that it came with."""

    pupil: bytes = field(repr=False)
    datum: date
    minuten: int
    id_digest: bytes = field(repr=False)
    id_sealed: bytes = field(repr=False)
    bericht_id: UUID


# --- the log ---


class LogRow(Value, frozen=True):
    """A log record: searchable facts beside the final leaf bytes and their hash.

    ``actor`` is an OIN, or None for what the gateway does of itself.
    """

    entry: UUID
    recorded_at: datetime
    activity: str
    actor: str | None
    recipient: Oin | None
    bericht_id: UUID | None
    action: str
    outcome: str
    leaf: bytes
    leaf_hash: bytes


class SubjectLinkRow(Value, frozen=True):
    """What finds a log record by pupil; entry and bericht_id are those of the record."""

    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    salt: bytes
    blind_index: bytes
    periode: Periode | None = None


class Acceptance(Value, frozen=True):
    """All rows of an acceptance that changes no other; ``same_again`` is its natural key."""

    key: IdempotencyRow
    same_again: bytes | None
    message: MessageRow
    parcels: tuple[ParcelRow, ...]
    log: LogRow
    links: tuple[SubjectLinkRow, ...]


# --- mailbox and way out ---


@dataclass(frozen=True, slots=True)
class ListedParcel:
    """A line of a mailbox list: no payload is read for it."""

    bericht_id: UUID
    soort: str
    status: Status
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredParcel:
    """A locked parcel; ``payload`` is None once erased."""

    bericht_id: UUID
    rol: str
    recipient: Oin
    soort: str
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    purpose: str
    kid: str
    payload: bytes | None = field(repr=False)
    created_at: datetime
    status: Status
    fetched_at: datetime | None
    acknowledged_at: datetime | None
    refusal: str | None
    handling: str | None
    afsluitreden: str | None
    blind_index: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A stored receipt with where each of its parcels stands now, by role."""

    receipt: StoredReceipt
    withdrawn: bool
    statuses: Mapping[str, Status]


@dataclass(frozen=True, slots=True)
class TerugmeldingRow:
    """What a recipient, or the passing of time, has to say to the school about a message."""

    id: UUID
    bericht_id: UUID
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    status: str
    afsluitreden: str | None
    reden: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DuePush:
    """A notice that this worker holds the lease of; ``attempt`` counts the earlier attempts.

    ``subject`` is a berichtId, or the nummer of a levering: that one is sent to no ``rol``.
    """

    subject: UUID | int
    rol: str | None
    recipient: Oin
    url: str
    attempt: int


@dataclass(frozen=True, slots=True)
class SweptParcel:
    """A parcel whose state the passing of time changed; the caller logs it and tells the school."""

    bericht_id: UUID
    rol: str
    recipient: Oin
    soort: str
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    purpose: str
    status: Status
    blind_index: bytes | None = field(repr=False)
