"""Draws the templates that lie here: everything is escaped, and a name not given is a fault."""

from __future__ import annotations

import json
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from exchange.console import statics
from exchange.figures.publish.page import dutch

_TEMPLATES = Environment(
    loader=PackageLoader("exchange.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_HTMX = {
    "allowEval": False,
    "allowScriptTags": False,
    "historyCacheSize": 0,  # a page of the console stays out of the browser's storage (ASVS 14.3.3)
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {
            "code": "[45]..",
            "swap": True,
            "error": True,
            "target": "#inhoud",
            "swapOverride": "innerHTML",
        },
    ],
}
_TEMPLATES.globals.update(
    htmx_config=json.dumps(_HTMX),
    static=statics.address,
    maand=dutch.month,
    moment=dutch.moment,
    getal=dutch.number,
    opsomming=dutch.enumeration,
)
_WHOLE, _PART = "layout.html", "part.html"


def draw(name: str, context: Mapping[str, object], part: str | None = None) -> str:
    """Draw a whole page, or with ``part`` the block of that name, or ``main`` if there is none."""
    template = _TEMPLATES.get_template(name)
    given = {**context, "layout": _WHOLE if part is None else _PART}
    if part and part in template.blocks:
        return "".join(template.blocks[part](template.new_context(given)))
    return template.render(given)
