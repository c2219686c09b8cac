"""The summary at the end: what happened in the month and in the week."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from exchange.messages.soort import Soort
from exchange.sandbox.screen.accounts import accounts_of
from exchange.sandbox.screen.board import Board
from exchange.sandbox.screen.levering import levering_of
from exchange.sandbox.screen.month import MONTHS, drempel_of, month_of, spoken
from exchange.sandbox.screen.outcome import Outcome
from exchange.sandbox.screen.tables import Names, accounts_table
from exchange.sandbox.story.plan import Fate
from exchange.sandbox.story.told import Receipt, Told
from exchange.sandbox.world import World


def summary_of(
    outcome: Outcome, board: Board, names: Names, world: World, reference: date
) -> RenderableType:
    """Draw the summary of a month and a school week."""
    registered = [one.receipt for one in outcome.month.delivered if one.receipt]
    return Group(
        Rule(Text(f"Registraties van {spoken(outcome.month.month.periode)}", "bold"), align="left"),
        _indented(month_of(outcome.month, world)),
        _heading("Wie kreeg wat van de registraties"),
        _indented(accounts_table(accounts_of(registered), names)),
        _heading("Drempelmelding: 16 uur in vier lesweken"),
        _indented(drempel_of(outcome.month.drempel)),
        Text(),
        Rule(Text(f"De schoolweek vóór {_spoken(reference)}", "bold"), align="left"),
        _indented(_counts(outcome, board)),
        *_who_got_what(outcome, names),
        *_levering(outcome),
        _heading("Met opzet geweigerd"),
        _indented(_refusals(outcome.refused)),
        _heading("Controle"),
        _indented(_verdict(outcome)),
    )


def _counts(outcome: Outcome, board: Board) -> RenderableType:
    new = sum(one.is_new for one in outcome.accepted)
    fates = [one.planned.fate for one in outcome.accepted]
    rows = [
        (outcome.taken(Soort.SIGNAAL), "signalen aangenomen"),
        (outcome.taken(Soort.VERZUIMMELDING), "verzuimmeldingen aangenomen"),
        (len(outcome.accepted), f"samen, {_new(new, len(outcome.accepted))}"),
        (len(outcome.refused), "met opzet geweigerd"),
        (sum(one.was_stopped for one in outcome.told), "ingetrokken voor leerplicht het ophaalde"),
        (sum(one.withdrawal_must_arrive for one in outcome.told), "ingetrokken na het ophalen"),
        (fates.count(Fate.VERVANGEN), "vervangen door een verbeterd bericht"),
        (board.handlings(), "terugmeldingen van leerplicht aan scholen"),
    ]
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    for count, text in rows:
        if count:
            table.add_row(str(count), text)
    return table


def _new(new: int, total: int) -> str:
    """Say whether the gateway gave earlier answers again: then nothing was sent twice."""
    if new == total:
        return "allemaal nieuw"
    return "allemaal al bekend: opnieuw sturen verandert niets" if new == 0 else f"{new} nieuw"


def _who_got_what(outcome: Outcome, names: Names) -> Iterator[RenderableType]:
    """Draw what each role got of each kind of message, as the receipts say."""
    kinds: dict[str, list[Receipt]] = {"signalen": [], "verzuimmeldingen": []}
    for one in outcome.accepted:
        if one.receipt is not None:
            is_melding = one.planned.soort is Soort.VERZUIMMELDING
            kinds["verzuimmeldingen" if is_melding else "signalen"].append(one.receipt)
    for kind, receipts in kinds.items():
        yield _heading(f"Wie kreeg wat van de {kind}")
        yield _indented(accounts_table(accounts_of(receipts), names))


def _levering(outcome: Outcome) -> Iterator[RenderableType]:
    if outcome.levering is not None:
        yield _heading("Levering van de cijfers: wie haalde wat op")
        yield _indented(levering_of(outcome.levering))


def _refusals(refused: Sequence[Told]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for one in refused:
        problem: Mapping[str, Any] = one.problem or {}
        pointers = [fault["pointer"] for fault in problem.get("fouten", ())]
        what = Text.assemble(one.planned.about, (f"  {' '.join(pointers)}", "dim"))
        table.add_row(str(one.status), Text(str(problem.get("code", "")), "yellow"), what)
    return table


def _verdict(outcome: Outcome) -> RenderableType:
    if outcome.faults:
        return Group(*(Text(f"✗ {fault}", "red") for fault in outcome.faults))
    sound = Text("✓ elk ontvangstbewijs: handtekening, inhoudshash en status kloppen", "green")
    lines = Text("✓ elke registratie aangenomen, en elke foute regel terug bij nummer", "green")
    if not outcome.receives:
        waiting = Text("• niemand haalt op (--receivers none): de postbussen houden alles vast")
        return Group(sound, lines, waiting)
    return Group(
        sound,
        lines,
        Text(
            f"✓ {outcome.arrived} berichten bij de juiste gemeente,"
            " met precies de afgesproken velden",
            "green",
        ),
    )


def _spoken(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _heading(text: str) -> RenderableType:
    return Text(f"\n{text}", "bold")


def _indented(inner: RenderableType) -> RenderableType:
    return Padding(inner, (0, 2))
