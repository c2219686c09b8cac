"""Which rules judge which kind of message."""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import lru_cache
from types import MappingProxyType

from exchange.errors import Violation
from exchange.messages.contracts import Values
from exchange.messages.soort import Soort
from exchange.policy.facts import Check, Facts, Rule
from exchange.policy.signaal import SIGNAAL_RULES
from exchange.policy.verzuimmelding import VERZUIMMELDING_RULES

RULES: Mapping[Soort, tuple[Rule, ...]] = MappingProxyType(
    {
        Soort.SIGNAAL: SIGNAAL_RULES,
        Soort.VERZUIMMELDING: VERZUIMMELDING_RULES,
        Soort.INTREKKING: (),
    }
)

NEEDS_BELEID = frozenset({Soort.SIGNAAL})
"""The kinds that a school may only send under a verzuimbeleid (absence policy) of its own."""


def violations_of(
    soort: Soort, values: Values, facts: Facts, broken: Set[str] = frozenset()
) -> tuple[Violation, ...]:
    """Run every rule whose members are well-formed; give all that is wrong at once.

    ``broken`` are the members that were sent and could not be read, by Python name.
    """
    found: list[Violation] = []
    for check in _checks(soort, tuple(values), frozenset(broken)):
        found.extend(check(values, facts))
    return tuple(found)


@lru_cache(maxsize=256)
def _checks(soort: Soort, given: tuple[str, ...], broken: frozenset[str]) -> tuple[Check, ...]:
    """Give the checks of the rules that can say something about a message with these members."""
    return tuple(
        rule.check
        for rule in RULES[soort]
        if set(rule.needs) <= set(given) and broken.isdisjoint(rule.may_use)
    )
