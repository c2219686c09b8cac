"""Decides whether figures may be released at all: who gets them, and on which clauses (P0)."""

from __future__ import annotations

from exchange.errors import Code, Refused
from exchange.messages.soort import Soort
from exchange.policy.necessity import Mode, NecessityTable, Reach
from exchange.policy.parties import Role

FIGURE_ROLES = (Role.COLLEGE, Role.SWV, Role.OCW)
"""Who gets figures about schools; nobody of them ever gets a pupil."""

_SOURCES = (
    Soort.LEERLINGAANTALLEN,
    Soort.VERZUIMREGISTRATIES,
    Soort.SCHOOLCIJFERS,
    Soort.VERZUIMMELDING,
    Soort.SIGNAAL,
)


def require_ground_for_figures(table: NecessityTable, mode: Mode) -> None:
    """Raise ``Refused`` unless every role may have what every kind of message contributes.

    All or nothing: a release has one table for everybody. In production a proposal is no ground.
    """
    for soort in _SOURCES:
        reaches = {clause.role: clause.reach for clause in table.in_force(soort, mode)}
        if any(reaches[role] is not Reach.CIJFERS for role in FIGURE_ROLES):
            raise Refused(Code.GEEN_GRONDSLAG, rule=f"cijfers uit {soort}")
