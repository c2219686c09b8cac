"""Draws where the time of one signaal goes: a bar for each step, readable in light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from tests.bench.speed.results import Results

_WIDTH, _LEFT, _RIGHT, _ROW, _BAR, _TOP = 760, 250, 80, 26, 16, 64
_APART = ("PostgreSQL", "workers")

_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1c2430 }
  .title { font-weight: 600; font-size: 15px }
  .note { fill: #566174 }
  .gateway { fill: #2f6fb3 } .apart { fill: #6a9f58 } .echo { fill: #9aa4b2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6eaf0 } .note { fill: #a4afbf }
    .gateway { fill: #6ea8e0 } .apart { fill: #93c582 } .echo { fill: #707b8a }
  }
"""


def draw(results: Results) -> str:
    """Give the picture as SVG."""
    bars = list(_bars(results))
    most = max((value for _, _, value in bars), default=1.0)
    height = _TOP + _ROW * len(bars) + 12
    whole = sum(value for name, value in results.spent.items() if name not in _APART)
    note = f"microseconds of CPU; the gateway {whole:,.0f} in all, PostgreSQL and workers apart"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"',
        ' role="img" aria-labelledby="title note">',
        f"<style>{_STYLE}</style>",
        '<text id="title" class="title" x="8" y="24">Where the time of one signaal goes</text>',
        f'<text id="note" class="note" x="8" y="44">{note}</text>',
    ]
    for number, (name, kind, value) in enumerate(bars):
        lines += _bar(name, kind, value, value / most, _TOP + number * _ROW)
    return "\n".join([*lines, "</svg>\n"])


def _bars(results: Results) -> list[tuple[str, str, float]]:
    spent: Mapping[str, float] = results.spent
    bars = [
        (name, "apart" if name in _APART else "gateway", value) for name, value in spent.items()
    ]
    echo = results.samples.get("echo")
    return [*bars, ("a bare FastAPI echo, whole", "echo", echo.server)] if echo else bars


def _bar(name: str, kind: str, value: float, share: float, top: int) -> list[str]:
    wide = round(share * (_WIDTH - _LEFT - _RIGHT), 1)
    middle = top + _BAR - 3
    return [
        f'<text x="{_LEFT - 10}" y="{middle}" text-anchor="end">{escape(name)}</text>',
        f'<rect class="{kind}" x="{_LEFT}" y="{top}" width="{wide}" height="{_BAR}" rx="2"/>',
        f'<text x="{_LEFT + wide + 8}" y="{middle}">{value:,.0f}</text>',
    ]
