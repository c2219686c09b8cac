"""Opens the months of registrations ahead of time, and lets go what is past its term (P9)."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.messages.identifiers import Periode, Schooljaar
from exchange.policy.calendar import legal_day
from exchange.policy.law import Law
from exchange.policy.retention import oldest_figures, registrations_kept_from
from exchange.ports import Clock
from exchange.storage import forgetting
from exchange.storage.database import Database
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
        numbers = self.law.on(today)
        before, current = registrations_kept_from(today, self.law), Schooljaar.of(today)
        oldest = oldest_figures(current, numbers)
        async with self.database.transaction() as conn:
            for ahead in range(_MONTHS_AHEAD + 1):
                await forgetting.open_month(conn, Periode.of(today).plus(ahead))
        async with self.database.transaction() as conn:
            gone = await forgetting.drop_months(conn, before)
        async with self.database.transaction() as conn:
            gone += await forgetting.forget_registrations(conn, before, _VESTIGINGEN_AT_ONCE)
            gone += await forgetting.forget_links(conn, Periode.of(before), _LINKS_AT_ONCE)
            gone += await forgetting.forget_counts(conn, Schooljaar.of(before))
            gone += await forgetting.forget_figures(conn, Periode.of(oldest.first_day))
            gone += await forgetting.forget_releases(conn, now, numbers.leveringen_jaren)
        if gone:
            emit(REGISTRATIONS_FORGOTTEN, count=gone)
        return gone
