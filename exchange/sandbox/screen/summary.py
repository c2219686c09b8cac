"""The summary at the end: what happened in the school week, and what to try next."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from exchange.sandbox.layout import Layout
from exchange.sandbox.screen.accounts import accounts_of
from exchange.sandbox.screen.board import Board
from exchange.sandbox.screen.tables import Names, accounts_table
from exchange.sandbox.story.plan import Fate
from exchange.sandbox.story.told import Told

_MONTHS = "januari februari maart april mei juni juli augustus september oktober november december"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a start went: what was told, what was wrong, and for how many a receiver waited."""

    told: Sequence[Told]
    faults: Sequence[str]
    arrived: int
    receives: bool

    @property
    def accepted(self) -> Sequence[Told]:
        """The signalen that were taken."""
        return [one for one in self.told if one.receipt is not None]

    @property
    def refused(self) -> Sequence[Told]:
        """Those that were not."""
        return [one for one in self.told if one.receipt is None]


def summary_of(outcome: Outcome, board: Board, names: Names, reference: date) -> RenderableType:
    """Draw the summary of a school week."""
    receipts = [one.receipt for one in outcome.accepted if one.receipt is not None]
    return Group(
        Rule(Text(f"De schoolweek vóór {_spoken(reference)}", "bold"), align="left"),
        _indented(_counts(outcome, board)),
        _heading("Wie kreeg wat (volgens de ontvangstbewijzen)"),
        _indented(accounts_table(accounts_of(receipts), names)),
        _heading("Met opzet geweigerd"),
        _indented(_refusals(outcome.refused)),
        _heading("Controle"),
        _indented(_verdict(outcome)),
    )


def next_steps(
    layout: Layout, base_url: str, operator_url: str, example: Mapping[str, Any]
) -> Text:
    """Give what to do now: paste one call, look in the journals, watch the operator's port."""
    places = [
        *(("ontvangen", path) for path in sorted(layout.receivers.glob("*.ndjson"))),
        ("bediening", f"{operator_url}/readyz en {operator_url}/metrics"),
        ("gegevens", layout.announcement),
        ("logboeken", layout.logs),
        ("stoppen", "Ctrl-C; een volgende start gaat hiermee verder"),
    ]
    listed = "".join(f"  {what:<11} {place}\n" for what, place in places)
    return Text.assemble(
        ("\nZelf een signaal sturen\n", "bold"),
        _curl(layout, base_url, example),
        ("\n\nVerder kijken\n", "bold"),
        listed,
    )


def last_line(outcome: Outcome, base_url: str, seconds: float, *, once: bool) -> str:
    """Say in one line how it went; what is wrong gets a line each."""
    if outcome.faults:
        return "\n  ".join(("sandbox: niet alles klopt", *outcome.faults))
    arrived = f"{outcome.arrived} berichten ontvangen" if outcome.receives else "niets opgehaald"
    counts = (
        f"{len(outcome.accepted)} signalen aangenomen, {arrived},"
        f" {len(outcome.refused)} met opzet geweigerd ({seconds:.1f} s)"
    )
    return f"sandbox: alles klopt: {counts}" if once else f"sandbox klaar op {base_url}: {counts}"


def _counts(outcome: Outcome, board: Board) -> RenderableType:
    new = sum(one.is_new for one in outcome.accepted)
    fates = [one.planned.fate for one in outcome.accepted]
    rows = [
        (len(outcome.accepted), f"signalen aangenomen ({_new(new, len(outcome.accepted))})"),
        (len(outcome.refused), "met opzet geweigerd"),
        (sum(one.was_stopped for one in outcome.told), "ingetrokken voor leerplicht het ophaalde"),
        (sum(one.withdrawal_must_arrive for one in outcome.told), "ingetrokken na het ophalen"),
        (fates.count(Fate.VERVANGEN), "vervangen door een verbeterd signaal"),
        (board.handlings(), "terugmeldingen van leerplicht aan scholen"),
    ]
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    for count, text in rows:
        if count:
            table.add_row(str(count), text)
    return table


def _new(new: int, total: int) -> str:
    if new == total:
        return "allemaal nieuw"
    return "allemaal al bekend: opnieuw sturen verandert niets" if new == 0 else f"{new} nieuw"


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
    if not outcome.receives:
        waiting = Text("• niemand haalt op (--receivers none): de postbussen houden alles vast")
        return Group(sound, waiting)
    return Group(
        sound,
        Text(
            f"✓ {outcome.arrived} berichten bij de juiste gemeente,"
            " met precies de afgesproken velden",
            "green",
        ),
    )


def _curl(layout: Layout, base_url: str, example: Mapping[str, Any]) -> str:
    """Give a call that can be pasted as it stands, whatever the folder is called."""
    files = {
        "--cacert": layout.ca,
        "--cert": layout.certificate("las-noord"),
        "--key": layout.private_key("las-noord"),
    }
    members = (f'"{name}": {json.dumps(value)}' for name, value in example.items())
    body = "{\n  " + ",\n  ".join(members) + "\n}"
    lines = [
        f"curl {base_url}/v1/signalen",
        *(f"{option} {shlex.quote(str(path))}" for option, path in files.items()),
        '-H "Content-Type: application/json" -H "Idempotency-Key: $(date +%s)"',
        f"-d {shlex.quote(body)}",
    ]
    return " \\\n  ".join(lines)


def _spoken(day: date) -> str:
    return f"{day.day} {_MONTHS.split()[day.month - 1]} {day.year}"


def _heading(text: str) -> RenderableType:
    return Text(f"\n{text}", "bold")


def _indented(inner: RenderableType) -> RenderableType:
    return Padding(inner, (0, 2))
