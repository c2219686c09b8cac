"""What the gateway knows beside the message when it judges one: values, already looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from exchange.errors import Violation
from exchange.messages.contracts import Values
from exchange.messages.identifiers import Oin, Periode, Schooljaar, Vestigingscode
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.law import Law
from exchange.policy.parties import Directory, Vestiging
from exchange.values import Value


class Verzuimbeleid(Value, frozen=True):
    """The part of a school's absence policy that rules need; reasons stay digests, elsewhere."""

    versie: int
    geldig_vanaf: date
    lesuur_in_minuten: int
    criteria: frozenset[str]


@dataclass(frozen=True, slots=True)
class EarlierMessage:
    """An earlier message that this one withdraws or replaces; holds no pupil.

    ``held`` says that its recipient fetched it and did not refuse it: somebody has it.
    """

    bericht_id: UUID
    soort: Soort
    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    periode: Periode
    event_day: date
    withdrawn: bool
    recipient: Oin | None
    held: bool
    blind_index: bytes | None = field(repr=False)


class Dagverzuim(Value, frozen=True):
    """Unauthorised absence of one pupil on one day, in minutes."""

    datum: date
    minuten: int


class Telstand(Value, frozen=True):
    """An earlier melding about the same pupil at the same vestiging; it restarts a count.

    ``eind`` is the day of receipt where a long absence had no end yet.
    """

    bericht_id: UUID
    verzuimsoort: Verzuimsoort
    begin: date
    eind: date


class Facts(Value, frozen=True):
    """Everything that a rule may look at besides the message; ``needs`` says which rules do.

    ``registered`` are the vestiging's own unauthorised registrations of this pupil on the days that
    count, ``meldingen`` what was reported about this pupil there before in the schooljaar of the
    event day, oldest first; a message that this one replaces is in neither.
    """

    today: date
    law: Law
    directory: Directory
    vestiging: Vestiging
    beleid: Verzuimbeleid | None
    kalender: Schoolkalender
    earlier: EarlierMessage | None
    registered: tuple[Dagverzuim, ...] = ()
    meldingen: tuple[Telstand, ...] = ()


Check = Callable[[Values, Facts], Iterable[Violation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check on well-formed members; it runs when every member it ``needs`` is well-formed.

    What it ``may_use`` may be absent, but not broken: that is no absence to draw conclusions from.
    """

    needs: tuple[str, ...]
    source: str
    check: Check
    may_use: tuple[str, ...] = ()
