"""What every role got of what was sent, read off the receipts, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exchange.policy.parties import RECIPIENT_ROLES

Fields = tuple[str, ...]


@dataclass(slots=True)
class RoleAccount:
    """One role's streams added up; a field stands where it was first seen.

    ``withheld`` gives for each ground the fields that it keeps back.
    """

    roles: tuple[str, ...]
    recipients: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    passed_on: Fields = ()
    generalised: Fields = ()
    derived: Fields = ()
    route: Fields = ()
    withheld: dict[str, Fields] = field(default_factory=dict)

    def add(self, stream: Mapping[str, Any]) -> None:
        """Add one stream of one receipt."""
        self.recipients[stream["ontvanger"] or ""] += 1
        self.statuses[stream["status"]] += 1
        self.passed_on = _with(self.passed_on, stream["doorgegeven"])
        self.generalised = _with(self.generalised, stream["gegeneraliseerd"])
        self.derived = _with(self.derived, stream["afgeleid"])
        self.route = _with(self.route, stream["route"])
        for kept_back in stream["ingehouden"]:
            known = self.withheld.get(kept_back["grond"], ())
            self.withheld[kept_back["grond"]] = _with(known, [kept_back["veld"]])

    def treats_alike(self, other: RoleAccount) -> bool:
        """Whether both get the same fields in the same way."""
        return self._treatment() == other._treatment()

    def joined(self, other: RoleAccount) -> RoleAccount:
        """Give one account of two that treat alike."""
        recipients = self.recipients + other.recipients
        statuses = self.statuses + other.statuses
        return RoleAccount(
            (*self.roles, *other.roles),
            recipients,
            statuses,
            self.passed_on,
            self.generalised,
            self.derived,
            self.route,
            self.withheld,
        )

    def _treatment(self) -> tuple[object, ...]:
        return (self.passed_on, self.generalised, self.derived, self.route, self.withheld)


def accounts_of(receipts: Iterable[Mapping[str, Any]]) -> list[RoleAccount]:
    """Give the account of each role, in the order of the receipt; roles treated alike are one."""
    by_role = {role.value: RoleAccount((role.value,)) for role in RECIPIENT_ROLES}
    for receipt in receipts:
        for stream in receipt["stromen"]:
            by_role[stream["rol"]].add(stream)
    joined: list[RoleAccount] = []
    for account in by_role.values():
        if not account.statuses:
            continue
        twin = next((n for n, known in enumerate(joined) if known.treats_alike(account)), None)
        if twin is None:
            joined.append(account)
        else:
            joined[twin] = joined[twin].joined(account)
    return joined


def _with(known: Fields, more: Iterable[str]) -> Fields:
    return tuple(dict.fromkeys((*known, *more)))
