"""Opens the months of registrations ahead of time, and lets go what is past its term (P9)."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.messages.identifiers import Periode, Schooljaar
from exchange.policy.calendar import legal_day
from exchange.policy.law import Law
from exchange.policy.retention import Cutoffs, cutoffs
from exchange.ports import Clock
from exchange.storage import forgetting, removals
from exchange.storage.database import Connection, Database
from exchange.telemetry.events import REGISTRATIONS_FORGOTTEN, emit

_MONTHS_AHEAD = 2
_VESTIGINGEN_AT_ONCE = 200
_LINKS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class MonthKeeper:
    """Opens and forgets months, as the purge role."""

    database: Database
    clock: Clock
    law: Law

    async def keep(self) -> int:
        """Open what is missing, forget one batch; give how much was forgotten."""
        now = self.clock.now()
        today = legal_day(now)
        cut, years = cutoffs(now, self.law), self.law.on(today).leveringen_jaren
        async with self.database.transaction() as conn:
            for ahead in range(_MONTHS_AHEAD + 1):
                await forgetting.open_month(conn, Periode.of(today).plus(ahead))
        async with self.database.transaction() as conn:
            months = {"registrations": await forgetting.drop_months(conn, cut.registrations)}
            gone = await removals.count(conn, months)
        async with self.database.transaction() as conn:
            gone += await removals.count(conn, await _forget(conn, cut))
            releases = {"releases": await forgetting.forget_releases(conn, now, years)}
            gone += await removals.count(conn, releases)
        if gone:
            emit(REGISTRATIONS_FORGOTTEN, count=gone)
        return gone


async def _forget(conn: Connection, cut: Cutoffs) -> dict[str, int]:
    before = cut.registrations
    strays = await forgetting.forget_registrations(conn, before, _VESTIGINGEN_AT_ONCE)
    numbers = await forgetting.forget_numbers(conn, before, _VESTIGINGEN_AT_ONCE)
    links = await forgetting.forget_links(conn, Periode.of(before), _LINKS_AT_ONCE)
    counts = await forgetting.forget_counts(conn, Schooljaar.of(before))
    return {
        "registrations": strays,
        "registration_ids": numbers,
        "subject_link": links,
        "telstand": counts,
        **await forgetting.forget_figures(conn, cut.figures),
    }
