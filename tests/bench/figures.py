"""Protects and audits a synthetic nation, then attacks what is published of it.

Three releases of one month: corrections and newcomers come in between. The attacker shares no code
with the product and has the files of all roles together.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence

from exchange.figures.audit import Unprotected
from exchange.figures.table import Table
from tests.bench.figures_report import Attacks, Made, failures, made_of, render, values
from tests.bench.outcome import Outcome
from tests.figures_attacker.beliefs import Belief, Presumed
from tests.figures_attacker.judge import Judge, Verdict
from tests.figures_attacker.process import Attacker, own_process
from tests.protected import Release, released
from tests.releases import levering, publicly, small_counts, tables

_SEED = 36663
_BUDGET_SECONDS = 600.0
_INSIDERS, _NAMED = 100, 10
_KIB_PER_GIB = 1024 * 1024


def run(asked: argparse.Namespace) -> Outcome:
    """Make the releases; attack plain suppression and our own; fail on anything recovered."""
    months = tables(_SEED, asked.vestigingen, asked.releases)
    made: list[Made] = []
    releases: list[Release] = []
    try:
        for one, release in _timed(months):
            made.append(one)
            releases.append(release)
    except Unprotected as error:
        return Outcome(render(made, None), values(made, None), _left(error))
    with own_process() as attacker:
        attacks = _attacks(months[0], releases, attacker)
    return Outcome(render(made, attacks), values(made, attacks), failures(made, attacks))


def _timed(months: Sequence[Table]) -> Iterator[tuple[Made, Release]]:
    """The peak is that of the process so far, so the first release is the one that says most."""
    making = released(months, _BUDGET_SECONDS, _progress)
    for _ in months:
        wall, cpu = time.perf_counter(), _cpu_seconds()
        release = next(making)
        seconds, cpu_seconds = time.perf_counter() - wall, _cpu_seconds() - cpu
        yield made_of(release, seconds, cpu_seconds, _peak_gib()), release


def _attacks(first: Table, releases: Sequence[Release], attacker: Attacker) -> Attacks:
    judge = Judge(publicly([(one.problem.table, one.levering) for one in releases]))
    plain = Judge(publicly([(first, levering(first, small_counts(first)))]))
    changed = judge.public.changed
    return Attacks(
        plain=_outsider(plain, attacker, Presumed()),
        outsiders={
            "every release alone": _outsider(judge, attacker, Presumed()),
            "what was shown stands": _outsider(judge, attacker, Presumed(Belief.SHOWN)),
            "and it knows what changed": _outsider(
                judge, attacker, Presumed(Belief.SHOWN, changed)
            ),
        },
        beyond={
            "what was hidden stands too": _outsider(judge, attacker, Presumed(Belief.ALL)),
            "too, and it knows what changed": _outsider(
                judge, attacker, Presumed(Belief.ALL, changed)
            ),
        },
        insiders=_insiders(judge, attacker, releases),
    )


def _outsider(judge: Judge, attacker: Attacker, presumed: Presumed) -> Verdict:
    _progress(f"attack on {len(judge.public.releases)} release(s): {presumed.belief.value}")
    return judge.outsider(attacker, presumed)


def _insiders(
    judge: Judge, attacker: Attacker, releases: Sequence[Release]
) -> dict[str, tuple[int, int]]:
    """Draw some of each kind: how many attacked the last release, how many numbers they found."""
    attacker.take(judge.public.releases, judge.public.planned)
    last, problem = len(releases) - 1, releases[-1].problem
    found: dict[str, tuple[int, int]] = {}
    for kind in ("school", "bestuur", "gemeente"):
        everyone = [one for one in problem.insiders if one.name.startswith(f"{kind} ")]
        drawn = random.Random(_SEED).sample(everyone, min(_INSIDERS, len(everyone)))
        _progress(f"attack by {len(drawn)} insiders: {kind}")
        rows = [[(last, problem.table.rows[row].key) for row in one.rows] for one in drawn]
        finds = sum(len(judge.insider(attacker, own).recovered) for own in rows)
        found[kind] = len(drawn), finds
    return found


def _left(error: Unprotected) -> list[str]:
    """A release that could not be made is named by what stayed unprotected."""
    count = len(error.findings)
    return [f"{count} findings left: no release", *map(str, error.findings[:_NAMED])]


def _progress(text: str) -> None:
    sys.stderr.write(f"  {time.strftime('%H:%M:%S')} {text}\n")


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak_gib() -> float:
    """On Linux in KiB; children one by one, so their sum may be more."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_maxrss for one in used) / _KIB_PER_GIB
