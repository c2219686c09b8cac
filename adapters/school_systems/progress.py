"""How far a delivery is: each portion with its key before it is first sent, then its outcome.

A key is random and on disk before its first use, so that a resumed run sends the same portion with
the same key. The file holds line numbers, keys, ids and codes, and nothing of any pupil.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from adapters.complaint import out_of_service
from adapters.school_systems.durable_lines import DurableLines
from adapters.school_systems.entry import Refusal
from exchange.errors import Code, Refused

_LETTERS: Final = str.maketrans(string.digits, "ghijklmnop")


def new_key() -> str:
    """Give a random UUID in letters: digits might by chance spell a pupil's number."""
    return uuid4().hex.translate(_LETTERS)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Which file goes where: a resumed run must be about the same."""

    soort: str
    grootte: int
    gewijzigd: int
    poort: str
    oin: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One portion: the input lines of its first and last entry, and its idempotency key."""

    portie: int
    van: int
    tot: int
    sleutel: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a portion ended; ``refused`` counts lines, ``refusals`` says what was wrong."""

    accepted: int
    refused: int
    refusals: tuple[Refusal, ...] = ()
    bericht_id: str | None = None


class Progress:
    """The state file of one delivery.

    Raises ``Refused`` when the file is of another delivery, ``Unavailable`` when it makes no sense.
    """

    def __init__(
        self, path: Path, delivery: Delivery, make_key: Callable[[], str] = new_key
    ) -> None:
        self._path = path
        self._make_key = make_key
        self._plans: list[Plan] = []
        self._outcomes: dict[int, Outcome] = {}
        self._lines = DurableLines(path)
        try:
            self._begin(delivery)
        except BaseException:
            self.close()
            raise

    @property
    def plans(self) -> Sequence[Plan]:
        """Every portion that was ever begun, in the order of the file."""
        return tuple(self._plans)

    def outcome(self, portie: int) -> Outcome | None:
        """Give how portion ``portie`` ended, if it did."""
        return self._outcomes.get(portie)

    def plan(self, portie: int, first: int, last: int) -> Plan:
        """Give the plan of a portion, on disk: the earlier run's if there was one."""
        if portie <= len(self._plans):
            return self._plans[portie - 1]
        plan = Plan(portie, first, last, self._make_key())
        self._write(asdict(plan))
        self._plans.append(plan)
        return plan

    def finish(self, plan: Plan, outcome: Outcome) -> None:
        """Note how a portion ended; it is never sent again."""
        self._write({"portie": plan.portie, "uitkomst": asdict(outcome)})
        self._outcomes[plan.portie] = outcome

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()

    def _begin(self, delivery: Delivery) -> None:
        try:
            earlier = self._read()
        except (ValueError, KeyError, TypeError):
            remedy = f"{self._path} is beschadigd; begin opnieuw met een andere --out."
            raise out_of_service("stand van de aanlevering", remedy) from None
        if earlier is None:
            self._write(asdict(delivery))
        elif earlier != delivery:
            raise _other_delivery(self._path, earlier, delivery)

    def _read(self) -> Delivery | None:
        lines = iter(self._lines)
        first = next(lines, None)
        if first is None:
            return None
        for line in lines:
            self._learn(json.loads(line))
        return Delivery(**json.loads(first))

    def _learn(self, record: Mapping[str, Any]) -> None:
        if "uitkomst" not in record:
            self._plans.append(Plan(**record))
            return
        found = record["uitkomst"]
        refusals = tuple(Refusal(**refusal) for refusal in found["refusals"])
        self._outcomes[record["portie"]] = Outcome(**{**found, "refusals": refusals})

    def _write(self, record: Mapping[str, object]) -> None:
        self._lines.append(json.dumps(record, separators=(",", ":")).encode("ascii"))


def _other_delivery(path: Path, earlier: Delivery, delivery: Delivery) -> Refused:
    changed = (earlier.grootte, earlier.gewijzigd) != (delivery.grootte, delivery.gewijzigd)
    why = (
        "het bestand is gewijzigd sinds de aanlevering begon"
        if changed
        else "daar staat een aanlevering van een andere soort, afzender of poort"
    )
    herstel = f"{why} ({path.parent}); geef met --out een andere map voor een nieuwe aanlevering"
    return Refused(Code.IDEMPOTENTIESLEUTEL_HERGEBRUIKT, herstel=herstel)
