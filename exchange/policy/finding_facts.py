"""The small counted facts that the rules on findings look at: about parties and accounts.

Never about a pupil: no fact names one, or holds anything by which one could be told from another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, order=True)
class Who:
    """A party by its OIN ("" for the gateway itself), or an employee by the account as well."""

    oin: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class DayOfReading:
    """How often somebody saw something on a legal day, and how often of that at an odd hour."""

    who: Who
    day: date
    count: int
    outside: int


@dataclass(frozen=True, slots=True)
class FirstTime:
    """A processing activity, or a recipient, that never stood beside this party before."""

    who: Who
    other: str
    is_recipient: bool
    first_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class RefusedMinute:
    """How many requests of a party were refused in the minute that begins at ``minute``."""

    who: Who
    minute: datetime
    count: int


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A record that a key of ``who``, or a witness of the log, changed.

    ``name`` is the key's thumbprint, or the witness.
    """

    entry: UUID
    who: Who
    at: datetime
    action: str
    name: str


@dataclass(frozen=True, slots=True)
class Undecryptable:
    """How many messages a recipient refused on a day because it could not open them."""

    who: Who
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class PupilLook:
    """A record that somebody looked up what is known of one pupil, by its reason alone."""

    entry: UUID
    who: Who
    at: datetime
    reden: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the rules look at; ``breaches_at`` is when findings were called a breach."""

    reading: Sequence[DayOfReading] = ()
    first_times: Sequence[FirstTime] = ()
    refused: Sequence[RefusedMinute] = ()
    key_changes: Sequence[KeyChange] = ()
    undecryptable: Sequence[Undecryptable] = ()
    looks: Sequence[PupilLook] = ()
    breaches_at: Sequence[datetime] = ()
