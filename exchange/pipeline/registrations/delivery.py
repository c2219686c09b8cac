"""One delivery on its way through the steps: its lines in portions, and those that fell out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial

from exchange.errors import Code, Invalid, NothingAccepted, Violation
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.registrations.classify import classify_line
from exchange.pipeline.registrations.encrypt import encrypt_line
from exchange.pipeline.registrations.known import Known
from exchange.pipeline.registrations.minimise import accounts_of, minimise_lines
from exchange.pipeline.registrations.pseudonymise import pseudonymise_line
from exchange.pipeline.registrations.pupils import Pupils
from exchange.pipeline.registrations.stages import (
    Batch,
    ClassifiedLine,
    Line,
    MinimalLine,
    NamedLine,
    Refusals,
    SealedLine,
    ValidLine,
)
from exchange.pipeline.registrations.unpack import lines_of
from exchange.pipeline.registrations.validate import validate_line
from exchange.pipeline.stages import Authenticated
from exchange.policy.necessity import Clause

_AT_ONCE = 100
_BYTES_AT_ONCE = 64 * 1024
"""What is worked on before others' requests have their turn: some ten milliseconds."""


class Delivery:
    """What the steps share: what is known about the schools, the pupils named, the lines refused.

    A single registration (JSON) is a delivery of one line whose refusal is the whole answer.
    """

    def __init__(self, caller: Authenticated, gateway: Gateway) -> None:
        self._caller = caller
        self._gateway = gateway
        self._pupils = Pupils(gateway.keys)
        self._known = Known(caller, gateway, self._pupils)
        self._refusals = Refusals(alone=not caller.received.many)
        self._members: set[str] = set()

    def portions(self) -> Iterator[Sequence[Line]]:
        """Give the lines, some at a time; a delivery without any is refused."""
        received = self._caller.received
        lines = lines_of(received.body) if received.many else iter([Line(1, received.body)])
        portion: list[Line] = []
        size = 0
        for line in lines:
            portion.append(line)
            size += len(line.body)
            if len(portion) == _AT_ONCE or size > _BYTES_AT_ONCE:
                yield portion
                portion, size = [], 0
        if portion:
            yield portion

    def validate(self, lines: Iterable[Line]) -> list[ValidLine]:
        """Step 3 for each line."""
        key, mode = self._caller.received.idempotency_key, self._gateway.mode
        step = partial(validate_line, known=self._known, key=key, mode=mode)
        return self._refusals.sift(step, lines)

    async def look_up(self, lines: Iterable[ValidLine]) -> None:
        """Learn what the next step needs about the schools in these lines."""
        await self._known.look_up(line.vestigingscode for line in lines)

    def classify(self, lines: Iterable[ValidLine]) -> list[ClassifiedLine]:
        """Step 4 for each line."""
        return self._refusals.sift(partial(classify_line, known=self._known), lines)

    def pseudonymise(self, lines: Iterable[ClassifiedLine]) -> list[NamedLine]:
        """Step 5 for each line."""
        return [pseudonymise_line(line, self._pupils) for line in lines]

    def minimise(self, lines: Iterable[NamedLine], clauses: Iterable[Clause]) -> list[MinimalLine]:
        """Step 6 for each line."""
        lines = list(lines)
        self._members.update(*(line.members for line in lines))
        return minimise_lines(lines, clauses)

    def encrypt(self, lines: Iterable[MinimalLine]) -> list[SealedLine]:
        """Step 7 for each line."""
        return [encrypt_line(line, self._gateway.keys) for line in lines]

    def batch(self, lines: Sequence[SealedLine], clauses: Iterable[Clause], beleid: date) -> Batch:
        """Give what may be stored; raises when no line is left."""
        refused = self._refusals.in_order()
        if not lines and refused:
            raise NothingAccepted((r.number, r.violations) for r in refused)
        if not lines:
            raise Invalid(
                [Violation("", Code.ONGELDIGE_JSON, "De levering heeft geen enkele regel.")]
            )
        schools = self._known.vestigingen({line.pupil.vestigingscode for line in lines})
        accounts = accounts_of(clauses, self._members, schools, self._gateway.directory())
        members = frozenset(self._members)
        return Batch(self._caller, lines, self._refusals, accounts, members, beleid)
