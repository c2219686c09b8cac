"""Who receives: leerplicht of the residence, college and SWV of the school, OCW (promise P6)."""

from __future__ import annotations

from exchange.errors import Code, Refused
from exchange.messages.contracts import Values
from exchange.policy.facts import Facts
from exchange.policy.necessity import Clause, Reach
from exchange.policy.parties import Directory, Party, Role, Vestiging


def recipient_of(clause: Clause, values: Values, facts: Facts) -> Party | None:
    """Give the party that holds the role of ``clause`` for this message.

    A role that only counts may have nobody connected yet; a sealed message must have somebody:
    ``ontvanger-niet-aangesloten`` otherwise. A message about an earlier one is the exception: who
    received that one and has left since cannot be told, and must not keep it from being withdrawn.
    """
    if clause.reach is Reach.GEEN:
        return None
    party = _holder(clause.role, values, facts)
    if party is None and clause.role is Role.LEERPLICHT and _has_left(values, facts):
        return None
    if clause.reach is Reach.BERICHT and (party is None or party.oin not in facts.directory.keys):
        raise Refused(Code.ONTVANGER_NIET_AANGESLOTEN)
    return party


def holder_at(clause: Clause, vestiging: Vestiging, directory: Directory) -> Party | None:
    """Give the party that counts what happens at ``vestiging``; None where the role never does."""
    return None if clause.reach is Reach.GEEN else _at(clause.role, vestiging, directory)


def _holder(role: Role, values: Values, facts: Facts) -> Party | None:
    directory = facts.directory
    if role is Role.LEERPLICHT:
        residence = values.get("woongemeente")
        if residence is not None:
            return directory.holder(role, residence.reveal())
        earlier = facts.earlier.recipient if facts.earlier else None
        return directory.parties.get(earlier) if earlier else None
    return _at(role, facts.vestiging, directory)


def _has_left(values: Values, facts: Facts) -> bool:
    earlier = facts.earlier
    return "woongemeente" not in values and earlier is not None and earlier.recipient is not None


def _at(role: Role, vestiging: Vestiging, directory: Directory) -> Party | None:
    if role is Role.COLLEGE:
        return directory.holder(role, vestiging.gemeente.reveal())
    if role is Role.SWV:
        return directory.holder(role, vestiging.swv)
    return directory.holder(role)
