"""Measures what the product promises of speed and protection, part by part.

speed: everything against bare building blocks, in one run in which they take turns.
signalen: from acceptance to acknowledgement, in a real sandbox. figures: protecting a whole nation,
and attacking what is published of it. tally: a school's year, and folding beside a long history.
inzage: finding one pupil, at a school and over the whole country.
logboek: sealing the log under load, and a proof out of a large one. logregels: searching it.
edge: the proxy beside 400 half-open connections. keys: a token beside the folder of a trial.
Without a part: speed and the short ones, in ten minutes; ``all`` takes the better part of an hour.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import edge, figures, inzage, keys, logboek, logregels, signalen, tally
from tests.bench.outcome import Outcome
from tests.bench.speed import run as speed

PARTS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "speed": speed.run,
    "signalen": signalen.run,
    "figures": figures.run,
    "tally": tally.run,
    "inzage": inzage.run,
    "logboek": logboek.run,
    "logregels": logregels.run,
    "edge": edge.run,
    "keys": keys.run,
}
DEFAULT = ("speed", "signalen", "keys")
"""What fits in ten minutes."""


def main() -> int:
    """Run the parts, print what each found, write the JSON if asked."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join([*PARTS, "all"]))
    parser.add_argument("--rate", type=float, default=20.0, help="signalen per second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of signalen")
    parser.add_argument(
        "--vestigingen", type=int, default=8000, help="of the nation (figures, inzage)"
    )
    parser.add_argument("--releases", type=int, default=3, help="of one month (figures)")
    parser.add_argument("--registrations", type=int, default=10_000_000, help="stored (tally)")
    parser.add_argument("--links", type=int, default=1_000_000, help="to pupils (inzage)")
    parser.add_argument("--records", type=int, default=20_000_000, help="of the log (logregels)")
    parser.add_argument("--leaves", type=int, default=2_000_000, help="of the log (logboek)")
    parser.add_argument("--quick", action="store_true", help="speed: requests only, in short")
    parser.add_argument("--only", nargs="+", default=[], help="steps of speed, by name")
    parser.add_argument("--profile", type=Path, help="speed: leave the sampled stacks in this file")
    parser.add_argument("--tls", action="store_true", help="speed: requests over TLS, not a socket")
    parser.add_argument("--rounds", type=int, default=5, help="of speed")
    parser.add_argument("--slice", type=float, default=3.0, help="seconds of a turn (speed)")
    parser.add_argument(
        "--history", type=int, default=1_000_000, help="registrations stored beside it (speed)"
    )
    parser.add_argument("--connections", type=int, default=32, help="under way at once (speed)")
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # every part then cleans up
    parts = list(PARTS) if "all" in asked.parts else asked.parts or list(DEFAULT)
    if unknown := set(parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    outcomes = {name: _run(name, asked) for name in parts}
    if asked.json:
        found = {name: outcome.values for name, outcome in outcomes.items()}
        asked.json.write_text(json.dumps(found, indent=2) + "\n")
    return 1 if any(outcome.failures for outcome in outcomes.values()) else 0


def _run(name: str, asked: argparse.Namespace) -> Outcome:
    sys.stdout.write(f"--- {name}\n")
    sys.stdout.flush()
    outcome = PARTS[name](asked)
    failures = "".join(f"FAILED: {failure}\n" for failure in outcome.failures)
    sys.stdout.write(f"{outcome.text}\n{failures}\n")
    sys.stdout.flush()
    return outcome


if __name__ == "__main__":
    sys.exit(main())
