"""Who may receive which member of which message, and why: the necessity table, default deny.

The bill lets an AMvB fill in what is necessary (*voor zover noodzakelijk*); so the table is dated
data under ``schemas/necessity``, and what it does not name does not pass.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from exchange.errors import Code, Fault, Refused
from exchange.messages.contracts import CONTRACTS, Contract
from exchange.messages.soort import Soort
from exchange.policy.parties import RECIPIENT_ROLES, Role


class Kind(StrEnum):
    """What happens to one member for one role; nothing else exists."""

    DOORGEGEVEN = "doorgegeven"
    GEGENERALISEERD = "gegeneraliseerd"
    AFGELEID = "afgeleid"
    ROUTE = "route"
    INGEHOUDEN = "ingehouden"


class LegalStatus(StrEnum):
    """Whether a clause is law or a proposal (promise P0)."""

    GELDEND = "geldend"
    VOORSTEL = "voorstel"


class Reach(StrEnum):
    """How a role meets this kind of message: sealed, only counted in figures, or never."""

    BERICHT = "bericht"
    CIJFERS = "cijfers"
    GEEN = "geen"


class Mode(StrEnum):
    """Trial processes proposals with test numbers; production only what is law."""

    TRIAL = "proef"
    PRODUCTION = "productie"


_ADDED = frozenset({"berichtId", "soort", "zaakreferentie"})
"""What ``pipeline.minimise`` can add; a pseudonym only where the message names a pupil."""

_OUTSIDERS = frozenset({"jgz"})
"""Who is excluded by name without a role here: youth health care never gets a clause at all."""

_MOST_KNOWN = 64

_MEMBERS = frozenset(name for contract in CONTRACTS.values() for name in contract.fields)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """The decision on one member: ``how`` explains a generalisation, derivation or refusal."""

    kind: Kind
    how: str


@dataclass(frozen=True, slots=True)
class Decided:
    """The members of one message, each in the list of what a clause decides about it."""

    members: tuple[str, ...]
    doorgegeven: tuple[str, ...]
    gegeneraliseerd: tuple[str, ...]
    afgeleid: tuple[str, ...]
    route: tuple[str, ...]
    ingehouden: tuple[tuple[str, str], ...]

    def __hash__(self) -> int:
        return hash(self.members)


@dataclass(frozen=True, slots=True)
class Clause:
    """Everything decided about one kind of message for one role.

    ``_known`` are the lists of the sets of members that were asked for: there are few, because
    few members are optional.
    """

    id: str
    soort: Soort
    role: Role
    reach: Reach
    activiteit: str
    doel: str
    doelomschrijving: str
    grondslag: str
    status: LegalStatus
    verantwoordelijke: str
    verwerker: str
    velden: Mapping[str, FieldRule]
    toegevoegd: Mapping[str, str]
    _known: dict[tuple[str, ...], Decided] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def decided(self, members: Iterable[str]) -> Decided:
        """Sort ``members`` by the decision on each, in their own order."""
        asked = tuple(members)
        known = self._known.get(asked)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[asked] = self._sorted(asked)
        return known

    def _sorted(self, members: tuple[str, ...]) -> Decided:
        rules = {member: self.rule_for(member) for member in members}

        def named(kind: Kind) -> tuple[str, ...]:
            return tuple(member for member, rule in rules.items() if rule.kind is kind)

        return Decided(
            members=members,
            doorgegeven=named(Kind.DOORGEGEVEN),
            gegeneraliseerd=named(Kind.GEGENERALISEERD),
            afgeleid=named(Kind.AFGELEID),
            route=named(Kind.ROUTE),
            ingehouden=tuple((m, rules[m].how) for m in named(Kind.INGEHOUDEN)),
        )

    def rule_for(self, member: str) -> FieldRule:
        """Give the decision on ``member``; a member that nobody decided about stops the message."""
        try:
            return self.velden[member]
        except KeyError:
            raise Fault(f"geen besluit over {member} in {self.id}") from None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What a recipient may never have, in whatever clause: also for one that has no role here."""

    ontvanger: str
    velden: frozenset[str]
    grond: str


@dataclass(frozen=True, slots=True)
class NecessityTable:
    """One dated table: a clause for every kind of message and role.

    ``_used`` are the clauses of each kind as each mode may use them, put together once.
    """

    geldig_vanaf: date
    clauses: Mapping[tuple[Soort, Role], Clause]
    exclusions: tuple[Exclusion, ...] = ()
    _used: dict[tuple[Soort, Mode], tuple[Clause, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def clause(self, soort: Soort, role: Role) -> Clause:
        """Give the clause; its absence stops the message."""
        try:
            return self.clauses[soort, role]
        except KeyError:
            raise Fault(f"geen clausule voor {soort} aan {role}") from None

    def in_force(self, soort: Soort, mode: Mode) -> tuple[Clause, ...]:
        """Give the clause of each role as ``mode`` may use it; refuse if no role may have anything.

        Production treats a proposal as a refusal of every member (promise P0).
        """
        clauses = self._used.get((soort, mode))
        if clauses is None:
            clauses = tuple(_as_used(self.clause(soort, role), mode) for role in RECIPIENT_ROLES)
            if all(clause.reach is Reach.GEEN for clause in clauses):
                raise Refused(Code.GEEN_GRONDSLAG)
            self._used[soort, mode] = clauses
        return clauses

    def enforced(self, mode: Mode) -> tuple[Clause, ...]:
        """Give every clause of the table as ``mode`` may use it."""
        return tuple(_as_used(clause, mode) for clause in self.clauses.values())


def _as_used(clause: Clause, mode: Mode) -> Clause:
    is_law = clause.status is LegalStatus.GELDEND
    return clause if is_law or mode is Mode.TRIAL else _closed(clause)


def _closed(clause: Clause) -> Clause:
    """Give the clause with every member withheld, because it is not law yet."""
    withheld = FieldRule(Kind.INGEHOUDEN, "voorstel van wet, nog niet in werking")
    closed = dict.fromkeys(clause.velden, withheld)
    return replace(clause, reach=Reach.GEEN, velden=closed, toegevoegd={})


@dataclass(frozen=True, slots=True)
class Necessity:
    """All tables, oldest first; the one in force on a day decides."""

    tables: tuple[NecessityTable, ...]

    def on(self, day: date) -> NecessityTable:
        """Give the table in force on ``day``; before the first there is no ground for anything."""
        for table in reversed(self.tables):
            if table.geldig_vanaf <= day:
                return table
        raise Refused(Code.GEEN_GRONDSLAG)


def read_necessity(documents: Iterable[str]) -> Necessity:
    """Read the tables from TOML; anything incomplete, unknown or doubled stops the gateway."""
    tables = sorted((_table(text) for text in documents), key=lambda table: table.geldig_vanaf)
    if not tables or len({t.geldig_vanaf for t in tables}) != len(tables):
        raise Fault("geen noodzaaktabel, of twee met dezelfde datum")
    return Necessity(tuple(tables))


def _table(text: str) -> NecessityTable:
    try:
        document = tomllib.loads(text)
        clauses = [_clause(entry) for entry in document["clausule"]]
        table = NecessityTable(
            document["geldig_vanaf"],
            {(c.soort, c.role): c for c in clauses},
            tuple(map(_exclusion, document["uitsluiting"])),
        )
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise Fault(f"onleesbare noodzaaktabel: {error}") from error
    if len(table.clauses) != len(clauses):
        raise Fault("twee clausules voor hetzelfde bericht en dezelfde rol")
    for soort, contract in CONTRACTS.items():
        for role in RECIPIENT_ROLES:
            _require_total(table.clause(soort, role), contract)
    if not table.exclusions:
        raise Fault("een noodzaaktabel zonder uitsluitingen")
    for exclusion in table.exclusions:
        _require_kept(exclusion, clauses)
    return table


def _exclusion(entry: dict[str, Any]) -> Exclusion:
    """Read one; a misspelt recipient or member would exclude nothing, so neither may be unknown."""
    found = Exclusion(entry["ontvanger"], frozenset(entry["velden"]), entry["grond"])
    if found.ontvanger not in {*RECIPIENT_ROLES, *_OUTSIDERS}:
        raise ValueError("een uitsluiting noemt een onbekende ontvanger")
    if not found.velden or not found.velden <= _MEMBERS or not found.grond:
        raise ValueError("een uitsluiting noemt bestaande velden en een grond")
    return found


def _require_kept(exclusion: Exclusion, clauses: Iterable[Clause]) -> None:
    """No clause hands an excluded member to that recipient, as it is or made coarser."""
    for clause in clauses:
        passed = {
            name
            for name, rule in clause.velden.items()
            if rule.kind in {Kind.DOORGEGEVEN, Kind.GEGENERALISEERD}
        }
        if clause.role.value == exclusion.ontvanger and passed & exclusion.velden:
            raise Fault(f"clausule {clause.id} geeft door wat is uitgesloten")


def _clause(entry: dict[str, Any]) -> Clause:
    return Clause(
        id=entry["id"],
        soort=Soort(entry["bericht"]),
        role=Role(entry["rol"]),
        reach=Reach(entry["bereik"]),
        activiteit=entry["activiteit"],
        doel=entry["doel"],
        doelomschrijving=entry["doelomschrijving"],
        grondslag=entry["grondslag"],
        status=LegalStatus(entry["status"]),
        verantwoordelijke=entry["verantwoordelijke"],
        verwerker=entry["verwerker"],
        velden={
            name: FieldRule(Kind(rule["soort"]), rule.get("hoe", ""))
            for name, rule in entry["velden"].items()
        },
        toegevoegd=entry.get("toegevoegd", {}),
    )


def _require_total(clause: Clause, contract: Contract) -> None:
    """Every member is decided, nothing else is, and only a sealed message passes anything on."""
    if set(clause.velden) != set(contract.fields):
        raise Fault(f"clausule {clause.id} beslist niet over precies de velden van het bericht")
    passes = [n for n, rule in clause.velden.items() if rule.kind is Kind.DOORGEGEVEN]
    if clause.reach is not Reach.BERICHT and (passes or clause.toegevoegd):
        raise Fault(f"clausule {clause.id} geeft velden door zonder bericht")
    _require_makeable(clause, contract)
    for name, rule in clause.velden.items():
        if rule.kind not in {Kind.DOORGEGEVEN, Kind.ROUTE} and not rule.how:
            raise Fault(f"clausule {clause.id} zegt niet hoe of waarom bij {name}")


def _require_makeable(clause: Clause, contract: Contract) -> None:
    """A sealed message holds what was sent and what we can add to it, and nothing generalised."""
    can_add = _ADDED if "pgn" in contract.fields else _ADDED - {"zaakreferentie"}
    if not can_add.issuperset(clause.toegevoegd):
        raise Fault(f"clausule {clause.id} voegt toe wat de poort niet kan maken")
    if clause.reach is Reach.BERICHT and any(
        rule.kind is Kind.GEGENERALISEERD for rule in clause.velden.values()
    ):
        raise Fault(f"clausule {clause.id} generaliseert in een verzegeld bericht")
