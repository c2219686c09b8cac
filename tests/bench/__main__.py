"""Measures what the product promises of speed and protection, part by part; all, if none is named.

signalen: from acceptance to acknowledgement, in a real sandbox. figures: protecting a whole nation,
and attacking what is published of it. tally: a school's year, and folding beside a long history.
inzage: finding one pupil, at a school and over the whole country.
logboek: sealing the log under load, and a proof out of a large one. logregels: searching it.
edge: the proxy beside 400 half-open connections. keys: a token beside the folder of a trial.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import edge, figures, inzage, keys, logboek, logregels, signalen, tally
from tests.bench.outcome import Outcome

PARTS: dict[str, Callable[[argparse.Namespace], Outcome]] = {
    "signalen": signalen.run,
    "figures": figures.run,
    "tally": tally.run,
    "inzage": inzage.run,
    "logboek": logboek.run,
    "logregels": logregels.run,
    "edge": edge.run,
    "keys": keys.run,
}


def main() -> int:
    """Run the parts, print what each found, write the JSON if asked."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
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
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    outcomes = {name: _run(name, asked) for name in asked.parts or PARTS}
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
