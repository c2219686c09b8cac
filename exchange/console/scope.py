"""What a visitor gets to see, in words: the database keeps to the same bounds."""

from __future__ import annotations

from exchange.console.page import Visitor
from exchange.messages.identifiers import Gemeentecode
from exchange.policy.parties import Grant, Role

_ROLES = {
    Role.SCHOOL: "school {remit}",
    Role.LEVERANCIER: "leverancier van scholen",
    Role.LEERPLICHT: "leerplicht van {gemeente}",
    Role.COLLEGE: "college van {gemeente}",
    Role.SWV: "samenwerkingsverband {remit}",
    Role.OCW: "ministerie van OCW",
    Role.FG: "functionaris gegevensbescherming",
}


def scope_of(visitor: Visitor) -> str:
    """Say what is in scope."""
    if visitor.sees_all:
        return "Het hele logboek: elke verwerking van elke partij."
    return (
        "Wat uw organisatie deed en ontving, en wat anderen deden met gegevens van leerlingen van"
        " uw vestigingen. Wat verder tussen anderen omging, ziet u niet."
    )


def roles_of(visitor: Visitor) -> list[str]:
    """Say in which roles the visitor's organisation takes part."""
    return [_in_words(grant, visitor) for grant in visitor.onlooker.party.grants]


def _in_words(grant: Grant, visitor: Visitor) -> str:
    gemeente = ""
    if grant.role in {Role.LEERPLICHT, Role.COLLEGE}:
        gateway = visitor.gateway
        found = gateway.directory().gemeente_on(Gemeentecode(grant.remit), gateway.today())
        gemeente = found.naam if found else f"gemeente {grant.remit}"
    return _ROLES[grant.role].format(remit=grant.remit, gemeente=gemeente)
