"""Rotates the gateway's own keys, as an operator: each rotation leaves a record.

A key store takes part in no transaction. So the record is made first, the key is rotated next, and
then both count: without a record nothing is rotated. Should the commit itself fail, the command
fails with a key rotated, and is to be given again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from exchange.accountability.record import Action
from exchange.bootstrap.administration import Administration, administer
from exchange.config import Settings
from exchange.messages.identifiers import Oin, Schooljaar
from exchange.policy.parties import Directory, Party
from exchange.ports import KeyFact, KeyKind

Finder = Callable[[str, Directory], Party]


def rotate_signing(settings: Settings) -> str:
    """Sign with a new key from now on; give its kid."""

    async def work(admin: Administration) -> str:
        gateway, keys = Oin(settings.gateway_oin), admin.keys()
        keys.signing_kid()  # the first one is made now, if nothing was ever signed
        told = {"sleutel": f"ondertekening {_next(keys.inventory(), KeyKind.SIGNING)}"}
        async with admin.database.transaction() as conn:
            await admin.note(conn, Action.SLEUTEL_VERVANGEN, gateway, **told)
            return keys.rotate_signing()

    return administer(settings, work)


def rotate_pseudonyms(
    settings: Settings, party: str, schooljaar: Schooljaar | None, find: Finder
) -> tuple[Schooljaar, int]:
    """Give one recipient other zaakreferenties from now on; give the schooljaar and generation."""

    async def work(admin: Administration) -> tuple[Schooljaar, int]:
        recipient, keys = find(party, await admin.directory()).oin, admin.keys()
        year = schooljaar or Schooljaar.of(admin.today())
        own = (
            fact
            for fact in keys.inventory()
            if fact.schooljaar == year and fact.recipient in {None, recipient}
        )
        generation = max(2, _next(own, KeyKind.PSEUDONYM))
        told = {"sleutel": f"pseudoniemen {year}, generatie {generation}"}
        async with admin.database.transaction() as conn:
            await admin.note(conn, Action.SLEUTEL_VERVANGEN, recipient, **told)
            return year, keys.rotate_pseudonyms(recipient, year)

    return administer(settings, work)


def _next(facts: Iterable[KeyFact], kind: KeyKind) -> int:
    return 1 + max((fact.number for fact in facts if fact.kind is kind), default=0)
