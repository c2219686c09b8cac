"""The acceptances of one moment in one transaction, and who of them must go alone (ADR 0022).

Alone goes whoever is not the first with its idempotency key or natural key, and everybody when the
common transaction fails, for whatever reason: on the way alone each reason has its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from uuid import UUID

from exchange.errors import ExchangeError
from exchange.storage.database import Database
from exchange.storage.lane import Lane
from exchange.storage.rows import Acceptance
from exchange.storage.together import TooLate, write_together

_Told = tuple[Acceptance, Callable[[], object]]


class CommitLane:
    """The lane of one database, for acceptances that look at no row but those they write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lane = Lane[_Told, bool](self._run)

    async def commit(self, acceptance: Acceptance, written: Callable[[], object]) -> bool:
        """Give True once it is on disk; False when nothing of it is written: it must go alone.

        ``written`` is called when its rows stand, just before the commit.
        """
        return await self._lane.pass_through((acceptance, written))

    async def _run(self, waiting: Sequence[_Told]) -> list[bool]:
        written = await self._written_of(list(_first_of_each(waiting)))
        if len(written) == len(waiting):
            return [True] * len(waiting)
        numbers = {one.message.bericht_id for one, _ in written}
        return [one.message.bericht_id in numbers for one, _ in waiting]

    async def _written_of(self, together: list[_Told]) -> list[_Told]:
        """Commit them together; those who turn out late make way, and the others go once more."""
        try:
            late = await self._commit(together)
            if late:
                together = [told for told in together if told[0].message.bericht_id not in late]
                late = await self._commit(together) if together else frozenset()
        except ExchangeError:
            return []
        return [] if late else together

    async def _commit(self, together: Sequence[_Told]) -> Set[UUID]:
        """Write all and give nobody, or write nothing and give those whose key another has."""
        try:
            async with self._database.batch() as driver:
                await write_together(driver, [one for one, _ in together])
                for _, written in together:
                    written()
        except TooLate as found:
            return found.numbers
        return frozenset()


def _first_of_each(waiting: Sequence[_Told]) -> Iterator[_Told]:
    """Leave out whoever says the same as a neighbour before it, or has its key."""
    keys, said = set[bytes](), set[bytes]()
    for told in waiting:
        one, _ = told
        if one.key.key_digest in keys or one.same_again in said:
            continue
        keys.add(one.key.key_digest)
        if one.same_again is not None:
            said.add(one.same_again)
        yield told
