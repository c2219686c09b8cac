"""What a failure of the database means to the rest of the house: unavailable, or our own fault.

Row security alone says no to the caller: its mandate ended since the directory was read.

The driver's text never goes along, not even as the cause of our own error: PostgreSQL's DETAIL
quotes rows and keys, and a traceback prints its whole chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from exchange.errors import Code, ExchangeError, Fault, Refused, Unavailable

DATABASE_ERRORS = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""All that the driver and its adapter raise; a lost network is an OSError, and a connection used
between the server's last word and its end an InternalClientError."""

_CUT_OFF = (
    OSError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

# By SQLSTATE class: connection, resources, operator intervention, system, rollback (deadlock),
# authorisation, unknown database, internal (damaged pages).
_TRANSIENT_CLASSES = frozenset({"08", "53", "57", "58", "40", "28", "3D", "XX"})
# A standby after a failover, a transaction left idle, a lock not given in time.
_TRANSIENT_STATES = frozenset({"25006", "25P03", "55P03"})
LOCK_NOT_AVAILABLE = "55P03"
_INSUFFICIENT_PRIVILEGE = "42501"
_ROW_SECURITY = "ExecWithCheckOptions"
"""Where in PostgreSQL a policy refuses a new row; a missing GRANT, our own fault, comes from
elsewhere under the same SQLSTATE, and the words differ by language."""


@contextmanager
def translated() -> Iterator[None]:
    """Let no error of the driver out; ``exchange_error`` says what it becomes."""
    try:
        yield
    except DATABASE_ERRORS as error:
        raise exchange_error(error) from None


def exchange_error(error: Exception) -> ExchangeError:
    """Give the error to raise; it names the kind of failure, never a value.

    ``Unavailable`` if waiting may help, ``Refused`` by row security, else ``Fault``.
    """
    state = sqlstate(error)
    if state == _INSUFFICIENT_PRIVILEGE and _is_of_row_security(error):
        return Refused(Code.GEEN_MANDAAT)
    reden = f"PostgreSQL: {type(_original(error)).__name__} {state}".strip()
    if _is_transient(error, state):
        return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden)
    return Fault(reden)


def sqlstate(error: Exception) -> str:
    """Give the five-character SQLSTATE of an error; empty when the server gave none."""
    original = _original(error)
    state = getattr(original, "sqlstate", None)
    return state if isinstance(state, str) else ""


def constraint(error: Exception) -> str:
    """Give the name of the constraint that a row would have broken; empty when there is none."""
    name = getattr(_original(error), "constraint_name", None)
    return name if isinstance(name, str) else ""


def _is_of_row_security(error: Exception) -> bool:
    return getattr(_original(error), "server_source_function", None) == _ROW_SECURITY


def _is_transient(error: Exception, state: str) -> bool:
    if state:
        return state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(error, _CUT_OFF)


def _original(error: Exception) -> BaseException:
    """Give the driver's error inside SQLAlchemy's; other errors are their own."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error
