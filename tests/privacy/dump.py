"""Everything that the tables hold, as its superuser reads it: the text, and the bytes within."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

_TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relkind IN ('r', 'm', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of one row, as bytes; ``place`` is table and column."""

    place: str
    data: bytes = field(repr=False)


async def tables(conn: Any) -> list[str]:  # noqa: ANN401  asyncpg has no types
    """Name every table of ours, quoted where needed."""
    return [row[0] for row in await conn.fetch(_TABLES)]


async def text_of(conn: Any, table: str) -> bytes:  # noqa: ANN401  asyncpg has no types
    """Give a table as ``pg_dump`` writes it: COPY text, in which bytea stands in hex."""
    text = io.BytesIO()
    await conn.copy_from_query(f"TABLE {table}", output=text)
    return text.getvalue()


async def values_of(conn: Any) -> list[Value]:  # noqa: ANN401  asyncpg has no types
    """Give every value of every row; of text also what its base64url tokens stand for."""
    found = []
    for table in await tables(conn):
        for row in await conn.fetch(f"TABLE {table}"):
            for column, value in row.items():
                found += [Value(f"{table}.{column}", data) for data in _bytes_of(value)]
    return found


def _bytes_of(value: object) -> Iterator[bytes]:
    if value is None:
        return
    if isinstance(value, list):
        for item in value:
            yield from _bytes_of(item)
    elif isinstance(value, bytes):
        yield value
        if value[:1] == b"{":
            yield from _tokens(value.decode("utf-8", "replace"))
    elif isinstance(value, UUID):
        yield value.bytes
        yield str(value).encode()
    else:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        yield text.encode()
        yield from _tokens(text)


def _tokens(text: str) -> Iterator[bytes]:
    for match in _TOKEN.finditer(text):
        token = match[0]
        if len(token) % 4 != 1:
            yield base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
