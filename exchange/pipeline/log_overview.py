"""How much happened on each day, what, how it ended, and who did most: figures for a chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from exchange.accountability.record import Action
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.logregels import Party, party_names, sees_all
from exchange.pipeline.onlooker import Onlooker, log_look
from exchange.policy.calendar import AMSTERDAM
from exchange.storage import log_counts
from exchange.storage.database import Connection

MOST_DAYS = 92
_TOP = 10
_SETTLED = timedelta(minutes=10)
"""So long after midnight no transaction is still open that began the day before."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many records of one action ended in one way on one legal day."""

    dag: date
    actie: str
    uitkomst: str
    aantal: int


@dataclass(frozen=True, slots=True)
class ActorCount:
    """How many records one party is the actor of."""

    party: Party
    aantal: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Some days up to and including today; a day, action and outcome without records is absent."""

    van: date
    tot: date
    counts: tuple[DayCount, ...]
    actors: tuple[ActorCount, ...]


async def overview(who: Onlooker, days: int, gateway: Gateway) -> Overview:
    """Count the last ``days`` legal days (92 at most) of what ``who`` may see; recorded."""
    today = gateway.today()
    length = max(1, min(days, MOST_DAYS))
    window = [today - timedelta(days=n) for n in reversed(range(length))]
    counts: list[DayCount] = []
    actors: Counter[str] = Counter()
    async with gateway.database.transaction(party=who.party.oin, today=today) as conn:
        for day, counted in (await _counted(conn, who, window, gateway)).items():
            counts += [DayCount(day, c.action, c.outcome, c.records) for c in counted.days]
            for one in counted.actors:
                actors[one.actor] += one.records
        await log_look(conn, who, Action.LOGOVERZICHT_INGEZIEN, gateway, dagen=length)
    names = party_names(gateway)
    most = [ActorCount(Party(oin, names.get(oin, oin)), n) for oin, n in actors.most_common(_TOP)]
    return Overview(window[0], today, tuple(counts), tuple(most))


async def _counted(
    conn: Connection, who: Onlooker, window: Sequence[date], gateway: Gateway
) -> dict[date, log_counts.Counted]:
    """Give each day's counts; of all that happened, days that are over are counted once."""
    if not sees_all(who):
        return _by_day(window, await log_counts.of_own(conn, _bounds(window)))
    known = gateway.counted
    new = window[next((n for n, day in enumerate(window) if day not in known), len(window)) :]
    found = {day: known.of(day) for day in window[: len(window) - len(new)]}
    if new:
        found |= _by_day(new, await log_counts.of_all(conn, _bounds(new)))
    over = gateway.clock.now() - _SETTLED
    for day in new:
        if _midnight(day + timedelta(days=1)) < over:
            known.keep(day, found[day])
    return found


def _by_day(window: Sequence[date], counted: log_counts.Counted) -> dict[date, log_counts.Counted]:
    return {
        day: log_counts.Counted(
            [one for one in counted.days if one.slice == number],
            [one for one in counted.actors if one.slice == number],
        )
        for number, day in enumerate(window)
    }


def _bounds(window: Sequence[date]) -> list[datetime]:
    return [_midnight(day) for day in (*window, window[-1] + timedelta(days=1))]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), AMSTERDAM).astimezone(UTC)
