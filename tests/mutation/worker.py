"""One worker in its own copy of the tree: mutants in by standard input, verdicts out, line by line.

The copy has its ``schemas`` where the code looks for them, so that the product needs no switch by
which anybody could ever point it at other law.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.mutation.trial import Verdict, put, try_tests, warm_up


def main() -> int:
    """Try every mutant that comes in; each file is itself again before the next."""
    tree = Path.cwd()
    orders = [json.loads(line) for line in sys.stdin]
    warm_up([tree / order["file"] for order in orders])
    import exchange  # noqa: PLC0415  only to see whose it is

    if not Path(exchange.__file__).is_relative_to(tree):
        raise RuntimeError("these are not the modules of this tree")
    for order in orders:
        verdict = _try(tree, order["file"], order["text"], order["tests"])
        sys.stdout.write(json.dumps(asdict(verdict)) + "\n")
        sys.stdout.flush()
    return 0


def _try(tree: Path, file: str, text: str, tests: Sequence[str]) -> Verdict:
    standing = (tree / file).read_text("utf-8")
    put(tree, file, text)
    try:
        return try_tests(tests)
    finally:
        put(tree, file, standing)


if __name__ == "__main__":
    sys.exit(main())
