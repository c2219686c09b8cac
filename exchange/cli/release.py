"""``exchange release PERIODE``: protect, audit and release a month's figures, or withdraw them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer._click import Context  # it carries its own click
from typer.core import TyperGroup

from exchange.cli.options import Dir, Json, settings_of
from exchange.figures.measures import Niveau, measures_of
from exchange.messages.identifiers import Periode

if TYPE_CHECKING:
    from exchange.figures.audit import Unprotected
    from exchange.figures.secure import Report
    from exchange.pipeline.release import Released

_MAKE = "maak"
_SHOWN = 20


class _PeriodeOrCommand(TyperGroup):
    """Reads ``exchange release 2026-10``: what is no command is the month to release."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        if args and not any(arg in self.commands or arg == "--help" for arg in args):
            args = [_MAKE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_PeriodeOrCommand,
    help="Release a month's figures (exchange release 2026-10), or withdraw a release.",
    no_args_is_help=True,
)


@app.command(name=_MAKE)
def make(
    periode: Annotated[str, typer.Argument(help="The month, as 2026-10.")],
    minuten: Annotated[
        float, typer.Option(min=0, help="How long finding the best pattern may take.")
    ] = 15.0,
    dir: Dir = None,  # noqa: A002  the option's name
    as_json: Json = False,
) -> None:
    """Release the figures of a month: voorlopig while it is open, definitief after."""
    from exchange.bootstrap.releasing import make_release
    from exchange.figures.audit import Unprotected

    month, settings = _periode(periode), settings_of(dir)
    try:
        with _progress(quiet=as_json) as report:
            released = make_release(settings, month, minuten * 60, report)
    except Unprotected as exposed:
        for line in _reasons(exposed):
            typer.echo(line, err=True)
        raise
    if as_json:
        typer.echo(json.dumps(_as_json(released), ensure_ascii=False, indent=2))
        return
    _show(released, Console())


@app.command(name="withdraw")
def withdraw(
    nummer: Annotated[int, typer.Argument(min=1, max=2**31 - 1, help="Its number.")],
    dir: Dir = None,  # noqa: A002  the option's name
) -> None:
    """Withdraw a release: from now on it is answered with 410."""
    from exchange.bootstrap.releasing import withdraw_release

    withdraw_release(settings_of(dir), nummer)
    typer.echo(f"levering {nummer}: ingetrokken")


def _periode(text: str) -> Periode:
    try:
        return Periode.parse(text)
    except ValueError:
        raise typer.BadParameter("a month is written as 2026-10", param_hint="PERIODE") from None


def _reasons(exposed: Unprotected) -> Iterator[str]:
    """Say what stood in the way: which row and column, and for whom; never a number."""
    yield "Geen levering gemaakt. De controle vond dat niet alles beschermd is:"
    yield from (f"  {finding}" for finding in exposed.findings[:_SHOWN])
    more = len(exposed.findings) - _SHOWN
    if more > 0:
        yield f"  en nog {more}"


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Report]:
    """Show on a terminal what is being done; elsewhere nothing moves and nothing is said."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    started = monotonic()
    with console.status("levering maken") as status:
        yield lambda text: status.update(f"{text} ({monotonic() - started:.0f} s)")


def _show(released: Released, console: Console) -> None:
    levering = released.release.levering
    console.print(
        f"Levering {levering.nummer}: {levering.periode}, {levering.stand.value}", markup=False
    )
    table = Table.grid(padding=(0, 2))
    for what, how in _facts(released).items():
        table.add_row(what, how)
    console.print(table)
    for contradiction in released.contradictions:
        console.print(f"Niet meegeteld: {contradiction}", markup=False)


def _facts(released: Released) -> dict[str, str]:
    levering, protection = released.release.levering, released.secured.protection
    dekking = levering.dekking
    gap = _gap(released)
    return {
        "dekking": f"{dekking.geleverd} van {dekking.vestigingen} vestigingen",
        "getoond": f"{_shown(released):.1%} van de cijfers van vestigingen",
        "patroon": "met terugval, dus meer verborgen dan nodig: " + ", ".join(protection.fallback)
        if protection.fallback
        else f"ten hoogste {gap:.1%} boven het optimum",
        "controle": f"{released.secured.repairs} keer hersteld; certificaat {levering.certificaat}",
        "ontvangers": str(len(released.release.recipients)),
        "bestanden": str(len(released.release.files)),
    }


def _gap(released: Released) -> float:
    protection = released.secured.protection
    above = max(protection.cost - protection.bound, 0.0)
    return above / protection.cost if protection.cost else 0.0


def _shown(released: Released) -> float:
    rows = [r for r in released.release.levering.regels if r.niveau is Niveau.VESTIGING]
    delivered = [row for row in rows if not row.ontbreekt]
    shown = sum(value is not None for row in delivered for value in row.waarden.values())
    return shown / (len(delivered) * len(measures_of(Niveau.VESTIGING)))


def _as_json(released: Released) -> dict[str, Any]:
    levering, protection = released.release.levering, released.secured.protection
    return {
        "nummer": levering.nummer,
        "periode": str(levering.periode),
        "stand": levering.stand.value,
        "vrijgegevenOp": levering.vrijgegeven_op.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "dekking": {
            "vestigingen": levering.dekking.vestigingen,
            "geleverd": levering.dekking.geleverd,
        },
        "getoond": round(_shown(released), 4),
        "bovenOptimum": round(_gap(released), 4),
        "terugval": list(protection.fallback),
        "hersteld": released.secured.repairs,
        "certificaat": levering.certificaat,
        "manifest": released.release.manifest,
        "ontvangers": [str(oin) for oin in released.release.recipients],
        "nietMeegeteld": [str(one) for one in released.contradictions],
    }
