"""Which rules judge which kind of message."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType

from exchange.errors import Violation
from exchange.messages.contracts import Values
from exchange.messages.soort import Soort
from exchange.policy.facts import Facts, Rule
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
    return tuple(
        violation
        for rule in RULES[soort]
        if all(need in values for need in rule.needs) and broken.isdisjoint(rule.may_use)
        for violation in rule.check(values, facts)
    )
