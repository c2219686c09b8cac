"""Step 8, per portion: what is new or changed is written, while the next portion is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from typing import Self
from uuid import UUID

from exchange.errors import Code, Fault, Invalid, Refused, Violation
from exchange.messages.identifiers import Periode
from exchange.messages.wire import Categorie
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.registrations.known import REGISTRATIES
from exchange.pipeline.registrations.stages import Kept, SchoolDay, SealedLine, Underway, subject_of
from exchange.policy.mandates import require_mandate
from exchange.policy.retention import is_open
from exchange.storage import month_sources, registrations, tally
from exchange.storage.database import Connection
from exchange.storage.registrations import Rows, Standing

AT_ONCE = 1_000
"""Lines in one portion: a round trip, some twenty milliseconds of the database."""

_AT_FIRST = 125

Found = tuple[SealedLine, Standing]
"""A line, and what stands under its number."""


class Portions:
    """The good lines of a delivery, gathered until there is enough to write at once.

    The first portion is small, so that the database soon has something to do; each next one is
    twice as large as the one before, up to ``at_once`` lines.
    """

    def __init__(self, sealed: AsyncIterator[Sequence[SealedLine]], at_once: int) -> None:
        """Gather nothing yet."""
        self._sealed, self._at_once = sealed, at_once
        self._enough = min(_AT_FIRST, at_once)
        self._first: list[SealedLine] = []

    async def begin(self) -> bool:
        """Gather the first portion; False when there is not one good line."""
        self._first = await self._gathered()
        return bool(self._first)

    def __aiter__(self) -> Self:
        """Give the portions, each once."""
        return self

    async def __anext__(self) -> list[SealedLine]:
        """Give the next one; nothing of it is kept here."""
        portion, self._first = self._first, []
        portion = portion or await self._gathered()
        if not portion:
            raise StopAsyncIteration
        return portion

    async def _gathered(self) -> list[SealedLine]:
        portion: list[SealedLine] = []
        async for lines in self._sealed:
            portion += lines
            if len(portion) >= self._enough:
                break
        self._enough = min(2 * self._enough, self._at_once)
        return portion


class Writer:
    """Writes the lines of one delivery in its transaction, and remembers what they came to."""

    def __init__(
        self, conn: Connection, delivery: Underway, bericht_id: UUID, gateway: Gateway
    ) -> None:
        """Begin with nothing written."""
        self.kept = Kept()
        self._conn, self._delivery = conn, delivery
        self._bericht_id, self._gateway = bericht_id, gateway
        self._changed: set[month_sources.Delivery] = set()

    async def write_all(self, portions: Portions) -> None:
        """Write each portion while the next one comes: no more than three are there at a time."""
        writing = asyncio.create_task(_nothing())
        try:
            async for portion in portions:
                await writing
                writing = asyncio.create_task(self._write(portion))
            await writing
        finally:  # whatever went wrong, the transaction ends after its last statement
            await asyncio.gather(writing, return_exceptions=True)

    async def claim_months(self) -> None:
        """Claim the months that lines count in, and mark those that changed for the tally.

        Last of all: a line that fell out claims none. Raises ``bron-strijdig`` when one of them
        was delivered as figures meanwhile.
        """
        counted = {_delivered(day) for day in self.kept.counted}
        if await month_sources.claim(self._conn, counted, REGISTRATIES):
            raise Refused(Code.BRON_STRIJDIG)
        await tally.mark(self._conn, self._changed)

    async def _write(self, lines: Sequence[SealedLine]) -> None:
        """Put what is new or changed in its place; a line that may not change anything falls out.

        Of two lines with one number the last one counts.
        """
        latest = {line.id_digest: line for line in lines}
        before = await self._add(latest.values())
        if not before:
            self.kept.add(lines)
            return
        changed = [
            (latest[digest], found)
            for digest, found in before.items()
            if found.content != latest[digest].content
        ]
        fixed = self._fixed(changed)
        new = [line for digest, line in latest.items() if digest not in before]
        if new and await self._add(new):
            raise Fault("a number that did not stand, under the lock, stands")
        await self._replace([(line, was) for line, was in changed if line.id_digest not in fixed])
        self.kept.add(list(self._not_fallen(lines, fixed)) if fixed else lines)

    async def _add(self, lines: Collection[SealedLine]) -> Mapping[bytes, Standing]:
        """Add lines; if something stands under the number of one, give what, and add none."""
        before = await registrations.add(self._conn, _rows(lines), self._bericht_id)
        if not before:
            self._changed.update({_delivered(day) for day in {line.day for line in lines}})
        return before

    async def _replace(self, found: Sequence[Found]) -> None:
        if not found:
            return
        lines, moved = [line for line, _ in found], [was.datum for _, was in found]
        for line, was in found:
            self._changed.add(_delivered(line.day))
            self._changed.add((line.day.vestigingscode, Periode.of(was.datum)))
        await registrations.replace(self._conn, _rows(lines), moved, self._bericht_id)

    def _fixed(self, changed: Sequence[Found]) -> dict[bytes, Violation]:
        """Say of each number at which something stands that may not be changed why it may not."""
        found = ((line.id_digest, self._standing_fast(line, was)) for line, was in changed)
        return {digest: refusal for digest, refusal in found if refusal is not None}

    def _standing_fast(self, line: SealedLine, was: Standing) -> Violation | None:
        """Its month has closed, or the sender's mandate does not concern its day."""
        caller, gateway = self._delivery.caller, self._gateway
        today = caller.received.today
        if not is_open(Periode.of(was.datum), today, gateway.law):
            return _STANDS_IN_CLOSED_MONTH
        code = line.day.vestigingscode
        try:
            require_mandate(caller.party, code, gateway.directory(), today, was.datum)
        except Refused as refused:
            return Violation("/registratieId", refused.code, _STANDS_ON_ANOTHERS_DAY)
        return None

    def _not_fallen(
        self, lines: Sequence[SealedLine], fixed: Mapping[bytes, Violation]
    ) -> Iterator[SealedLine]:
        for line in lines:
            refusal = fixed.get(line.id_digest)
            if refusal is None:
                yield line
                continue
            pupil = subject_of(line.pupil, line.day.link)
            self._delivery.caller.received.concerned.fell_out(line.number, pupil)
            self._delivery.refusals.add(line.number, Invalid([refusal]))


_STANDS_IN_CLOSED_MONTH = Violation(
    "/registratieId",
    Code.PERIODE_GESLOTEN,
    "Deze registratie staat in een maand die gesloten is voor correcties.",
)
_STANDS_ON_ANOTHERS_DAY = "Deze registratie gaat over een dag waarover u niet mag leveren."


async def _nothing() -> None:
    """Stand for the write before the first one."""


def _delivered(day: SchoolDay) -> month_sources.Delivery:
    return day.vestigingscode, day.month.periode


def _rows(lines: Collection[SealedLine]) -> Rows:
    kinds: dict[tuple[SchoolDay, Categorie, bool], int] = {}
    return Rows(
        digests=[line.id_digest for line in lines],
        sealed=[line.id_sealed for line in lines],
        pupils=[line.pupil.counting for line in lines],
        minutes=[line.minuten for line in lines],
        contents=[line.content for line in lines],
        kinds=[
            kinds.setdefault((line.day, line.categorie, line.ingetrokken), len(kinds) + 1)
            for line in lines
        ],
        codes=[day.vestigingscode.reveal() for day, _, _ in kinds],
        days=[day.datum for day, _, _ in kinds],
        categories=[categorie.value for _, categorie, _ in kinds],
        withdrawns=[ingetrokken for _, _, ingetrokken in kinds],
    )
