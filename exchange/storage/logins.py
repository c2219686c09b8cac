"""One login per process, and the passfile that holds their passwords."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from exchange.errors import Code, Unavailable
from exchange.storage.faults import translated
from exchange.storage.roles import API, OPERATOR, PURGE, READER, SEALER, WORKER

LOGINS: Mapping[str, str] = MappingProxyType(
    {
        "exchange_gateway": API,
        "exchange_worker": WORKER,
        "exchange_purge": PURGE,
        "exchange_reader": READER,
        "exchange_operator": OPERATOR,
        "exchange_sealer": SEALER,
    }
)
"""Each login and the one group whose rights it has."""

_SCRAM_ROUNDS = 4096
_PLAIN = re.compile(
    r"[!-9;-\[\]-~]{16,}"
)  # printable ASCII but ``:`` and ``\``, which need escapes


async def create_logins(superuser_url: str, passwords: Mapping[str, str]) -> None:
    """Make these logins, or give the existing ones these passwords; safe to repeat.

    The server gets a SCRAM verifier (RFC 5803), so that no password stands in a statement, and is
    told to log neither parameters nor details of what these logins do.
    """
    script = "".join(_login_script(login, passwords[login]) for login in passwords)
    with translated():
        connection = await asyncpg.connect(superuser_url, timeout=5)
        try:
            await connection.execute(script)
        finally:
            await connection.close()


def login_url(url: str, login: str) -> str:
    """Give the address of the same database for another login, without a password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(login)}@{host}"))


def write_passfile(path: Path, passwords: Mapping[str, str]) -> None:
    """Write a libpq passfile, readable by its owner only, in place of what was there.

    Host, port and database are left open: a socket's folder is named differently by libpq and by
    our driver, and the file belongs to one deployment.
    """
    lines = "".join(f"*:*:*:{login}:{_checked(passwords[login])}\n" for login in passwords)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def require_private(passfile: Path) -> None:
    """Raise ``Unavailable`` with the remedy when the driver would pass over this passfile.

    It takes a file that is not there, or that others may read, for no file, and goes on without a
    password; all that an operator would see is that the server refuses the login.
    """
    try:
        is_open = passfile.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except OSError:
        raise _unusable(f"{passfile} is er niet, of is niet te lezen: zie PGPASSFILE") from None
    if is_open:
        raise _unusable(f"anderen kunnen bij het wachtwoordbestand: chmod 600 {passfile}")


def _unusable(reden: str) -> Unavailable:
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden)


def _login_script(login: str, password: str) -> str:
    group = LOGINS[login]
    return f"""
    DO $$ BEGIN
        IF to_regrole('{login}') IS NULL THEN
            CREATE ROLE {login};
        END IF;
    END $$;
    ALTER ROLE {login} LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
        PASSWORD '{_scram_verifier(_checked(password))}';
    GRANT {group} TO {login};
    ALTER ROLE {login} SET log_parameter_max_length = 0;
    ALTER ROLE {login} SET log_parameter_max_length_on_error = 0;
    ALTER ROLE {login} SET log_error_verbosity = terse;
    """


def _checked(password: str) -> str:
    if not _PLAIN.fullmatch(password):
        raise ValueError(
            "a database password has at least 16 printable ASCII characters, no : or \\"
        )
    return password


def _scram_verifier(password: str) -> str:
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _SCRAM_ROUNDS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored, server = (
        base64.b64encode(part).decode() for part in (salt, stored_key, server_key)
    )
    return f"SCRAM-SHA-256${_SCRAM_ROUNDS}:{salt_text}${stored}:{server}"
