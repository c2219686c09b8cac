"""Writes what a run found into ``docs/performance.md``, its picture and the JSON beside them.

``python -m tests.bench.speed.page FILE`` takes what ``make bench ARGS="--json FILE"`` wrote.
Without a file it draws page and picture again from the JSON that is in ``docs``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from tests.bench.speed.picture import draw
from tests.bench.speed.results import ALSO, NAMES, Results, read_results
from tests.bench.speed.targets import TARGETS, Verdict

DOCS = Path(__file__).resolve().parents[3] / "docs"
FIGURES, PICTURE, PAGE = (DOCS / f"performance.{kind}" for kind in ("json", "svg", "md"))
BEGIN, END = "<!-- figures: written by tests.bench.speed.page -->\n", "<!-- end of figures -->\n"


def with_figures(page: str, results: Results) -> str:
    """Give the page with its figures replaced by these."""
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit("the page has no place for figures")
    return before + BEGIN + figures(results) + END + after


def figures(results: Results) -> str:
    """Give all tables."""
    machine = "; ".join(f"{name}: {value}" for name, value in results.machine.items())
    settings = ", ".join(f"{name} = {value}" for name, value in results.settings.items())
    parts = [
        [f"Machine: {machine}.", "", f"PostgreSQL: {settings}."],
        _table(("What", "Found", "Target", ""), _targets(results)),
        _table(
            (
                "",
                "per s",
                "of echo",
                "server",
                "PostgreSQL",
                "workers",
                "client",
                "p50 ms",
                "p99 ms",
            ),
            _samples(results),
        ),
        _table(("Also", ""), _also(results)),
        _table(("Step of a signaal", "microseconds"), _spent(results)),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n\n"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> list[str]:
    rule = ("---", *("---:" for _ in head[1:]))
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)]


def _targets(results: Results) -> Iterator[Sequence[str]]:
    for target in TARGETS:
        verdict = target.judge(results.figures)
        value = results.figures.get(target.figure)
        shown = "-" if verdict is Verdict.NOT_MEASURED or value is None else _shown(value)
        yield (target.what, shown, target.terms(), verdict.value)


def _samples(results: Results) -> Iterator[Sequence[str]]:
    echo = results.samples["echo"].rate if "echo" in results.samples else 0.0
    for name, s in results.samples.items():
        costs = (s.server, s.postgres, s.workers, s.generator)
        times = (f"{s.spread.p50:,.1f}", f"{s.spread.p99:,.1f}")
        of_echo = f"{s.rate / echo:.2f}" if echo else "-"
        shown = (f"{cost:,.1f}" if cost < 10 else f"{cost:,.0f}" for cost in costs)
        yield (NAMES.get(name, name), f"{s.rate:,.0f}", of_echo, *shown, *times)


def _also(results: Results) -> Iterator[Sequence[str]]:
    for name, what in ALSO.items():
        if name in results.figures:
            yield (what, _shown(results.figures[name]))
    yield from results.notes.items()


def _spent(results: Results) -> Iterator[Sequence[str]]:
    return ((step, f"{spent:,.0f}") for step, spent in results.spent.items())


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _read(path: Path) -> Results:
    """Read what the whole bench wrote, or its part about speed alone."""
    content = json.loads(path.read_bytes())
    found: Results = TypeAdapter(Results).validate_python(content.get("speed", content))
    return found


def main() -> None:
    """Write the three."""
    results = _read(Path(sys.argv[1])) if sys.argv[1:] else read_results(FIGURES)
    results.write(FIGURES)
    PICTURE.write_text(draw(results), "utf-8")
    PAGE.write_text(with_figures(PAGE.read_text("utf-8"), results), "utf-8")


if __name__ == "__main__":
    main()
