"""The part of the summary about the month: figures, registrations, and the threshold reached."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from exchange.messages.identifiers import Periode
from exchange.sandbox.screen.suppliers import mistakes_table, suppliers_of, suppliers_table
from exchange.sandbox.story.drempel import DrempelTold
from exchange.sandbox.story.month_told import MonthTold
from exchange.sandbox.world import World

MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus"),
    *("september", "oktober", "november", "december"),
)


def month_of(told: MonthTold, world: World) -> RenderableType:
    """Draw what schools delivered about the month."""
    accounts = suppliers_of(told.delivered)
    figures = Text(
        f"{len(told.month.figures) - 1} scholen gaven hun leerlingaantallen; {world.counts_itself}"
        f" levert schoolcijfers in plaats van registraties, {world.silent} levert niets."
    )
    return Group(
        suppliers_table(accounts),
        Text("\nRegels die terugkwamen, bij hun nummer in de levering", "dim"),
        mistakes_table(accounts),
        Text(),
        figures,
    )


def drempel_of(told: DrempelTold | None) -> RenderableType:
    """Draw how a pupil reached the threshold, and what came of it."""
    return Group(*(Text(line) for line in _drempel(told)))


def spoken(periode: Periode) -> str:
    """Name a month as people do."""
    return f"{MONTHS[periode.month - 1]} {periode.year}"


def _drempel(told: DrempelTold | None) -> Iterator[str]:
    if told is None:
        yield "Het schooljaar begint net: nog niemand haalde de grens."
        return
    school, melding = told.drempel.vestiging, told.drempel.melding
    if told.before is not None:
        ids = ", ".join(sorted(told.before["registratieIds"]))
        reached, minutes = told.before["bereiktOp"], told.before["minuten"]
        yield f"{school} kreeg te horen: op {reached} kwamen deze registraties samen"
        yield f"op {minutes} minuten: {ids}."
    how = "staat de drempelmelding er nog" if told.stands_after else "is de drempelmelding weg"
    yield f"{melding.name[0].upper()}{melding.name[1:]} is gedaan: nu {how}."
