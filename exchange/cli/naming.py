"""How a person names parties, roles and days on the command line, and what we make of it."""

from __future__ import annotations

from datetime import date

import typer

from exchange.messages.identifiers import Oin
from exchange.policy.parties import RECIPIENT_ROLES, Dienst, Directory, Grant, Party, Role


def oin_of(text: str) -> Oin:
    """Read an OIN, or say what one looks like."""
    try:
        return Oin(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def party_of(text: str, directory: Directory) -> Party:
    """Find a connected party by OIN or by name."""
    for party in directory.parties.values():
        if text in {str(party.oin), party.name}:
            return party
    raise typer.BadParameter(f"no connected party is called {text!r}; see `exchange party list`")


def oins_of(*texts: str, directory: Directory) -> list[Oin]:
    """Give the OINs of those named that are parties; a vestiging is none."""
    parties = directory.parties.values()
    return [party.oin for party in parties if {str(party.oin), party.name} & set(texts)]


def grant_of(text: str) -> Grant:
    """Read ``rol`` or ``rol:gebied``: ``leerplicht:0361``, ``swv:VO2703``, ``ocw``."""
    name, _, remit = text.partition(":")
    try:
        role = Role(name)
    except ValueError:
        roles = ", ".join(role.value for role in Role)
        raise typer.BadParameter(f"no such role; the roles are {roles}") from None
    needs_remit = role in {Role.SCHOOL, Role.LEERPLICHT, Role.COLLEGE, Role.SWV}
    if needs_remit is not bool(remit):
        wanted = f"{role.value}:GEBIED" if needs_remit else role.value
        raise typer.BadParameter(f"write it as {wanted}")
    return Grant(role, remit)


def principals_of(text: str, dienst: Dienst, directory: Directory) -> list[str]:
    """Give whom a mandate is from: a vestiging, all vestigingen of a school, or a recipient."""
    if dienst is Dienst.ONTVANGEN:
        return [str(party_of(text, directory).oin)]
    if text in {str(code) for code in directory.vestigingen}:
        return [text]
    brins = {g.remit for g in party_of(text, directory).grants if g.role is Role.SCHOOL}
    codes = [str(code) for code in directory.vestigingen if code.brin in brins]
    if not codes:
        raise typer.BadParameter(f"{text!r} is no vestiging and has none: nobody submits for it")
    return sorted(codes)


def require_recipient(text: str, directory: Directory) -> None:
    """Refuse a principal for whom nobody can collect: a vestiging, a school, a supplier."""
    if text in {str(code) for code in directory.vestigingen}:
        raise typer.BadParameter(f"{text!r} is a vestiging: nobody collects for it")
    if not any(party_of(text, directory).has(role) for role in RECIPIENT_ROLES):
        roles = ", ".join(role.value for role in RECIPIENT_ROLES)
        raise typer.BadParameter(f"{text!r} is no recipient ({roles}): nobody collects for it")


def day_of(text: str | None) -> date | None:
    """Read a day as ``JJJJ-MM-DD``."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter("a day is JJJJ-MM-DD") from None
