"""The attacker's own process: questions come in, answers go out, until nobody asks."""

from __future__ import annotations

import pickle
import sys
from typing import Any

from tests.figures_attacker.attack import Attack


def main() -> None:
    """Take published releases, then answer what is left of their hidden cells."""
    attack: Attack | None = None
    while True:
        try:
            name, *values = pickle.load(sys.stdin.buffer)  # noqa: S301  whoever started us
        except EOFError:
            return
        if name == "attack":
            attack, answer = Attack(*values), None
        else:
            answer = _asked(attack, name, values)
        pickle.dump(answer, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _asked(attack: Attack | None, name: str, values: list[Any]) -> object:
    if attack is None:
        raise ValueError("nothing to attack yet")
    return attack.intervals(*values) if name == "intervals" else attack.insider(*values)


if __name__ == "__main__":
    main()
