"""One delivery on its way through the steps: its lines in portions, and those that fell out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from exchange.errors import Code, Invalid, NothingAccepted, Violation
from exchange.messages.identifiers import Vestigingscode
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.registrations.classify import classify_line
from exchange.pipeline.registrations.encrypt import encrypt_lines
from exchange.pipeline.registrations.known import Known
from exchange.pipeline.registrations.minimise import accounts_of, minimise_lines
from exchange.pipeline.registrations.plain import PlainReader
from exchange.pipeline.registrations.pseudonymise import pseudonymise_line
from exchange.pipeline.registrations.pupils import Pupils
from exchange.pipeline.registrations.stages import (
    ClassifiedLine,
    Kept,
    Line,
    MinimalLine,
    NamedLine,
    Refusals,
    SchoolDay,
    SealedLine,
    Summary,
    ValidLine,
)
from exchange.pipeline.registrations.unpack import codes_in, lines_of
from exchange.pipeline.registrations.validate import validate_line
from exchange.pipeline.stages import Authenticated

_AT_ONCE = 50
_BYTES_AT_ONCE = 64 * 1024
"""What is worked on before others' requests have their turn: a few milliseconds at most."""


class Delivery:
    """What the steps share: what is known about the schools, the pupils named, the lines refused.

    A single registration (JSON) is a delivery of one line whose refusal is the whole answer.
    """

    def __init__(self, caller: Authenticated, gateway: Gateway) -> None:
        received = caller.received
        table = gateway.necessity.on(received.today)
        self.caller = caller
        self.clauses = table.in_force(received.contract.soort, gateway.mode)
        self.beleid = table.geldig_vanaf
        self.refusals = Refusals(alone=not received.many)
        self.vestigingen: frozenset[Vestigingscode] = frozenset()
        self._gateway = gateway
        self._pupils = Pupils(gateway.keys)
        self._known = Known(caller, gateway, self._pupils)
        self._plain = PlainReader(self._known, received.idempotency_key, gateway.mode)
        self._members: set[str] = set()
        self._days: set[SchoolDay] = set()

    async def look_up(self) -> None:
        """Learn about the schools that the lines name, as far as the caller may act for them.

        All at once and before anything is stored: who holds a transaction needs no second one.
        """
        received = self.caller.received
        named: set[str] = set()
        for codes in codes_in(received.content, lines=received.many):
            named |= codes
            await asyncio.sleep(0)
        self.vestigingen = frozenset(
            code for code in map(Vestigingscode, named) if self._known.may_deliver(code)
        )
        await self._known.look_up(self.vestigingen)

    def portions(self, at_once: int = _AT_ONCE) -> Iterator[Sequence[Line]]:
        """Give the lines, some at a time."""
        received = self.caller.received
        lines = lines_of(received.content) if received.many else iter([Line(1, received.body)])
        portion: list[Line] = []
        size = 0
        for line in lines:
            portion.append(line)
            size += len(line.body)
            if len(portion) == at_once or size > _BYTES_AT_ONCE:
                yield portion
                portion, size = [], 0
        if portion:
            yield portion

    def validate(self, lines: Iterable[Line]) -> list[ValidLine]:
        """Step 3 for each line."""
        key, mode = self.caller.received.idempotency_key, self._gateway.mode
        plain, known = self._plain, self._known
        try:
            return self.refusals.sift(lambda n: validate_line(n, plain, known, key, mode), lines)
        finally:
            self._known.name_noted()

    def classify(self, lines: Iterable[ValidLine]) -> list[ClassifiedLine]:
        """Step 4 for each line."""
        known = self._known
        passed = self.refusals.sift(lambda line: classify_line(line, known), lines)
        self.caller.received.concerned.settle(line.number for line in passed)
        return passed

    def pseudonymise(self, lines: Iterable[ClassifiedLine]) -> list[NamedLine]:
        """Step 5 for each line."""
        return [pseudonymise_line(line, self._pupils) for line in lines]

    def minimise(self, lines: Sequence[NamedLine]) -> list[MinimalLine]:
        """Step 6 for each line."""
        self._members.update(*{line.members for line in lines})
        self._days.update([line.day for line in lines])
        return minimise_lines(lines, self.clauses)

    def encrypt(self, lines: Iterable[MinimalLine]) -> list[SealedLine]:
        """Step 7 for each line."""
        return encrypt_lines(lines, self._gateway.keys)

    def summary(self, kept: Kept) -> Summary:
        """Give what all lines came to; raises when none is left."""
        refused = self.refusals.in_order()
        if not kept.lines and refused:
            raise NothingAccepted((r.number, r.violations) for r in refused)
        if not kept.lines:
            raise Invalid(
                [Violation("", Code.ONGELDIGE_JSON, "De levering heeft geen enkele regel.")]
            )
        schools = self._known.vestigingen({day.vestigingscode for day in self._days})
        accounts = accounts_of(self.clauses, self._members, schools, self._gateway.directory())
        members = frozenset(self._members)
        return Summary(self.caller, kept, self.refusals, accounts, members, self.beleid)
