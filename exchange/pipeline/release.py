"""Makes a release of one month's figures, in numbered steps; nothing leaves before all are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.errors import Code, Refused
from exchange.figures.disclose import Header, disclose
from exchange.figures.levering import Levering, Stand
from exchange.figures.publish import read_json
from exchange.figures.secrets import Problem, pose
from exchange.figures.secure import Report, Secured, secure
from exchange.figures.table import Table, tabulate
from exchange.figures.tally import Contradiction, delivered_of, fold
from exchange.messages.identifiers import Periode
from exchange.pipeline.leveringen import ACTIVITY
from exchange.pipeline.release_files import Release, make_files
from exchange.policy.calendar import legal_day
from exchange.policy.grounds import require_ground_for_figures
from exchange.policy.law import Law, Parameters
from exchange.policy.necessity import Mode, Necessity
from exchange.policy.parties import Directory
from exchange.policy.retention import is_open
from exchange.ports import Clock, Ids, KeyProvider
from exchange.storage import releases, tally
from exchange.storage.database import Database
from exchange.storage.directory import load_directory
from exchange.storage.release_rows import ArchivedRow
from exchange.telemetry.trace import trace_of

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Publisher:
    """What a release is made with; ``budget_seconds`` is what finding a pattern may take."""

    mode: Mode
    necessity: Necessity
    law: Law
    database: Database
    keys: KeyProvider
    clock: Clock
    ids: Ids
    budget_seconds: float
    report: Report

    def today(self) -> date:
        """Give the legal day."""
        return legal_day(self.clock.now())


@dataclass(frozen=True, slots=True)
class Archived:
    """An earlier release; a withdrawn one was seen, and is shown to nobody any more."""

    levering: Levering
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class Cutoff:
    """What was known of the month at one moment, and everything that was released before."""

    nummer: int
    table: Table
    contradictions: tuple[Contradiction, ...]
    directory: Directory
    earlier: tuple[Archived, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """What was made, for whoever asked for it."""

    release: Release
    secured: Secured
    contradictions: tuple[Contradiction, ...]


async def release(periode: Periode, publisher: Publisher) -> Released:
    """Make, store and announce the release of one month.

    Raises:
        Refused: no ground in law, a month that has not begun, nobody delivered, or another release
            was made meanwhile.
        Unprotected: no pattern was found that the audit accepts; nothing is released then.
    """
    numbers = _permitted(periode, publisher)  # (1) may there be one
    await _fold(publisher)  # (2) count what is not counted yet
    cutoff = await _cut_off(periode, publisher)  # (3) one moment, and all earlier releases
    problem = pose(cutoff.table, _about(periode, cutoff.earlier), numbers)  # (4) what is secret
    secured = _secure(problem, numbers, publisher)  # (5) hide enough, (6) prove it
    made = _publish(periode, cutoff, secured, publisher)  # (7) bytes, once per recipient and form
    await _store(made, publisher)  # (8) files, notices and log record in one commit
    return Released(made, secured, cutoff.contradictions)


async def withdraw(nummer: int, publisher: Publisher) -> None:
    """Withdraw a release: whoever asks for it gets 410 from now on; that it was seen stays so.

    Raises ``Refused`` for a number that does not exist; a second time changes nothing.
    """
    now = publisher.clock.now()
    details = {"door": "operator", "nummer": nummer}
    made = record(
        _happening(Action.LEVERING_INGETROKKEN, now, details), publisher.keys, publisher.ids
    )
    async with publisher.database.transaction() as conn:
        if await releases.withdraw(conn, nummer, now, made.entry):
            await append_record(conn, made)


def _permitted(periode: Periode, publisher: Publisher) -> Parameters:
    today = publisher.today()
    require_ground_for_figures(publisher.necessity.on(today), publisher.mode)
    if periode.first_day > today:
        raise Refused(Code.DATUM_ONGELDIG, rule="de maand is nog niet begonnen")
    return _numbers(periode, today, publisher.law)


def _numbers(periode: Periode, today: date, law: Law) -> Parameters:
    """Protect by the numbers of today; what a tier is follows the month that was counted."""
    counted, now = law.on(periode.last_day), law.on(today)
    return replace(
        now, trede1_procent=counted.trede1_procent, trede2_procent=counted.trede2_procent
    )


async def _fold(publisher: Publisher) -> None:
    publisher.report("tellen wat er sinds de vorige telling binnenkwam")
    while await fold(publisher.database, publisher.clock.now(), publisher.law):
        pass


async def _cut_off(periode: Periode, publisher: Publisher) -> Cutoff:
    async with publisher.database.transaction() as conn:
        nummer = await releases.next_number(conn)
        rows = await tally.figures_of(conn, periode)
        directory = await load_directory(conn)
        earlier = [_archived(one) for one in await releases.archive(conn)]
    found = delivered_of(rows, directory, periode)
    if not found.delivered:
        raise Refused(Code.NIET_GEVONDEN, rule="geen enkele vestiging heeft deze maand geleverd")
    publisher.report(f"{len(found.delivered)} vestigingen leverden, {len(found.missing)} niet")
    table = tabulate(found.delivered, found.missing)
    return Cutoff(nummer, table, found.contradictions, directory, tuple(earlier))


def _archived(row: ArchivedRow) -> Archived:
    return Archived(read_json(row.published), is_withdrawn=row.withdrawn_at is not None)


def _about(periode: Periode, earlier: Sequence[Archived]) -> list[Levering]:
    """Also those that were withdrawn: somebody may have seen them."""
    return [one.levering for one in earlier if one.levering.periode == periode]


def _secure(problem: Problem, numbers: Parameters, publisher: Publisher) -> Secured:
    salt = publisher.ids.random(_SALT_BYTES)
    return secure(problem, numbers, publisher.budget_seconds, publisher.report, salt)


def _publish(periode: Periode, cutoff: Cutoff, secured: Secured, publisher: Publisher) -> Release:
    publisher.report("bestanden maken")
    today = publisher.today()
    is_final = not is_open(periode, today, publisher.law)
    header = Header(
        nummer=cutoff.nummer,
        periode=periode,
        stand=Stand.DEFINITIEF if is_final else Stand.VOORLOPIG,
        at=publisher.clock.now(),
        drempel=publisher.law.on(today).onderdrukking_drempel,
    )
    levering = disclose(header, cutoff.table, secured)
    shown = [one.levering for one in cutoff.earlier if not one.is_withdrawn]
    return make_files(levering, shown, secured, cutoff.directory, publisher.keys)


async def _store(made: Release, publisher: Publisher) -> None:
    log = record(_made(made), publisher.keys, publisher.ids)
    async with publisher.database.transaction() as conn:
        if await releases.next_number(conn) != made.levering.nummer:
            raise Refused(
                Code.IDEMPOTENTIESLEUTEL_BEZIG, rule="intussen is een andere levering gemaakt"
            )
        await releases.insert_release(conn, made.row(log.entry))
        await releases.insert_files(conn, made.files)
        await releases.insert_notices(
            conn, made.levering.nummer, made.to_notify, made.levering.vrijgegeven_op
        )
        await append_record(conn, log)


def _made(made: Release) -> Happening:
    levering = made.levering
    details = {
        "door": "operator",
        "nummer": levering.nummer,
        "periode": str(levering.periode),
        "stand": levering.stand.value,
        "certificaat": levering.certificaat,
        "ontvangers": [str(oin) for oin in made.recipients],
        "geleverd": levering.dekking.geleverd,
        "vestigingen": levering.dekking.vestigingen,
    }
    return _happening(Action.LEVERING_VRIJGEGEVEN, levering.vrijgegeven_op, details)


def _happening(action: Action, at: datetime, details: dict[str, object]) -> Happening:
    return Happening(
        action=action,
        activiteit=ACTIVITY,
        actor=None,
        namens=None,
        trace=trace_of({}),
        started_at=at,
        ended_at=at,
        bijzonderheden=details,
    )
