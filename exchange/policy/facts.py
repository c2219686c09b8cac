"""What the gateway knows beside the message when it judges one: values, already looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from exchange.errors import Violation
from exchange.messages.contracts import Values
from exchange.messages.identifiers import Oin, Periode, Schooljaar, Vestigingscode
from exchange.messages.soort import Soort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.parties import Directory, Vestiging


@dataclass(frozen=True, slots=True)
class Verzuimbeleid:
    """The part of a school's absence policy that rules need; reasons stay digests, elsewhere."""

    versie: int
    geldig_vanaf: date
    lesuur_in_minuten: int
    criteria: frozenset[str]


@dataclass(frozen=True, slots=True)
class EarlierMessage:
    """An earlier message that this one withdraws or replaces; holds no pupil."""

    bericht_id: UUID
    soort: Soort
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    periode: Periode
    withdrawn: bool
    recipient: Oin | None
    blind_index: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a rule may look at besides the message."""

    today: date
    directory: Directory
    vestiging: Vestiging
    beleid: Verzuimbeleid | None
    kalender: Schoolkalender
    earlier: EarlierMessage | None


Check = Callable[[Values, Facts], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check on well-formed members; it runs when every member it ``needs`` is well-formed."""

    needs: tuple[str, ...]
    source: str
    check: Check
