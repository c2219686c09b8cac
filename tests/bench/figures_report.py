"""Turns what protecting a nation cost, and what attacks on it found, into tables and a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from exchange.figures.measures import Niveau, measures_of
from exchange.figures.secrets import follows
from exchange.figures.table import Cell, Table
from tests.figures_attacker.judge import Verdict
from tests.protected import Release

_MOST_SECONDS, _MOST_GIB = 900, 4.0
_AIM_GAP, _AIM_VISIBLE = 0.01, 0.60


@dataclass(frozen=True)
class Made:
    """What one release cost; shares are of the cells of vestigingen, by column."""

    seconds: float
    cpu_seconds: float
    peak_gib: float
    cells: int
    secret: int
    hidden: int
    gap: float
    repairs: int
    fallback: tuple[str, ...]
    proven: dict[str, int]
    not_secret: dict[str, float]
    not_following: dict[str, float]
    visible: dict[str, float]

    @property
    def visible_share(self) -> float:
        return sum(self.visible.values()) / len(self.visible)


@dataclass(frozen=True)
class Attacks:
    """``beyond`` presume more than design promises against; ``insiders``: attackers, finds."""

    plain: Verdict
    outsiders: Mapping[str, Verdict]
    beyond: Mapping[str, Verdict]
    insiders: Mapping[str, tuple[int, int]]


def made_of(release: Release, seconds: float, cpu_seconds: float, peak_gib: float) -> Made:
    """Summarise one release."""
    problem, secured = release.problem, release.secured
    protection, table = secured.protection, problem.table
    return Made(
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_gib=peak_gib,
        cells=sum(1 for _ in table.cells()),
        secret=len(problem.hidden),
        hidden=len(protection.hidden),
        gap=max(0.0, 1 - protection.bound / protection.cost) if protection.cost else 0.0,
        repairs=secured.repairs,
        fallback=tuple(protection.fallback),
        proven=dict(secured.certificate.aantallen),
        not_secret=_shares(table, problem.hidden),
        not_following=_shares(table, _with_what_follows(table, problem.hidden)),
        visible=_shares(table, protection.hidden),
    )


def failures(made: Sequence[Made], attacks: Attacks) -> list[str]:
    """Say what is not as it must be."""
    found = [
        f"release {n} used the fallback: {m.fallback}" for n, m in _numbered(made) if m.fallback
    ]
    found += [
        f"release {n} took {m.seconds:.0f} s"
        for n, m in _numbered(made)
        if m.seconds > _MOST_SECONDS
    ]
    found += [
        f"release {n} took {m.peak_gib:.1f} GiB"
        for n, m in _numbered(made)
        if m.peak_gib > _MOST_GIB
    ]
    found += [
        f"outsider ({name}) recovered {len(verdict.recovered)} of {verdict.secrets}"
        for name, verdict in attacks.outsiders.items()
        if verdict.recovered
    ]
    found += [
        f"{finds} numbers recovered by {count} insiders: {kind}"
        for kind, (count, finds) in attacks.insiders.items()
        if finds
    ]
    if attacks.plain.share < _BITES:
        found.append("the attacker does not bite: plain suppression holds against it")
    return found


_BITES = 0.2


def values(made: Sequence[Made], attacks: Attacks | None) -> dict[str, Any]:
    """Give everything as JSON values."""
    found: dict[str, Any] = {"releases": [asdict(one) for one in made]}
    if attacks:
        found["plain"] = _verdict(attacks.plain)
        found["outsiders"] = {name: _verdict(v) for name, v in attacks.outsiders.items()}
        found["beyond"] = {name: _verdict(v) for name, v in attacks.beyond.items()}
        found["insiders"] = dict(attacks.insiders)
    return found


def render(made: Sequence[Made], attacks: Attacks | None) -> str:
    """Give the tables as text."""
    parts = [_costs(made)] if made else []
    if made:
        parts.append(_visibility(made[0]))
    if attacks:
        parts.append(_attack_table(attacks))
    return "\n\n".join(parts)


def _costs(made: Sequence[Made]) -> str:
    heads = ("wall s", "CPU s", "GiB", "cells", "secret", "hidden", "gap", "repairs", "visible")
    lines = ["".join([f"{'release':<9}", *(f"{head:>9}" for head in heads), "  fallback"])]
    lines += [
        f"{n:<9}{m.seconds:>9.0f}{m.cpu_seconds:>9.0f}{m.peak_gib:>9.1f}{m.cells:>9}{m.secret:>9}"
        f"{m.hidden:>9}{m.gap:>9.2%}{m.repairs:>9}{m.visible_share:>9.1%}  "
        f"{', '.join(m.fallback) or 'none'}"
        for n, m in _numbered(made)
    ]
    proven = ", ".join(f"{name} {number}" for name, number in made[-1].proven.items())
    aims = f"aims: gap at most {_AIM_GAP:.0%}, visible at least {_AIM_VISIBLE:.0%}"
    return "\n".join([*lines, aims, f"proven of the last release: {proven}"])


def _visibility(first: Made) -> str:
    """What each rule costs: the secrets themselves, what follows in the row, and protection."""
    lines = [f"{'vestiging cells that stay visible':<36}{'secrets':>9}{'row rule':>9}{'all':>9}"]
    lines += [
        f"{name:<36}{first.not_secret[name]:>9.1%}{first.not_following[name]:>9.1%}{share:>9.1%}"
        for name, share in first.visible.items()
    ]
    return "\n".join(lines)


def _attack_table(attacks: Attacks) -> str:
    rows = {"plain '<5' suppression, outsider": attacks.plain}
    rows |= {f"ours, outsider: {name}": verdict for name, verdict in attacks.outsiders.items()}
    rows |= {f"not promised: {name}": verdict for name, verdict in attacks.beyond.items()}
    lines = [f"{'attack':<48}{'secrets':>9}{'too near':>9}{'exact':>9}{'share':>8}"]
    lines += [
        f"{name:<48}{v.secrets:>9}{len(v.recovered):>9}{len(v.exact):>9}{v.share:>8.1%}"
        for name, v in rows.items()
    ]
    lines += [
        f"ours, {count} insiders drawn: {kind:<28}{finds:>14}"
        for kind, (count, finds) in attacks.insiders.items()
    ]
    return "\n".join(lines)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    columns = Counter(column for _, _, column in verdict.recovered)
    return {
        "secrets": verdict.secrets,
        "recovered": len(verdict.recovered),
        "exact": len(verdict.exact),
        "by_column": dict(columns),
    }


def _shares(table: Table, hidden: Collection[Cell]) -> dict[str, float]:
    rows = [index for index, row in enumerate(table.rows) if row.vestiging is not None]
    return {
        measure.value: sum((row, measure) not in hidden for row in rows) / len(rows)
        for measure in measures_of(Niveau.VESTIGING)
    }


def _with_what_follows(table: Table, hidden: Collection[Cell]) -> set[Cell]:
    more = set(hidden)
    for index, row in enumerate(table.rows):
        own = [m for m in measures_of(row.niveau) if (index, m) in hidden]
        more |= {(index, m) for m in measures_of(row.niveau) if follows(m, own)}
    return more


def _numbered(made: Sequence[Made]) -> list[tuple[int, Made]]:
    return list(enumerate(made, start=1))
