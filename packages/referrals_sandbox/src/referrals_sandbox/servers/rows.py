"""Rows of the database, for who looks at it from outside."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import asyncpg

from referrals_sandbox.servers.errors import SandboxError

_WITHIN: Final = 5.0  # seconds, a connection
_ANSWERED_WITHIN: Final = 10.0  # seconds, a query
_AWAY: Final = (  # the last: a connection that ends between two steps of asyncpg's (0.32)
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


def row_of(database_url: str, query: str, *values: object) -> dict[str, Any]:
    """
    Return the first row that a query finds; without one, nothing.

    Raises:
        SandboxError: PostgreSQL does not answer.
    """
    return next(iter(asyncio.run(rows_of(database_url, query, *values))), {})


async def rows_of(database_url: str, query: str, *values: object) -> list[dict[str, Any]]:
    """
    Return every row that a query finds.

    Raises:
        SandboxError: PostgreSQL does not answer.
    """
    try:
        connection = await asyncpg.connect(database_url, timeout=_WITHIN)
        try:
            rows = await connection.fetch(query, *values, timeout=_ANSWERED_WITHIN)
        finally:
            await connection.close(timeout=_WITHIN)
    except _AWAY as error:
        raise SandboxError(f"PostgreSQL does not answer: {error!r}") from error
    return [dict(row) for row in rows]
