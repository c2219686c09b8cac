"""What ``exchange policy diff`` compares: two sets of rules, and a message judged by each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer

from exchange.bootstrap.law import open_elementen, open_law, open_necessity
from exchange.messages.contracts import CONTRACTS, Contract
from exchange.messages.document import parse_object, read_message
from exchange.messages.soort import Soort
from exchange.policy.comparison import Rules, rules_on
from exchange.policy.law import Law
from exchange.policy.necessity import Necessity, read_necessity
from exchange.policy.replay import Circumstances, Verdict, replay


@dataclass(frozen=True, slots=True)
class Judged:
    """A message by its kind, and what each of the two sets of rules says of it."""

    soort: Soort
    before: Verdict
    after: Verdict


def rules_to_compare(
    op: date, tegen: date | None, necessity: Path | None, parameters: Path | None
) -> tuple[Rules, Rules]:
    """Give the rules that are shipped, and those of the other day or of the draft.

    A draft is compared on its own last date unless another day is asked for.
    """
    shipped_law, shipped, elementen = open_law(), open_necessity(), open_elementen()
    law = open_law(parameters) if parameters else shipped_law
    drafted = read_necessity([necessity.read_text("utf-8")]) if necessity else None
    day = tegen or _last_date(law if parameters else None, drafted)
    if day is None:
        raise typer.BadParameter("say with --tegen which other day, or give a draft")
    other = _with_draft(shipped, drafted) if drafted else shipped
    return (
        rules_on(op, shipped_law, shipped, elementen),
        rules_on(day, law, other, elementen),
    )


def judged(
    body: bytes, soort: Soort | None, rules: tuple[Rules, Rules], given: Circumstances
) -> Judged:
    """Judge the message by both; one that cannot be read is told by pointers and codes."""
    contract = CONTRACTS[soort] if soort else _told_by_members(body)
    values, faults = read_message(contract, body, parse_object(body))
    if faults:
        for fault in faults:
            typer.echo(f"{fault.pointer or '/'} {fault.code.value}", err=True)
        raise typer.Exit(1)
    before, after = (replay(contract, values, each, given) for each in rules)
    return Judged(contract.soort, before, after)


def _last_date(law: Law | None, drafted: Necessity | None) -> date | None:
    days = (
        [entry.geldig_vanaf for entries in law.entries.values() for entry in entries] if law else []
    )
    days += [table.geldig_vanaf for table in drafted.tables] if drafted else []
    return max(days, default=None)


def _with_draft(shipped: Necessity, drafted: Necessity) -> Necessity:
    """A draft of the same date takes the place of what is shipped."""
    by_day = {table.geldig_vanaf: table for table in (*shipped.tables, *drafted.tables)}
    return Necessity(tuple(by_day[day] for day in sorted(by_day)))


def _told_by_members(body: bytes) -> Contract:
    members = parse_object(body).keys()
    fitting = [c for c in CONTRACTS.values() if not read_message(c, body, parse_object(body))[1]]
    fitting = fitting or [c for c in CONTRACTS.values() if members <= c.members.keys()]
    if len(fitting) != 1:
        raise typer.BadParameter("its members do not tell what it is: say so with --soort")
    return fitting[0]
