"""Cuts a whole release to what one recipient may see of it (promise P6)."""

from __future__ import annotations

from dataclasses import replace

from exchange.errors import Code, Refused
from exchange.figures.levering import Dekking, Levering, Regel
from exchange.figures.measures import Niveau
from exchange.policy.parties import Role


def territory(levering: Levering, role: Role, remit: str) -> Levering:
    """Give the rows of one recipient, with the dekking of its own territory.

    OCW has all rows. A college has the vestigingen located in its gemeente and what is counted of
    that gemeente per SWV; an SWV its vestigingen, its gemeenten and itself. Nobody else has any:
    ``geen-recht``.
    """
    if role not in (Role.OCW, Role.COLLEGE, Role.SWV):
        raise Refused(Code.GEEN_RECHT)
    regels = tuple(regel for regel in levering.regels if _belongs(regel, role, remit))
    return replace(levering, dekking=coverage(regels), regels=regels)


def coverage(regels: tuple[Regel, ...]) -> Dekking:
    """Count the vestigingen of these rows, and those of them that delivered."""
    found = [regel for regel in regels if regel.niveau is Niveau.VESTIGING]
    return Dekking(len(found), sum(not regel.ontbreekt for regel in found))


def _belongs(regel: Regel, role: Role, remit: str) -> bool:
    if role is Role.OCW:
        return True
    if role is Role.COLLEGE:
        return regel.gemeente == remit and regel.niveau in (Niveau.VESTIGING, Niveau.GEMEENTE_SWV)
    return regel.swv == remit and regel.niveau is not Niveau.LANDELIJK
