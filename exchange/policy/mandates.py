"""Who may act for whom, today and about which day (Edukoppeling: service and dates)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin, Vestigingscode
from exchange.policy.parties import RECIPIENT_ROLES, Dienst, Directory, Party, Role


def require_school_side(party: Party) -> None:
    """Refuse a caller that could never submit for any school."""
    if not (party.has(Role.SCHOOL) or party.has(Role.LEVERANCIER)):
        raise Refused(Code.GEEN_RECHT)


def require_mandate(
    party: Party,
    vestiging: Vestigingscode,
    directory: Directory,
    today: date,
    event_day: date | None = None,
) -> None:
    """Raise unless ``party`` may act for ``vestiging`` today, about ``event_day`` if given.

    Vestigingscodes are public, so an unknown one says so (403 ``onbekende-vestiging``). A party
    that said for whom it acts (``namens``) has no mandate for others in that request.
    """
    if vestiging not in directory.vestigingen:
        raise Refused(Code.ONBEKENDE_VESTIGING)
    if not party.acts_for(vestiging):
        raise Refused(Code.GEEN_MANDAAT)
    if party.holds(Role.SCHOOL, vestiging.brin):
        return
    for mandate in directory.mandates_for(party.oin, str(vestiging)):
        if (
            mandate.dienst is Dienst.AANLEVEREN
            and mandate.may_act_on(today)
            and (event_day is None or event_day >= mandate.betreft_vanaf)
        ):
            return
    raise Refused(Code.GEEN_MANDAAT)


def require_on_behalf(party: Party, namens: Oin | None, directory: Directory, today: date) -> Party:
    """Give ``party`` as it acts in this request: for the school ``namens`` alone, if it says so.

    Raises ``geen-mandaat`` for a ``namens`` that is not the caller itself nor a school that
    mandated it.
    """
    if namens is None or namens == party.oin:
        return party
    principal = directory.parties.get(namens)
    brins = {g.remit for g in principal.grants if g.role is Role.SCHOOL} if principal else set()
    mandated = any(
        mandate.dienst is Dienst.AANLEVEREN
        and mandate.may_act_on(today)
        and mandate.principal[:4] in brins
        for mandate in directory.mandates_of(party.oin)
    )
    if not mandated:
        raise Refused(Code.GEEN_MANDAAT)
    return replace(party, narrowed=frozenset(brins))


def recipient_for(
    party: Party, namens: Oin | None, directory: Directory, today: date, roles: Iterable[Role]
) -> Party:
    """Give the recipient on whose behalf ``party`` collects: itself, or a principal by mandate.

    Without ``namens`` the only possible one. Raises ``geen-recht`` where there is none at all, and
    ``geen-mandaat`` where the choice is missing or is not this party's to make.
    """
    wanted = frozenset(roles)
    possible = {
        candidate.oin: candidate
        for candidate in (party, *_principals(party, directory, today))
        if any(grant.role in wanted for grant in candidate.grants)
    }
    if not possible:
        raise Refused(Code.GEEN_RECHT)
    if namens is None and len(possible) == 1:
        return next(iter(possible.values()))
    if namens is None or namens not in possible:
        raise Refused(Code.GEEN_MANDAAT)
    return possible[namens]


def _principals(party: Party, directory: Directory, today: date) -> Iterable[Party]:
    for mandate in directory.mandates_of(party.oin):
        if mandate.dienst is Dienst.ONTVANGEN and mandate.may_act_on(today):
            principal = next(
                (p for oin, p in directory.parties.items() if str(oin) == mandate.principal), None
            )
            if principal is not None and any(principal.has(role) for role in RECIPIENT_ROLES):
                yield principal
