"""The statements of one transaction."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from referrals_adapters.postgres.errors import domain_errors
from referrals_adapters.postgres.sets import arrays
from referrals_adapters.postgres.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence

    from sqlalchemy import CursorResult, Executable, Row
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


class Statements:
    """
    The statements of one transaction: each runs to its end, and fails with the domain's errors.

    Args:
        connection: A connection that is not open yet.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self) -> None:
        """Take a connection from the pool; PostgreSQL hears BEGIN with the first statement."""
        try:
            self._connection = await self._finish(self._connection.start())
        except asyncio.CancelledError:
            await self.end()
            raise

    async def rows(self, statement: Executable, **parameters: object) -> Sequence[Row[Any]]:
        """Return the rows that a statement answers with."""
        return (await self._execute(statement, parameters)).all()

    async def count(self, statement: Executable, **parameters: object) -> int:
        """Return how many rows a statement changed."""
        return (await self._execute(statement, parameters)).rowcount

    async def rows_for(
        self, statement: Executable, given: Sequence[Mapping[str, object]], **others: object
    ) -> Sequence[Row[Any]]:
        """Return the rows that a statement answers with for a set; the empty set asks nobody."""
        return (await self._execute(statement, arrays(given) | others)).all() if given else []

    async def count_for(self, statement: Executable, given: Sequence[Mapping[str, object]]) -> int:
        """Return how many rows a statement changed for a set; the empty set changes none."""
        return (await self._execute(statement, arrays(given))).rowcount if given else 0

    async def commit(self) -> None:
        """Commit, even if the caller is cancelled meanwhile."""
        await self._finish(self._connection.commit())

    async def leave(self) -> None:
        """Have the connection closed in the end, so that the pool opens another one."""
        await self._finish(self._connection.invalidate())

    async def end(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        if self._connection.sync_connection is not None:
            await self._finish(self._connection.close())

    async def _execute(
        self, statement: Executable, parameters: Mapping[str, object]
    ) -> CursorResult[Any]:
        return await self._finish(self._connection.execute(statement, parameters))

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        with domain_errors():
            return await uninterrupted(work)
