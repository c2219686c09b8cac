"""The menu: which pages there are, in the order in which a privacy officer asks."""

from __future__ import annotations

from dataclasses import dataclass

HOME = "/console"
SIGN_IN = "/console/aanmelden"
RETURN = "/console/aanmelden/terug"
"""The address that is registered at the sign-in provider."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the menu; ``explanation`` says on the start page what it is for."""

    path: str
    name: str
    explanation: str


MENU: tuple[Item, ...] = (
    Item("/console/overzicht", "Overzicht", "Wat er per dag is verwerkt, en door wie."),
    Item("/console/zoeken", "Zoeken", "Zoek in het logboek: wie zag wat, en waarom."),
    Item("/console/inzage", "Inzage", "Alles wat over één leerling is verwerkt (AVG artikel 15)."),
    Item("/console/bevindingen", "Bevindingen", "Wat opviel, met de regel erbij, en uw oordeel."),
    Item(
        "/console/integriteit", "Integriteit", "Controleer dat aan het logboek niets is veranderd."
    ),
    Item("/console/register", "Register", "Het register van verwerkingen (AVG artikel 30)."),
    Item("/console/export", "Export", "Neem logregels mee als ondertekend bestand."),
)


def menu_for(paths: frozenset[str]) -> tuple[Item, ...]:
    """Give the items whose page there is."""
    return tuple(item for item in MENU if item.path in paths)
