"""Takes a register in as a whole: what it changes is written and logged at once, or nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.errors import Code, Invalid, Refused, Violation
from exchange.policy.changes import Changes, changes_by, changes_of_gemeenten
from exchange.policy.fitting import Surroundings, fit
from exchange.policy.registers import (
    GemeentenFile,
    Misfit,
    RegioFile,
    RegisterFile,
    Report,
    VestigingenFile,
)
from exchange.ports import Clock, Ids, KeyProvider
from exchange.storage.database import Connection, Database
from exchange.storage.directory import importing
from exchange.telemetry.trace import trace_of

_ACTIVITY = "registerbeheer/1"
_MANY = 100
"""Up to so many may end at once; above it, no more than half of what we have."""


@dataclass(frozen=True, slots=True)
class Registry:
    """What an import works with."""

    database: Database
    keys: KeyProvider
    clock: Clock
    ids: Ids


@dataclass(frozen=True, slots=True)
class Request:
    """From which day the file holds, whether only to look, and whether it may end very much."""

    peildatum: date
    rehearsal: bool = False
    may_shrink: bool = False


async def import_register(file: RegisterFile, request: Request, registry: Registry) -> Report:
    """Bring a register up to date, in one transaction with its log record.

    Raises:
        Invalid: not one line fits: another register has to be imported first.
        Refused: it would rewrite the past, or end more than half of what we have.
    """
    async with registry.database.transaction() as conn:
        await importing.wait_for_other_imports(conn)
        report = await _compare_and_write(conn, file, request)
        if request.rehearsal:
            return report
        entry = await _log(conn, report, registry)
    return replace(report, entry=entry)


async def _compare_and_write(conn: Connection, file: RegisterFile, request: Request) -> Report:
    match file:
        case VestigingenFile():
            return await _vestigingen(conn, file, request)
        case GemeentenFile():
            return await _gemeenten(conn, file, request)
        case RegioFile():
            return await _regions(conn, file, request)


async def _vestigingen(conn: Connection, file: VestigingenFile, request: Request) -> Report:
    latest = await importing.latest_vestigingen(conn)
    regions = await importing.latest_regions(conn)
    gemeenten = await importing.all_gemeenten(conn)
    day, register = request.peildatum, file.about.register.value
    surroundings = Surroundings(
        day=day,
        gemeenten={code for (code, _), dated in gemeenten.items() if dated.holds_on(day)},
        regions={code: dated.content for code, dated in regions.items() if dated.holds_on(day)},
        latest=latest,
    )
    said, misfits = fit(file, surroundings)
    _require_any(said, misfits)
    kept = {misfit.key for misfit in misfits}
    changes = changes_by(
        latest, said, day, lambda code, old: old.bron == register and str(code) not in kept
    )
    ours = [dated for dated in latest.values() if dated.content.bron == register]
    _require_no_collapse(changes, sum(dated.holds_on(day) for dated in ours), request)
    if not request.rehearsal:
        await importing.write_vestigingen(conn, changes)
    return _report(file, misfits, changes, request)


async def _gemeenten(conn: Connection, file: GemeentenFile, request: Request) -> Report:
    standing = await importing.all_gemeenten(conn)
    changes = changes_of_gemeenten(standing, file.gemeenten, request.peildatum)
    holding = sum(dated.holds_on(request.peildatum) for dated in standing.values())
    _require_no_collapse(changes, holding, request)
    if not request.rehearsal:
        await importing.write_gemeenten(conn, changes)
    return _report(file, file.misfits, changes, request)


async def _regions(conn: Connection, file: RegioFile, request: Request) -> Report:
    latest = await importing.latest_regions(conn)
    _require_any(file.regions, file.misfits)
    changes = changes_by(latest, file.regions, request.peildatum, lambda _code, _old: True)
    holding = sum(dated.holds_on(request.peildatum) for dated in latest.values())
    _require_no_collapse(changes, holding, request)
    if not request.rehearsal:
        await importing.write_regions(conn, changes)
    return _report(file, file.misfits, changes, request)


def _require_any(said: object, misfits: Sequence[Misfit]) -> None:
    if not said:
        first = misfits[0]
        detail = f"geen enkele regel past; regel {first.line}: {first.reason}"
        raise Invalid([Violation(f"/regel/{first.line}", Code.WAARDE_ONGELDIG, detail)])


def _require_no_collapse(changes: Changes[Any, Any], holding: int, request: Request) -> None:
    """A download that was cut off is a valid file too: it must not end half the country."""
    if changes.ended > max(_MANY, holding // 2) and not request.may_shrink:
        raise Refused(
            Code.WAARDE_ONGELDIG,
            rule=f"{changes.ended} van {holding} zouden eindigen; is het bestand compleet?"
            " Zo ja: --ook-bij-krimp",
        )


def _report(
    file: RegisterFile, misfits: tuple[Misfit, ...], changes: Changes[Any, Any], request: Request
) -> Report:
    return Report(
        about=file.about,
        peildatum=request.peildatum,
        new=changes.new,
        changed=changes.changed,
        ended=changes.ended,
        unchanged=changes.unchanged,
        misfits=misfits,
        rehearsal=request.rehearsal,
    )


async def _log(conn: Connection, report: Report, registry: Registry) -> UUID:
    now = registry.clock.now()
    happening = Happening(
        action=Action.REGISTER_INGELEZEN,
        activiteit=_ACTIVITY,
        actor=None,
        namens=None,
        trace=trace_of({}),
        started_at=now,
        ended_at=now,
        bijzonderheden={
            "door": "operator",
            "register": report.about.register.value,
            "sha256": report.about.sha256,
            "peildatum": report.peildatum.isoformat(),
            "gelezen": report.about.read,
            "nieuw": report.new,
            "gewijzigd": report.changed,
            "beeindigd": report.ended,
            "ongewijzigd": report.unchanged,
            "pastNiet": len(report.misfits),
        },
    )
    made = record(happening, registry.keys, registry.ids)
    await append_record(conn, made)
    return made.entry
