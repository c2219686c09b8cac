"""Builds what the import of a public register works with, and runs it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from adapters.registers.file import read_register
from exchange.bootstrap.administration import Administration, administer
from exchange.bootstrap.keys import open_keys
from exchange.config import Settings
from exchange.errors import Code, Unavailable
from exchange.pipeline.register_import import Registry, Request, import_register
from exchange.policy.registers import Register, Report


def import_file(
    settings: Settings,
    path: Path,
    register: Register | None,
    peildatum: date | None,
    *,
    rehearsal: bool = False,
    may_shrink: bool = False,
) -> Report:
    """Import a file with the rights of the operator's login; ``peildatum`` is today by default."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reden = f"{path.name} is niet te lezen: {error.strerror}"
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden) from None
    file = read_register(data, path.name, register)

    async def work(admin: Administration) -> Report:
        registry = Registry(admin.database, open_keys(settings), admin.clock, admin.ids)
        request = Request(peildatum or admin.today(), rehearsal, may_shrink)
        return await import_register(file, request, registry)

    return administer(settings, work)
