"""Changes the law's data one step at a time; each change must turn a named test red.

Every dated number, every row of the necessity table and of DUO's mapping: a mutant that no test
notices is printed, and the run then ends with 1. ``--verbose`` names for each the test that did.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.mutation.herd import ROOT, Order, run
from tests.mutation.mutants import SUBJECTS, Subject, mutants_of, unchanged
from tests.mutation.trial import NOTHING_FAILED, Verdict

Tried = Sequence[tuple[Order, Verdict]]


def main(arguments: Sequence[str] | None = None, subjects: Sequence[Subject] = SUBJECTS) -> int:
    """Try all mutants and say what came of them; 0 only when a test noticed each."""
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose file or change has this text")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="print every mutant and its test")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    orders = list(_orders(subjects, asked.only))
    tried = list(zip(orders, run(orders, asked.workers), strict=True))
    _say(tried, verbose=asked.verbose)
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
    return 0 if all(_complaint(order, verdict) is None for order, verdict in tried) else 1


def _orders(subjects: Sequence[Subject], only: str) -> Iterator[Order]:
    """Give each file as it is, to see that its tests can pass, and then its mutants."""
    for subject in subjects:
        yield Order(unchanged(subject, ROOT), subject.tests, unchanged=True)
        for mutant in mutants_of(subject, ROOT):
            if only in f"{mutant.file} {mutant.what}":
                yield Order(mutant, subject.tests)


def _complaint(order: Order, verdict: Verdict) -> str | None:
    """Unchanged law turns nothing red; a mutant turns a test red, by name."""
    if not order.unchanged:
        return None if verdict.killed_by else f"SURVIVED: {verdict.otherwise}"
    if verdict.otherwise == NOTHING_FAILED:
        return None
    return f"RED WITHOUT A MUTANT: {verdict.killed_by or verdict.otherwise}"


def _say(tried: Tried, *, verbose: bool) -> None:
    for order, verdict in tried:
        complaint = _complaint(order, verdict)
        if complaint or verbose:
            noticed = complaint or verdict.killed_by or verdict.otherwise
            sys.stdout.write(f"{order.mutant.file}: {order.mutant.what}\n    {noticed}\n")
    _table([(order, verdict) for order, verdict in tried if not order.unchanged])


def _table(mutants: Tried) -> None:
    made = Counter(order.mutant.file for order, _ in mutants)
    killed = Counter(order.mutant.file for order, verdict in mutants if verdict.killed_by)
    for file, number in made.items():
        sys.stdout.write(f"{file:44} {number:5} mutants {killed[file]:5} noticed\n")
    by = Counter(
        (verdict.killed_by or "no test").split("::")[0].split("[")[0] for _, verdict in mutants
    )
    for test, number in by.most_common():
        sys.stdout.write(f"    first noticed by {test:44} {number:5}\n")
    sys.stdout.write(f"{'total':44} {made.total():5} mutants {killed.total():5} noticed\n")


if __name__ == "__main__":
    sys.exit(main())
