"""The drawings that the live view and the summary share: who got what, and how the parts do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from exchange.sandbox.screen.accounts import Fields, RoleAccount
from exchange.sandbox.screen.board import PartLine, State

Names = Mapping[str, str]
"""The party of each OIN."""

_LOOKS = {
    State.START: ("…", "dim"),
    State.DRAAIT: ("●", "green"),
    State.HERSTART: ("○", "yellow"),
    State.GESTOPT: ("○", "dim"),
}
_WHO_WIDTH = 15
_KIND_WIDTH = 11


def accounts_table(accounts: Iterable[RoleAccount], names: Names) -> RenderableType:
    """Draw per role, or roles treated alike, what passed on, served or stayed behind."""
    table = Table.grid(padding=(0, 2))
    table.add_column(width=_WHO_WIDTH)
    table.add_column(ratio=1)
    for account in accounts:
        table.add_row(_who(account, names), _treatment(account))
    return table


def parts_table(parts: Iterable[PartLine], journals: Mapping[str, int]) -> RenderableType:
    """Draw each part with its health, how often it was started again, and a receiver's journal."""
    table = Table.grid(padding=(0, 2))
    for part in parts:
        sign, style = _LOOKS[part.state]
        lines = journals.get(part.name)
        table.add_row(
            Text(sign, style),
            part.name,
            Text(part.state.value, style),
            Text(f"pid {part.pid}" if part.pid else "", "dim"),
            Text(f"{part.restarts} keer opnieuw gestart" if part.restarts else "", "yellow"),
            f"{lines} in journaal" if lines is not None else "",
        )
    return table


def _who(account: RoleAccount, names: Names) -> RenderableType:
    text = Text()
    for role in account.roles:
        text.append(f"{role}\n", "bold")
    if account.passed_on:
        for oin, count in sorted(account.recipients.items(), key=lambda one: names.get(one[0], "")):
            text.append(f"{count:>3} naar {names.get(oin, oin).rpartition('-')[2]}\n")
    else:
        text.append("telt alleen mee" if account.derived else "krijgt niets", "dim")
    text.rstrip()
    return text


def _treatment(account: RoleAccount) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, min_width=_KIND_WIDTH)
    table.add_column(ratio=1)
    kinds = (
        ("doorgegeven", account.passed_on, "green"),
        ("gegeneraliseerd", account.generalised, "blue"),
        ("route", account.route, "cyan"),
        ("afgeleid", account.derived, "magenta"),
    )
    for kind, fields, style in kinds:
        if fields:
            table.add_row(Text(kind, style), _listed(fields))
    for number, (ground, fields) in enumerate(account.withheld.items()):
        label = Text("ingehouden" if number == 0 else "", "yellow")
        table.add_row(label, Text.assemble(_listed(fields), (f" · {ground}", "dim italic")))
    return table


def _listed(fields: Fields) -> Text:
    return Text(", ".join(fields))
