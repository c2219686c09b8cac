"""What no message may say: that something was done on a day that has yet to come."""

from __future__ import annotations

from collections.abc import Iterable

from exchange.errors import Code, Violation
from exchange.messages.contracts import Values
from exchange.policy.facts import Facts, Rule

FUTURE = "De datum ligt in de toekomst."


def _parents_informed(values: Values, facts: Facts) -> Iterable[Violation]:
    if values["ouders_geinformeerd_op"] <= facts.today:
        return ()
    return (Violation("/oudersGeinformeerdOp", Code.DATUM_ONGELDIG, FUTURE),)


PARENTS_INFORMED = Rule(
    ("ouders_geinformeerd_op",), "contract: datums in de toekomst", _parents_informed
)
