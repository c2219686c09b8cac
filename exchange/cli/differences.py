"""How a difference between two sets of rules is told: tables for people, JSON for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from exchange.cli.replaying import Judged
from exchange.policy.comparison import ABSENT, Comparison, Rules
from exchange.policy.necessity import Kind
from exchange.policy.parties import Role
from exchange.policy.replay import Verdict


def show_difference(before: Rules, after: Rules, found: Comparison, message: Judged | None) -> None:
    """Print what differs; of a message only what becomes of it under each."""
    console = Console()
    console.print(f"De regels van {before.day} tegen die van {after.day}", markup=False)
    for title, heads, rows in _rows(found):
        if rows:
            table = Table(*heads, title=title)
            for row in rows:
                table.add_row(*row)
            console.print(table)
    if not (found.numbers or found.decisions or found.lists):
        console.print("Er is geen verschil in de regels.")
    if message:
        _show_message(message, console)


def as_json(
    before: Rules, after: Rules, found: Comparison, message: Judged | None
) -> dict[str, Any]:
    """Give the same for a machine."""
    told = {
        "op": before.day.isoformat(),
        "tegen": after.day.isoformat(),
        "parameters": [
            {
                "naam": change.name,
                "op": change.before.waarde,
                "tegen": change.after.waarde,
                "bron": change.after.bron,
            }
            for change in found.numbers
        ],
        "besluiten": [
            {
                "bericht": change.soort.value,
                "rol": change.role.value,
                "wat": change.what,
                "op": change.before,
                "tegen": change.after,
            }
            for change in found.decisions
        ],
        "lijsten": [
            {"naam": change.name, "vervallen": list(change.gone), "nieuw": list(change.new)}
            for change in found.lists
        ],
    }
    if message is None:
        return told
    return {
        **told,
        "bericht": {
            "soort": message.soort.value,
            "op": _verdict(message.before),
            "tegen": _verdict(message.after),
            "verschil": _differences(message),
        },
    }


def _rows(found: Comparison) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    numbers = [
        (c.name, str(c.before.waarde), str(c.after.waarde), c.after.bron) for c in found.numbers
    ]
    decisions = [(c.soort.value, c.role.value, c.what, c.before, c.after) for c in found.decisions]
    lists = [(c.name, ", ".join(c.gone), ", ".join(c.new)) for c in found.lists]
    return [
        ("Getallen", ("getal", "op", "tegen", "bron"), list(numbers)),
        ("Besluiten", ("bericht", "rol", "wat", "op", "tegen"), list(decisions)),
        ("Lijsten", ("lijst", "vervallen", "nieuw"), list(lists)),
    ]


def _show_message(message: Judged, console: Console) -> None:
    for when, verdict in (("op", message.before), ("tegen", message.after)):
        codes = ", ".join(f"{pointer or '/'} {code.value}" for pointer, code in verdict.faults)
        outcome = f"geweigerd: {codes}" if codes else "aangenomen"
        console.print(f"{message.soort.value} {when}: {outcome}", markup=False)
        for role, decided in () if verdict.faults else verdict.streams.items():
            console.print(f"  {role.value}: {_line(decided)}", markup=False)
    rows = _differences(message)
    if not rows:
        console.print("Voor dit bericht is er geen verschil.")
        return
    table = Table("rol", "wat", "op", "tegen", title="Verschil voor dit bericht")
    for row in rows:
        table.add_row(row["rol"], row["wat"], row["op"], row["tegen"])
    console.print(table)


def _line(decided: Mapping[str, Any]) -> str:
    by_kind = {
        kind.value: [name for name, rule in decided.items() if rule.kind is kind] for kind in Kind
    }
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in by_kind.items() if names)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "aangenomen": not verdict.faults,
        "fouten": [{"pointer": pointer, "code": code.value} for pointer, code in verdict.faults],
        "stromen": [
            {
                "rol": role.value,
                **{
                    kind.value: [name for name, rule in decided.items() if rule.kind is kind]
                    for kind in Kind
                },
            }
            for role, decided in verdict.streams.items()
        ],
    }


def _differences(message: Judged) -> list[dict[str, str]]:
    """Give the rules that judge otherwise, and the members that go elsewhere."""
    old, new = set(message.before.faults), set(message.after.faults)
    refused = [
        {
            "rol": ABSENT,
            "wat": f"{pointer or '/'} {code.value}",
            "op": "geweigerd" if (pointer, code) in old else "aangenomen",
            "tegen": "geweigerd" if (pointer, code) in new else "aangenomen",
        }
        for pointer, code in sorted(old ^ new)
    ]
    moved = [
        {"rol": role.value, "wat": member, "op": before, "tegen": after}
        for role in Role
        for member, before, after in _moved(message, role)
        if before != after
    ]
    return refused + moved


def _moved(message: Judged, role: Role) -> list[tuple[str, str, str]]:
    old, new = message.before.streams.get(role, {}), message.after.streams.get(role, {})
    return [
        (
            member,
            old[member].kind.value if member in old else ABSENT,
            new[member].kind.value if member in new else ABSENT,
        )
        for member in {**old, **new}
    ]
