"""Step 6: keep of each line what some role counts, and account for every member to every role."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from exchange.errors import Fault
from exchange.messages.contracts import CONTRACTS
from exchange.messages.soort import Soort
from exchange.pipeline.accounts import account_of
from exchange.pipeline.registrations.stages import MinimalLine, NamedLine
from exchange.pipeline.stages import Account, Stream
from exchange.policy.necessity import Clause, Kind
from exchange.policy.parties import Directory, Party, Vestiging
from exchange.policy.territory import holder_at

_COUNTED = frozenset({"vestigingscode", "pgn", "datum", "minuten", "categorie", "ingetrokken"})
"""The members that a row in the tally is made of; the PGN only as a counting pseudonym."""


def minimise_lines(lines: Iterable[NamedLine], clauses: Iterable[Clause]) -> list[MinimalLine]:
    """Give the lines without anything that no role derives a figure from (promise P2).

    Raises ``Fault`` when the table lets no role count what a row in the tally is made of: then
    nothing may be kept.
    """
    derived = {
        name
        for clause in clauses
        for name, rule in clause.velden.items()
        if rule.kind is Kind.AFGELEID
    }
    if not derived >= _COUNTED:
        raise Fault("de noodzaaktabel laat het tellen van registraties niet toe")
    return [
        MinimalLine(
            line.number,
            line.day,
            line.pupil,
            line.registratie_id,
            line.minuten,
            line.categorie,
            line.ingetrokken,
        )
        for line in lines
    ]


def accounts_of(
    clauses: Iterable[Clause],
    members: Collection[str],
    schools: Iterable[Vestiging],
    directory: Directory,
) -> tuple[Account, ...]:
    """Give each role's account of the members that the lines have.

    ``categorie`` is always one of them: a local reason stands for it. A role that different
    parties hold for the vestigingen of one delivery is named without a party.
    """
    schools = tuple(schools)
    wire: dict[str, Any] = {
        name: None
        for name in CONTRACTS[Soort.VERZUIMREGISTRATIES].members
        if name in members or name == "categorie"
    }
    return tuple(
        account_of(Stream(clause, _holder(clause, schools, directory)), wire) for clause in clauses
    )


def _holder(clause: Clause, schools: Iterable[Vestiging], directory: Directory) -> Party | None:
    parties = {holder_at(clause, vestiging, directory) for vestiging in schools}
    return parties.pop() if len(parties) == 1 else None
