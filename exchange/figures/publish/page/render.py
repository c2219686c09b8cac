"""Writes the page: one file with everything in it, and no script at all."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from exchange.figures.levering import Levering, Stand
from exchange.figures.measures import Niveau
from exchange.figures.publish.names import Names
from exchange.figures.publish.page import dutch
from exchange.figures.publish.page.areas import areas_of
from exchange.figures.publish.page.changes import changes, previous
from exchange.figures.publish.page.minutes import minute_charts, minute_rows
from exchange.figures.publish.page.schools import groups, missing
from exchange.figures.publish.page.shares import FEWEST
from exchange.figures.publish.page.tiers import comparison, tier_table
from exchange.figures.publish.page.trend import latest_by_month, trend

_HERE = "exchange.figures.publish.page"
_STYLE = files(_HERE).joinpath("page.css").read_text("utf-8")
_TEMPLATES = Environment(
    loader=PackageLoader(_HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(
    maand=dutch.month, moment=dutch.moment, getal=dutch.number, opsomming=dutch.enumeration
)


def as_page(levering: Levering, earlier: Sequence[Levering], names: Names) -> bytes:
    """Give the page about ``levering``; ``earlier`` are the recipient's releases before it.

    They may come in any order and of any month; withdrawn ones are left out by the caller.
    """
    areas = areas_of(levering, names)
    since = previous(levering, earlier)
    months = latest_by_month(levering, earlier)
    text = _TEMPLATES.get_template("page.html").render(
        style=Markup(_STYLE),  # noqa: S704  # nosec B704  our own file, as page_csp() allows
        levering=levering,
        voorlopig=levering.stand is Stand.VOORLOPIG,
        names=names,
        areas=areas,
        fewest=FEWEST,
        tier_tables=[tier_table(area, n) for n, area in enumerate(areas.totals, 1)],
        comparison=comparison(areas.parts, areas.parts_title),
        minute_charts=minute_charts(areas.all),
        minute_rows=minute_rows(areas.all),
        trends=[trend(area, months, n) for n, area in enumerate(areas.totals, 1)],
        months=len(months),
        changes=changes(levering, since, areas, names) if since else None,
        groups=groups(levering, names),
        vestigingen=sum(regel.niveau is Niveau.VESTIGING for regel in levering.regels),
        missing=missing(levering, names),
    )
    return text.encode()


def page_csp() -> str:
    """Give the Content-Security-Policy under which the page works: its one style, and nothing."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
