"""Who receives: leerplicht of the residence, college and SWV of the school, OCW (promise P6)."""

from __future__ import annotations

from exchange.errors import Code, Refused
from exchange.messages.contracts import Values
from exchange.policy.facts import Facts
from exchange.policy.necessity import Clause, Reach
from exchange.policy.parties import Party, Role


def recipient_of(clause: Clause, values: Values, facts: Facts) -> Party | None:
    """Give the party that holds the role of ``clause`` for this message.

    A role that only counts may have nobody connected yet; a sealed message must have somebody:
    ``ontvanger-niet-aangesloten`` otherwise.
    """
    if clause.reach is Reach.GEEN:
        return None
    party = _holder(clause.role, values, facts)
    if clause.reach is Reach.BERICHT and (party is None or party.oin not in facts.directory.keys):
        raise Refused(Code.ONTVANGER_NIET_AANGESLOTEN)
    return party


def _holder(role: Role, values: Values, facts: Facts) -> Party | None:
    directory = facts.directory
    if role is Role.LEERPLICHT:
        if "woongemeente" in values:
            return directory.holder(role, values["woongemeente"].reveal())
        earlier = facts.earlier.recipient if facts.earlier else None
        return directory.parties.get(earlier) if earlier else None
    if role is Role.COLLEGE:
        return directory.holder(role, facts.vestiging.gemeente.reveal())
    if role is Role.SWV:
        return directory.holder(role, facts.vestiging.swv)
    return directory.holder(role)
