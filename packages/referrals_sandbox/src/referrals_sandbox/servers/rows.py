"""One row of the database, for who looks at it from outside."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from referrals_sandbox.servers.errors import SandboxError

_WITHIN = 5.0  # seconds, a connection


def row_of(database_url: str, query: str, *values: object) -> dict[str, Any]:
    """
    Return the first row that a query finds; without one, nothing.

    Raises:
        SandboxError: PostgreSQL does not answer.
    """
    return asyncio.run(_row_of(database_url, query, *values))


async def _row_of(database_url: str, query: str, *values: object) -> dict[str, Any]:
    try:
        connection = await asyncpg.connect(database_url, timeout=_WITHIN)
        try:
            row = await connection.fetchrow(query, *values)
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError) as error:
        raise SandboxError(f"PostgreSQL does not answer: {error}") from error
    return dict(row or {})
