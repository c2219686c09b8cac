"""What a driver's error becomes: worth a retry or our own mistake, and never its text."""

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from exchange.errors import Code, Fault, Unavailable
from exchange.storage.faults import exchange_error, translated


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.CannotConnectNowError("value"),
        asyncpg.AdminShutdownError("value"),
        asyncpg.ConnectionDoesNotExistError("value"),
        asyncpg.TooManyConnectionsError("value"),
        asyncpg.DiskFullError("value"),
        asyncpg.DeadlockDetectedError("value"),
        asyncpg.SerializationError("value"),
        asyncpg.LockNotAvailableError("value"),
        asyncpg.QueryCanceledError("value"),
        asyncpg.ReadOnlySQLTransactionError("value"),
        asyncpg.InvalidPasswordError("value"),
        asyncpg.InvalidCatalogNameError("value"),
        asyncpg.DataCorruptedError("value"),
        asyncpg.InterfaceError("value"),
        asyncpg.InternalClientError("value"),
        PoolTimeoutError("value"),
        ConnectionRefusedError("value"),
        TimeoutError("value"),
    ],
)
def test_what_may_pass_is_unavailable(error: Exception) -> None:
    with pytest.raises(Unavailable) as refused, translated():
        raise error
    assert refused.value.code is Code.DIENST_ONBESCHIKBAAR
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "value" not in str(refused.value.facts)
    assert type(error).__name__ in refused.value.facts["reden"]


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError("value"),
        asyncpg.CheckViolationError("value"),
        asyncpg.InsufficientPrivilegeError("value"),
        asyncpg.UndefinedTableError("value"),
        asyncpg.InFailedSQLTransactionError("value"),
        asyncpg.DivisionByZeroError("value"),
        InvalidRequestError("value"),
    ],
)
def test_what_a_retry_would_not_mend_is_our_fault(error: Exception) -> None:
    with pytest.raises(Fault) as refused, translated():
        raise error
    assert "value" not in str(refused.value.facts)


def test_the_state_is_told_and_other_errors_pass() -> None:
    assert "23505" in exchange_error(asyncpg.UniqueViolationError("x")).facts["rule"]
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError
