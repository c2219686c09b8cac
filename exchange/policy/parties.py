"""Who takes part, in which roles, for whom, and with which keys: values, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from exchange.messages.identifiers import Gemeentecode, Oin, Postcode4, Vestigingscode


class Role(StrEnum):
    """What a party is; a party may be several of these."""

    SCHOOL = "school"
    LEVERANCIER = "leverancier"  # supplier: acts only by mandate
    LEERPLICHT = "leerplicht"
    COLLEGE = "college"
    SWV = "swv"
    OCW = "ocw"
    FG = "fg"


RECIPIENT_ROLES = (Role.LEERPLICHT, Role.COLLEGE, Role.SWV, Role.OCW)
"""The four streams of every receipt, in the order in which they are shown."""


class Sector(StrEnum):
    """Kind of education (mbo is not in version 1)."""

    PO = "po"
    SO = "so"
    VO = "vo"
    VSO = "vso"


class Dienst(StrEnum):
    """What a mandate allows: to submit for a school, or to collect for a recipient."""

    AANLEVEREN = "aanleveren"
    ONTVANGEN = "ontvangen"


class KeyStatus(StrEnum):
    """Where a recipient's registered key stands."""

    ACTIEF = "actief"
    WACHT_OP_BEVESTIGING = "wacht-op-bevestiging"
    VERVANGEN = "vervangen"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role of a party and where it holds.

    ``remit`` is a BRIN (school), gemeentecode (leerplicht, college) or SWV number (swv); empty for
    leverancier, ocw and fg.
    """

    role: Role
    remit: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A connected organisation; ``narrowed`` are the BRINs it acts for in this one request.

    None means every school that it may act for.
    """

    oin: Oin
    name: str
    grants: tuple[Grant, ...]
    push_url: str | None = None
    narrowed: frozenset[str] | None = None

    def has(self, role: Role) -> bool:
        """Whether this party holds ``role`` anywhere."""
        for grant in self.grants:  # noqa: SIM110  a generator for each costs more
            if grant.role is role:
                return True
        return False

    def holds(self, role: Role, remit: str) -> bool:
        """Whether this party holds ``role`` for ``remit``."""
        for grant in self.grants:  # noqa: SIM110  a generator for each costs more
            if grant.role is role and grant.remit == remit:
                return True
        return False

    def acts_for(self, vestiging: Vestigingscode) -> bool:
        """Whether what it asked for in this request (``namens``) may concern ``vestiging``."""
        return self.narrowed is None or vestiging.brin in self.narrowed


@dataclass(frozen=True, slots=True)
class Mandate:
    """Permission to act for another: a supplier for a school, a software house for a recipient.

    ``principal`` is a vestigingscode or an OIN. ``geldig_van`` and ``geldig_tot`` (inclusive, or
    open) bound the days on which the supplier may act; ``betreft_vanaf`` is the earliest event day.
    """

    supplier: Oin
    principal: str
    dienst: Dienst
    geldig_van: date
    geldig_tot: date | None
    betreft_vanaf: date

    def may_act_on(self, today: date) -> bool:
        """Whether the supplier may act today."""
        return self.geldig_van <= today and (self.geldig_tot is None or today <= self.geldig_tot)


@dataclass(frozen=True, slots=True)
class RecipientKey:
    """A recipient's public key: ``kid`` is its RFC 7638 thumbprint, ``jwk`` the key as JSON."""

    oin: Oin
    kid: str
    jwk: str


@dataclass(frozen=True, slots=True)
class Vestiging:
    """A school location as the registers know it, with the days for which that holds.

    ``bevoegd_gezag`` is DUO's number of the board.
    """

    code: Vestigingscode
    gemeente: Gemeentecode
    sector: Sector
    swv: str
    geldig_van: date
    geldig_tot: date | None = None
    naam: str | None = None
    bevoegd_gezag: str | None = None
    postcode4: Postcode4 | None = None


@dataclass(frozen=True, slots=True)
class Gemeente:
    """A municipality and the days on which it exists."""

    code: Gemeentecode
    naam: str
    geldig_van: date
    geldig_tot: date | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """A snapshot of all parties, mandates, keys and registers; refreshed as a whole.

    Revoked parties and mandates, and keys that are not the current active one, are not in it.
    ``_holders`` and ``_mandates_of`` say the same in another order: nobody is looked for in a list.
    """

    parties: Mapping[Oin, Party]
    mandates: tuple[Mandate, ...]
    keys: Mapping[Oin, RecipientKey]
    vestigingen: Mapping[Vestigingscode, tuple[Vestiging, ...]]
    gemeenten: Mapping[Gemeentecode, tuple[Gemeente, ...]]
    _holders: Mapping[tuple[Role, str], Party] = field(init=False, repr=False, compare=False)
    _mandates_of: Mapping[Oin, Mapping[str, tuple[Mandate, ...]]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_holders", _by_grant(self.parties.values()))
        object.__setattr__(self, "_mandates_of", _by_supplier(self.mandates))

    def vestiging_on(self, code: Vestigingscode, day: date) -> Vestiging | None:
        """Give the vestiging as it was on ``day``."""
        return _on(self.vestigingen.get(code, ()), day)

    def gemeente_on(self, code: Gemeentecode, day: date) -> Gemeente | None:
        """Give the municipality if it existed on ``day``."""
        return _on(self.gemeenten.get(code, ()), day)

    def holder(self, role: Role, remit: str = "") -> Party | None:
        """Give the party that holds ``role`` for ``remit``; by contract there is at most one."""
        return self._holders.get((role, remit))

    def mandates_of(self, supplier: Oin) -> Iterator[Mandate]:
        """Give every mandate that ``supplier`` has."""
        for mandates in self._mandates_of.get(supplier, {}).values():
            yield from mandates

    def mandates_for(self, supplier: Oin, principal: str) -> tuple[Mandate, ...]:
        """Give what ``supplier`` may do for ``principal``, a vestigingscode or an OIN."""
        return self._mandates_of.get(supplier, {}).get(principal, ())


def empty_directory() -> Directory:
    """Give a directory that knows nobody: everything is refused."""
    nothing: Mapping[Oin, Party] = MappingProxyType({})
    return Directory(nothing, (), MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))


def _by_grant(parties: Iterable[Party]) -> dict[tuple[Role, str], Party]:
    """Give who holds each role where; of two the first, as a search in order would."""
    holders: dict[tuple[Role, str], Party] = {}
    for party in parties:
        for grant in party.grants:
            holders.setdefault((grant.role, grant.remit), party)
    return holders


def _by_supplier(mandates: Iterable[Mandate]) -> dict[Oin, dict[str, tuple[Mandate, ...]]]:
    found: dict[Oin, dict[str, tuple[Mandate, ...]]] = {}
    for mandate in mandates:
        principals = found.setdefault(mandate.supplier, {})
        principals[mandate.principal] = (*principals.get(mandate.principal, ()), mandate)
    return found


_Dated = TypeVar("_Dated", Vestiging, Gemeente)


def _on(versions: tuple[_Dated, ...], day: date) -> _Dated | None:
    for version in versions:
        if version.geldig_van <= day and (version.geldig_tot is None or day <= version.geldig_tot):
            return version
    return None
