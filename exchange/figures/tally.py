"""Decides which vestigingen delivered a month, from what was counted of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from exchange.figures.table import Delivered
from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.messages.schoolcijfers import Minutentelling, Schoolcijfers
from exchange.policy.calendar import legal_day
from exchange.policy.law import Law
from exchange.policy.parties import Directory, Vestiging
from exchange.policy.retention import registrations_kept_from
from exchange.storage.database import Database
from exchange.storage.folding import Folding, fold_due
from exchange.storage.tally import TallyRow

_MARKS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A vestiging with more absence in a month than the pupils that it says to have could make."""

    vestiging: Vestigingscode

    def __str__(self) -> str:
        return f"{self.vestiging}: meer verzuim dan het opgegeven aantal leerlingen kan hebben"


@dataclass(frozen=True, slots=True)
class Counted:
    """A month of all vestigingen; who contradicts itself is also missing."""

    delivered: tuple[Delivered, ...]
    missing: tuple[Vestiging, ...]
    contradictions: tuple[Contradiction, ...]


async def fold(database: Database, now: datetime, law: Law) -> int:
    """Fold one batch of what changed; give how much that was, so 0 when all is up to date."""
    async with database.transaction() as conn:
        return await fold_due(conn, _MARKS_AT_ONCE, folding(legal_day(now), law), now)


def folding(today: date, law: Law) -> Callable[[Periode], Folding]:
    """Say how each month is folded today.

    Its registrations are taken for gone a day before they go, so that no fold counts while they
    are being dropped. Nothing of theirs is lost by it: the month closed days before.
    """
    kept_from = registrations_kept_from(today + timedelta(days=1), law)

    def how(periode: Periode) -> Folding:
        numbers = law.on(periode.last_day)
        return Folding(
            absent1_procent=100 - numbers.trede1_procent,
            absent2_procent=100 - numbers.trede2_procent,
            complete=periode.first_day >= kept_from,
        )

    return how


def delivered_of(rows: Iterable[TallyRow], directory: Directory, periode: Periode) -> Counted:
    """Tell apart who delivered the month and who did not, of all vestigingen on its last day.

    Figures that contradict themselves were not delivered: that vestiging is among the missing. So
    is one that planned no minutes: it has no tiers, and everybody would know in which its pupils
    were put.
    """
    by_code = {row.vestigingscode: row for row in rows}
    delivered, missing, contradictions = [], [], []
    for code in sorted(directory.vestigingen, key=Vestigingscode.reveal):
        vestiging = directory.vestiging_on(code, periode.last_day)
        if vestiging is None:
            continue
        row = by_code.get(code)
        if row is not None and row.strijdig:
            contradictions.append(Contradiction(code))
        if row is None or row.strijdig or not row.geplande_minuten:
            missing.append(vestiging)
        else:
            figures = _figures(row)
            delivered.append(Delivered(vestiging, figures, row.verzuimmeldingen, row.signalen))
    return Counted(tuple(delivered), tuple(missing), tuple(contradictions))


def _figures(row: TallyRow) -> Schoolcijfers:
    return Schoolcijfers(
        leerlingen=row.leerlingen or 0,
        geplande_minuten_per_leerling=row.geplande_minuten or 0,
        geoorloofd=Minutentelling(
            minuten=row.geoorloofd_minuten,
            aantal_leerlingen=row.geoorloofd_leerlingen,
            grootste_aandeel_minuten=row.geoorloofd_grootste,
        ),
        ongeoorloofd=Minutentelling(
            minuten=row.ongeoorloofd_minuten,
            aantal_leerlingen=row.ongeoorloofd_leerlingen,
            grootste_aandeel_minuten=row.ongeoorloofd_grootste,
        ),
        leerlingen_met_ongeoorloofd_verzuim=row.ongeoorloofd_leerlingen,
        trede1=row.trede1 or 0,
        trede2=row.trede2 or 0,
        trede3=row.trede3 or 0,
    )
