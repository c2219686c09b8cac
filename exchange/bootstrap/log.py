"""Builds what verifies and exports the log, and keeps the witnesses that the operator trusts."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from exchange.accountability.checkpoint import checkpoint_vkey, origin_of
from exchange.accountability.log_export import export_lines
from exchange.accountability.record import Action
from exchange.accountability.verification import Report, Verification, verify_stored_log
from exchange.bootstrap.administration import Administration, administer
from exchange.bootstrap.database import open_database
from exchange.bootstrap.keys import open_keys
from exchange.bootstrap.law import open_law
from exchange.config import Settings
from exchange.crypto.verify_log import WITNESS_KEY, Proven, Trust, read_vkey
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin
from exchange.policy.retention import cutoffs
from exchange.storage import witnesses
from exchange.storage.witnesses import TrustedWitness

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def log_key(settings: Settings) -> str:
    """Give the verifier key of this installation's log."""
    return checkpoint_vkey(origin_of(Oin(settings.gateway_oin)), open_keys(settings))


def public_keys(settings: Settings) -> tuple[dict[str, str], ...]:
    """Give the public keys with which this installation signs, or signed."""
    return open_keys(settings).public_keys()


def verify_database(settings: Settings, trust: Trust, report: Report) -> Proven:
    """Verify the whole log with the rights of the reader's login."""

    async def main() -> Proven:
        async with open_database(settings, "exchange_reader") as database:
            keys, law = open_keys(settings), open_law()
            return await verify_stored_log(
                Verification(
                    database, keys, trust, lambda moment: cutoffs(moment, law).log_text, report
                )
            )

    return asyncio.run(main())


def export_log(settings: Settings, path: Path) -> int:
    """Write the whole log to a new file that only its owner reads; give the number of lines.

    The export is recorded first: unlogged, nothing is written out (P8).
    """

    async def work(admin: Administration) -> None:
        async with admin.database.transaction() as conn:
            await admin.note(conn, Action.LOGBOEK_UITGEVOERD, Oin(settings.gateway_oin))

    async def main() -> int:
        origin, count = origin_of(Oin(settings.gateway_oin)), 0
        async with open_database(settings, "exchange_reader") as database:
            with os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
                async for line in export_lines(database, origin):
                    file.write(line)
                    count += 1
        return count

    administer(settings, work)
    return asyncio.run(main())


def trust_witness(settings: Settings, vkey: str) -> str:
    """Trust a witness by its verifier key; give its name. Raises ``NotProven`` for no such key."""
    key = read_vkey(vkey, WITNESS_KEY)

    async def work(admin: Administration) -> str:
        async with admin.database.transaction() as conn:
            if any(one.witness == key.name for one in await witnesses.list_witnesses(conn)):
                raise Refused(Code.AL_GEMELD, reden=f"er is al een getuige {key.name}")
            await witnesses.add_witness(conn, key.name, vkey.strip(), admin.clock.now())
            gateway = Oin(settings.gateway_oin)
            await admin.note(conn, Action.GETUIGE_VERTROUWD, gateway, getuige=key.name)
        return key.name

    return administer(settings, work)


def distrust_witness(settings: Settings, name: str) -> None:
    """Trust a witness no longer; what it signed stays."""

    async def work(admin: Administration) -> None:
        async with admin.database.transaction() as conn:
            if not await witnesses.revoke_witness(conn, name, admin.clock.now()):
                raise Refused(Code.NIET_GEVONDEN, reden=f"er is geen getuige {name}")
            gateway = Oin(settings.gateway_oin)
            await admin.note(conn, Action.GETUIGE_INGETROKKEN, gateway, getuige=name)

    administer(settings, work)


def trusted_witnesses(settings: Settings) -> list[TrustedWitness]:
    """Give the witnesses that are or were trusted."""

    async def work(admin: Administration) -> list[TrustedWitness]:
        async with admin.database.transaction() as conn:
            return await witnesses.list_witnesses(conn)

    return administer(settings, work)
